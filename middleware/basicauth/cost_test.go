package basicauth_test

import (
	"maps"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
)

// A counter counts what is worked out, by what it costs.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

type counted struct {
	basicauth.Secret
	counter *counter
}

func (c *counter) count(s basicauth.Secret) basicauth.Secret { return counted{s, c} }

func (c counted) Matches(password string) bool {
	c.counter.mu.Lock()
	if c.counter.counts == nil {
		c.counter.counts = map[string]int{}
	}
	c.counter.counts[c.Cost()]++
	c.counter.mu.Unlock()
	return c.Secret.Matches(password)
}

// taken returns the counts, and begins again.
func (c *counter) taken() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := maps.Clone(c.counts)
	clear(c.counts)
	return taken
}

// TestEqualCost counts what an attempt has worked out, which must not tell whether
// there is such a user, or where.
func TestEqualCost(t *testing.T) {
	type user struct{ name, path, hash, password string }
	plain := func(s string) string { return "plain:" + s }
	for _, tt := range []struct {
		name  string
		users []user
		want  map[string]int
	}{
		{"clear text", []user{{"ada", "/", plain("a"), "a"}, {"grace", "/", plain("b"), "b"}}, map[string]int{"plain": 1}},
		{"bcrypt", []user{{"ada", "/", lovelace, "lovelace"}, {"grace", "/", hopper, "hopper"}}, map[string]int{"bcrypt 4": 1}},
		{"argon2id", []user{{"don", "/", knuth, "knuth"}, {"don2", "/", knuth, "knuth"}}, map[string]int{"argon2id m=64,t=1,p=1": 1}},
		{"bcrypt of two costs", []user{{"ada", "/", lovelace, "lovelace"}, {"alan", "/", turing, "turing"}},
			map[string]int{"bcrypt 4": 1, "bcrypt 5": 1}},
		{"all kinds", []user{{"ada", "/", lovelace, "lovelace"}, {"alan", "/", turing, "turing"}, {"don", "/", knuth, "knuth"}, {"eve", "/", plain("a"), "a"}},
			map[string]int{"plain": 1, "bcrypt 4": 1, "bcrypt 5": 1, "argon2id m=64,t=1,p=1": 1}},
		{"users of several paths", []user{{"ada", "/a", lovelace, "lovelace"}, {"grace", "/b", hopper, "hopper"}, {"grace", "/", hopper, "hopper"}},
			map[string]int{"bcrypt 4": 2}}, // counted{} hides that grace has one password
		{"a user with two passwords", []user{{"ada", "/", lovelace, "lovelace"}, {"ada", "/", hopper, "hopper"}, {"grace", "/", hopper, "hopper"}},
			map[string]int{"bcrypt 4": 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c counter
			cfg := basicauth.Config{Remember: -1}
			for _, u := range tt.users {
				var s basicauth.Secret
				if len(u.hash) > 6 && u.hash[:6] == "plain:" {
					s = basicauth.Plain(u.hash[6:])
				} else {
					s = parse(t, u.hash)
				}
				cfg.Rules = append(cfg.Rules, basicauth.Rule{User: u.name, Secret: c.count(s), Paths: []middleware.Path{middleware.Path(u.path)}})
			}
			h := basicauth.NewHandler(middleware.Status(200), cfg)
			try := func(path, name, password string) int {
				status, err := h.ServeHTTP(httptest.NewRecorder(), request(path, name, password))
				require.NoError(t, err)
				require.Equal(t, tt.want, c.taken(), "%s for %s at %s", password, name, path)
				return status
			}
			for _, u := range tt.users {
				require.Equal(t, 200, try(u.path, u.name, u.password))
				require.Equal(t, 401, try(u.path, u.name, "wrong"))
				require.Equal(t, 401, try(u.path, u.name, ""))
				require.Equal(t, 401, try(u.path, "nobody", u.password))
				require.Equal(t, 401, try(u.path, "", u.password))
				for _, other := range tt.users {
					try(other.path, u.name, u.password)
				}
			}
		})
	}
}

// TestOnePasswordForSeveralPaths checks that it is worked out once for all of them.
func TestOnePasswordForSeveralPaths(t *testing.T) {
	var c counter
	s := c.count(parse(t, lovelace))
	h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{Rules: []basicauth.Rule{
		{User: "ada", Secret: s, Paths: []middleware.Path{"/a", "/b"}},
	}})
	for _, path := range []string{"/a", "/b", "/a/b"} {
		status, err := h.ServeHTTP(httptest.NewRecorder(), request(path, "ada", "lovelace"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
	}
	require.Equal(t, map[string]int{"bcrypt 4": 1}, c.taken())
}

// TestRemembered checks which passwords are worked out again.
func TestRemembered(t *testing.T) {
	for _, tt := range []struct {
		name     string
		remember time.Duration
		password string
		want     int // of three attempts
	}{
		{"a right one is not", 0, "lovelace", 1},
		{"a wrong one is", 0, "wrong", 3},
		{"a right one is, if nothing is to be remembered", -1, "lovelace", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c counter
			h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{
				Rules:    []basicauth.Rule{{User: "ada", Secret: c.count(parse(t, lovelace))}},
				Remember: tt.remember,
			})
			for range 3 {
				h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", tt.password))
			}
			require.Equal(t, map[string]int{"bcrypt 4": tt.want}, c.taken())
		})
	}
}

// TestRememberedPaths checks that what was right for one path does not open another.
func TestRememberedPaths(t *testing.T) {
	h := basicauth.NewHandler(middleware.Status(200), basicauth.Config{Rules: []basicauth.Rule{
		{User: "ada", Secret: parse(t, lovelace), Paths: []middleware.Path{"/a"}},
		{User: "ada", Secret: parse(t, hopper), Paths: []middleware.Path{"/b"}},
		{User: "grace", Secret: parse(t, hopper), Paths: []middleware.Path{"/c"}},
	}})
	for range 2 {
		for _, tt := range []struct {
			path, user, password string
			want                 int
		}{
			{"/a", "ada", "lovelace", 200}, {"/b", "ada", "lovelace", 401}, {"/c", "ada", "lovelace", 401},
			{"/b", "ada", "hopper", 200}, {"/a", "ada", "hopper", 401}, {"/c", "ada", "hopper", 401},
			{"/c", "grace", "hopper", 200}, {"/b", "grace", "hopper", 401},
		} {
			status, err := h.ServeHTTP(httptest.NewRecorder(), request(tt.path, tt.user, tt.password))
			require.NoError(t, err)
			require.Equal(t, tt.want, status, tt)
		}
	}
}

// TestRememberedIsBounded has more passwords than are remembered, and one that is
// used all the time.
func TestRememberedIsBounded(t *testing.T) {
	var c counter
	cfg := basicauth.Config{Remembered: 4}
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, name := range names {
		cfg.Rules = append(cfg.Rules, basicauth.Rule{User: name, Secret: costly{c.count(basicauth.Plain("x"))}})
	}
	h := basicauth.NewHandler(middleware.Status(200), cfg)
	try := func(name string) int {
		status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", name, "x"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
		return c.taken()["plain"]
	}
	for _, name := range names {
		require.Equal(t, 1, try(name))
	}
	require.Equal(t, 0, try("h"))
	require.Equal(t, 0, try("g"))
	require.Equal(t, 1, try("a"), "forgotten")
}

// A costly secret is remembered, although it takes no time.
type costly struct{ basicauth.Secret }

func (costly) Cost() string { return "costly" }
