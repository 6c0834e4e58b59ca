package basicauth

import "slices"

// A kept is a Secret, which one pointer stands for as long as it does not change.
type kept struct {
	Secret
	cost string
	hash string // those with the same one are the same; "" if that cannot be told
}

func keep(s Secret) *kept {
	k := &kept{Secret: s, cost: s.Cost()}
	if h, ok := s.(interface{ hashed() string }); ok {
		k.hash = h.hashed()
	}
	return k
}

// A claim is a secret of a user's, and the scopes it opens.
type claim struct {
	secret *kept
	scopes []int
}

// A table is everybody who may get in.
type table struct {
	lists []*list // of the rules that have a file, which it was made of
	users map[sum][]claim
	costs []cost
	free  bool // nothing it has to work out is worth the trouble of remembering it
}

// A cost is what all attempts have in common: as many secrets of it are worked out
// as any one user has. A decoy is one whose answer is not heard.
type cost struct {
	name  string
	most  int
	decoy *kept
}

// newTable returns the table of rules, whose own secrets are given, and of lists.
// Users it knows by the hashes of their names, so that how long it takes to look
// for one tells nothing about those there are.
func newTable(rules []Rule, own []*kept, lists []*list, scopes []scope, hash func(string) sum) *table {
	t := &table{lists: lists, users: map[sum][]claim{}, free: true}
	for i, rule := range rules {
		var in []int
		for _, p := range rule.paths() {
			in = append(in, slices.IndexFunc(scopes, func(s scope) bool { return s.path == p }))
		}
		switch {
		case own[i] != nil && rule.User != "":
			t.add(hash(rule.User), own[i], in)
		case lists[i] != nil && rule.User != "":
			if s := lists[i].users[rule.User]; s != nil {
				t.add(hash(rule.User), s.secret, in)
			}
		case lists[i] != nil:
			for user, s := range lists[i].users {
				t.add(hash(user), s.secret, in)
			}
		}
	}
	for _, claims := range t.users {
		t.count(claims)
	}
	return t
}

// add gives a user a secret, unless he has the same already.
func (t *table) add(user sum, s *kept, scopes []int) {
	claims := t.users[user]
	for i, c := range claims {
		if c.secret == s || s.hash != "" && c.secret.hash == s.hash {
			claims[i].scopes = slices.Concat(c.scopes, scopes)
			return
		}
	}
	t.users[user] = append(claims, claim{s, scopes})
}

// count has every attempt work out what one of the user with these claims takes.
func (t *table) count(claims []claim) {
	mine := map[string]int{}
	for _, c := range claims {
		name := c.secret.cost
		mine[name]++
		i := slices.IndexFunc(t.costs, func(c cost) bool { return c.name == name })
		if i < 0 {
			i = len(t.costs)
			t.costs = append(t.costs, cost{name: name, decoy: c.secret})
		}
		t.costs[i].most = max(t.costs[i].most, mine[name])
		t.free = t.free && name == free
	}
}

// verify returns those of the claims that password proves, to the scopes that are
// covered. It works out as much for any claims, and for none.
func (t *table) verify(claims []claim, password string, covered []bool) (proven []*kept) {
	for _, cost := range t.costs {
		left := cost.most
		for _, c := range claims {
			if c.secret.cost != cost.name || !c.opens(covered) {
				continue
			}
			if c.secret.Matches(password) {
				proven = append(proven, c.secret)
			}
			left--
		}
		for range left {
			cost.decoy.Matches(password)
		}
	}
	return proven
}

func (c claim) opens(covered []bool) bool {
	return slices.ContainsFunc(c.scopes, func(i int) bool { return covered[i] })
}
