package basicauth

import (
	"errors"
	"fmt"
	"strings"
)

// A listed is a user's line of an htpasswd file.
type listed struct {
	hash   string
	secret *kept
}

// parseHtpasswd reads lines of the form user:hash, which may have a further colon
// and a comment. Lines that are empty or begin with # are skipped. A secret of
// before whose line has not changed is kept.
func parseHtpasswd(text string, before map[string]*listed) (map[string]*listed, error) {
	users := map[string]*listed{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		user, hash, ok := strings.Cut(line, ":")
		hash, _, _ = strings.Cut(hash, ":")
		err := checkUser(user)
		switch {
		case !ok:
			err = errors.New("no user:hash")
		case err == nil && users[user] != nil:
			err = fmt.Errorf("user %q is there twice", user)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if l := before[user]; l != nil && l.hash == hash {
			users[user] = l
			continue
		}
		s, err := Parse(hash)
		if err != nil {
			return nil, fmt.Errorf("line %d: user %q: %w", number, user, err)
		}
		users[user] = &listed{hash, keep(s)}
	}
	return users, nil
}

// checkUser says why nobody can be called so, by RFC 7617, section 2.
func checkUser(name string) error {
	switch {
	case name == "":
		return errors.New("a user without a name")
	case strings.Contains(name, ":"):
		return errors.New("the name of a user cannot have a colon")
	case strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return errors.New("the name of a user cannot have control characters")
	}
	return nil
}
