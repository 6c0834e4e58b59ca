package properties_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/middleware/upstream/properties"
)

// known is a checker, and usual a policy, that can be told from others.
type (
	known struct{ upstream.TCPCheck }
	usual struct{}
)

func (usual) Select(c upstream.Candidates, r *http.Request) *upstream.Upstream { return c.At(0) }

// A site is what lines of the directive x say: each has a path, and two targets.
type site struct {
	*directive.Site
	ups    []*properties.Upstreams
	groups []*upstream.Group
	layer  middleware.Middleware
	status func() any // of the line for /b
}

// read reads the lines.
func (s *site) read(t *testing.T, lines string) error {
	t.Helper()
	if s.Site == nil {
		s.Site = directive.NewSite("localhost", "example.com")
	}
	_, err := caddyfiletest.SetupIn(t, s.Site, directive.Directive{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		reader := properties.Reader{Controller: c, Policy: usual{}, NoPath: " of the test's", Taken: "is the test's already"}
		for _, line := range c.Lines() {
			from, up := line.Path(line.Arg()), reader.Line(line)
			up.From(from)
			up.Config.Targets = []upstream.Target{{Addr: "a:80", Weight: 1}, {Addr: "b:80", Weight: 1}}
			if from == "/b" {
				up.Status = s.status
			}
			colour := directive.Property{Name: "check_colour", Read: func(prop *directive.Line) { prop.Arg() }}
			line.ReadBlock(func() []directive.Property { return append(up.Properties(), up.ForCheck(colour)) })
			s.ups, s.groups = append(s.ups, up), append(s.groups, up.Group(known{}))
		}
		s.layer = reader.Pages()
		return s.layer, c.Err()
	}}, lines)
	return err
}

// block reads one line whose block says this.
func block(t *testing.T, s *site, properties string) (*properties.Upstreams, error) {
	err := s.read(t, "x / {\n"+properties+"\n}")
	return s.ups[0], err
}

// TestConfig checks what is made of properties.
func TestConfig(t *testing.T) {
	caddy := upstream.Passive{MaxFails: 1, Ratio: -1, MaxPercent: 100}
	within := func(p upstream.Passive, d time.Duration) upstream.Passive {
		p.Window, p.Eject, p.MaxEject = d, d, d
		return p
	}
	fails := func(p upstream.Passive, n int) upstream.Passive {
		p.MaxFails = n
		return p
	}
	for _, tt := range []struct {
		name, block string
		change      func(*properties.Upstreams)
	}{
		{"nothing", "", func(u *properties.Upstreams) {}},
		{"within a time", "fail_timeout 1m", func(u *properties.Upstreams) { u.Config.Passive = within(caddy, time.Minute) }},
		{"within no time, which is never", "fail_timeout 0s", func(u *properties.Upstreams) { u.Config.Passive = fails(caddy, -1) }},
		{"so many", "max_fails 3", func(u *properties.Upstreams) { u.Config.Passive = fails(caddy, 3) }},
		{"none, which is never", "max_fails 0", func(u *properties.Upstreams) { u.Config.Passive = fails(caddy, -1) }},
		{"so many within a time", "max_fails 3\nfail_timeout 1m", func(u *properties.Upstreams) { u.Config.Passive = within(fails(caddy, 3), time.Minute) }},
		{"so many within no time", "fail_timeout 0s\nmax_fails 3", func(u *properties.Upstreams) { u.Config.Passive = fails(caddy, -1) }},
		{"so many within no time, the other way round", "max_fails 3\nfail_timeout 0s", func(u *properties.Upstreams) { u.Config.Passive = fails(caddy, -1) }},
		{"a queue", "max_conns 10\nqueue 100", func(u *properties.Upstreams) { u.Config.MaxConns, u.Config.Queue = 10, 100 }},
		{"a queue for a time", "queue 100 1s\nmax_conns 10", func(u *properties.Upstreams) {
			u.Config.MaxConns, u.Config.Queue, u.Config.QueueTimeout = 10, 100, time.Second
		}},
		{"a queue of nobody", "queue 0", func(u *properties.Upstreams) {}},
		{"a slow start", "slow_start 1m", func(u *properties.Upstreams) { u.Config.SlowStart = time.Minute }},
		{"tries", "try_duration 1m\ntry_interval 1s", func(u *properties.Upstreams) { u.TryDuration, u.TryInterval = time.Minute, time.Second }},
		{"a check", "health_check /ok", func(u *properties.Upstreams) { u.Check.Path, u.Config.Active.Checker = "/ok", known{} }},
		{"a check at an interval", "health_check /ok 1s", func(u *properties.Upstreams) {
			u.Check.Path, u.Config.Active.Checker, u.Config.Active.Interval = "/ok", known{}, time.Second
		}},
		{"a check in detail", "health_check_interval 1s\nhealth_check_timeout 2s\nhealth_check_rise 3\nhealth_check_fall 4\nhealth_check_contains ok\ncheck_colour blue\nhealth_check /ok",
			func(u *properties.Upstreams) {
				u.Check.Path, u.Check.Contains = "/ok", "ok"
				u.Config.Active = upstream.Active{Checker: known{}, Interval: time.Second, Timeout: 2 * time.Second, Rise: 3, Fall: 4}
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := block(t, new(site), tt.block)
			require.NoError(t, err)
			want := properties.Upstreams{Config: upstream.Config{
				Name: "localhost example.com x /", Policy: usual{},
				Targets: []upstream.Target{{Addr: "a:80", Weight: 1}, {Addr: "b:80", Weight: 1}},
			}}
			tt.change(&want)
			require.NotNil(t, got.Config.Observe)
			got.Config.Observe = nil // which cannot be compared
			require.Equal(t, want.Config, got.Config)
			require.Equal(t, want.Check, got.Check)
			require.Equal(t, []time.Duration{want.TryDuration, want.TryInterval}, []time.Duration{got.TryDuration, got.TryInterval})
		})
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ name, block, want string }{
		{"an unknown policy", "policy randon", `2:8: x: policy: unknown policy "randon" (did you mean "random"?)`},
		{"an unknown policy that is like none", "policy best", `2:8: x: policy: unknown policy "best" (it is one of random, least_conn, round_robin, first, p2c, least_time, ` +
			`ewma, ip_hash, client_ip_hash, uri_hash, random_choose, header, query, cookie)`},
		{"a policy that lacks its argument", "policy header", "2:1: x: policy: what it goes by is missing"},
		{"a policy that has none", "policy first x", `2:14: x: policy: unexpected "x"`},
		{"one argument too many", "policy header X-A x", `2:19: x: policy: unexpected "x"`},
		{"a secret too many", "policy cookie lb 0123456789abcdef x", `2:35: x: policy: unexpected "x"`},
		{"a secret that is none", "policy cookie lb secret", "2:18: x: policy: a secret has at least 16 bytes"},
		{"a cookie of no name", "policy cookie a;b", `2:15: x: policy: "a;b" cannot be the name of a cookie`},
		{"a cookie of an empty name", `policy cookie ""`, `2:15: x: policy: "" cannot be the name of a cookie`},
		{"a choice of none", "policy random_choose 0", `2:22: x: policy: "0" is not a number from 1 to 1000`},
		{"no duration", "fail_timeout 10", `2:14: x: fail_timeout: "10" is not a duration such as 10s or 1m30s (did you mean "10s"?)`},
		{"no number", "max_fails -1", `2:11: x: max_fails: "-1" is not a number from 0 to 1048576`},
		{"connections without end", "max_conns 1048577", `2:11: x: max_conns: "1048577" is not a number from 0 to 1048576`},
		{"a queue for nobody", "queue 10", "2:1: x: there is no max_conns, so that nobody ever waits"},
		{"a queue for no time", "max_conns 1\nqueue 10 0", `3:10: x: queue: "0" is no time at all`},
		{"an interval of nothing", "try_interval 0", `2:14: x: try_interval: "0" is no time at all`},
		{"a check of no path", "health_check ok", `2:14: x: health_check: "ok" is not a path of the test's`},
		{"a check of no path, in detail", "health_check ok\nhealth_check_rise 2", `2:14: x: health_check: "ok" is not a path of the test's`},
		{"a check of an empty path", `health_check ""`, `2:14: x: health_check: "" is not a path of the test's`},
		{"a check of an empty path, in detail", "health_check \"\"\nhealth_check_rise 2", `2:14: x: health_check: "" is not a path of the test's`},
		{"a check of nothing", "health_check", "2:1: x: health_check: a path is missing"},
		{"half of a check", "health_check_rise 2\nhealth_check_fall 2", "2:1: x: there is no health_check that this could be for"},
		{"half of a check, of the directive's own", "check_colour blue", "2:1: x: there is no health_check that this could be for"},
		{"a check that never succeeds", "health_check /\nhealth_check_rise 0", `3:19: x: health_check_rise: "0" is not a number from 1 to 1000`},
		{"a status for everybody", "status /s", "2:1: x: status: a network such as 10.0.0.0/8 is missing"},
		{"a status in many places", "status /s* ::1", `2:8: x: status: "/s*" has to be one path`},
		{"a status for what is no network", "status /s all", `2:11: x: status: "all" is not a network such as 10.0.0.0/8`},
		{"a name of Caddy 2", "lb_policy first", `2:1: x: unknown property "lb_policy" (here it is called "policy")`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := block(t, new(site), tt.block)
			require.EqualError(t, err, "Caddyfile:"+tt.want)
		})
	}
}

// TestPolicies checks that every policy selects somebody.
func TestPolicies(t *testing.T) {
	for _, policy := range []string{
		"random", "least_conn", "round_robin", "first", "p2c", "least_time", "ewma", "ip_hash", "client_ip_hash", "uri_hash",
		"random_choose 3", "header X-Tenant", "query id", "cookie lb", "cookie lb 0123456789abcdef",
	} {
		s := new(site)
		_, err := block(t, s, "policy "+policy)
		require.NoError(t, err, policy)
		pick, err := s.groups[0].Pick(t.Context(), httptest.NewRequest("GET", "/", nil), nil)
		require.NoError(t, err, policy)
		pick.Done(upstream.Result{Status: 200})
	}
}

// TestIPHash checks who is kept together: the clients of proxies that are trusted, and
// else peers, whatever they say.
func TestIPHash(t *testing.T) {
	for _, tt := range []struct {
		name string
		from func(i int) (peer, forwarded string)
		want string // the upstreams that requests get
	}{
		{"one peer", func(int) (string, string) { return "203.0.113.1", "" }, "one"},
		{"one peer that says it is many", func(i int) (string, string) { return "203.0.113.1", addr(i) }, "one"},
		{"many peers", func(i int) (string, string) { return addr(i), "" }, "both"},
		{"many peers that say they are one", func(i int) (string, string) { return addr(i), "198.51.100.1" }, "both"},
		{"one client by many proxies that are trusted", func(i int) (string, string) { return "10." + addr(i)[4:], "198.51.100.1" }, "one"},
		{"many clients by one proxy that is trusted", func(i int) (string, string) { return "10.0.0.1", addr(i) }, "both"},
		{"one client that says it is many, by a proxy that is trusted", func(i int) (string, string) { return "10.0.0.1", addr(i) + ", 198.51.100.1" }, "one"},
	} {
		for _, policy := range []string{"ip_hash", "client_ip_hash"} {
			t.Run(policy+": "+tt.name, func(t *testing.T) {
				s := &site{Site: directive.NewSite("localhost")}
				s.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
				_, err := block(t, s, "policy "+policy)
				require.NoError(t, err)
				got := map[string]bool{}
				for i := range 64 {
					r := httptest.NewRequest("GET", "/", nil)
					peer, forwarded := tt.from(i)
					r.RemoteAddr = peer + ":1234"
					if forwarded != "" {
						r.Header.Set("X-Forwarded-For", forwarded)
					}
					pick, err := s.groups[0].Pick(context.Background(), r, nil)
					require.NoError(t, err)
					got[pick.Upstream.Addr] = true
					pick.Done(upstream.Result{Status: 200})
				}
				require.Len(t, got, map[string]int{"one": 1, "both": 2}[tt.want])
			})
		}
	}
}

// addr returns a public address.
func addr(i int) string { return netip.AddrFrom4([4]byte{100, 64, 0, byte(i)}).String() }

// TestExcept checks what paths are relative to.
func TestExcept(t *testing.T) {
	for _, tt := range []struct{ from, except, want string }{
		{"/", "/b /c*", "/b /c*"},
		{"/a", "/b /a/b /a /ab /", "/a/b /a/b /a /a/ab /a/"},
		{"/a/", "/b /a/b", "/a/b /a/b"},
		{"/a*", "/b /a/b", "/a/b /a/b"},
	} {
		s := new(site)
		require.NoError(t, s.read(t, "x "+tt.from+" {\nexcept "+strings.Fields(tt.except)[0]+"\nexcept "+strings.Join(strings.Fields(tt.except)[1:], " ")+"\n}"))
		require.Equal(t, tt.want, strings.Trim(fmt.Sprint(s.ups[0].Except), "[]"), "%s but %s", tt.from, tt.except)
	}
}

// TestShared checks that groups are known to those who show what goes on, by their
// names.
func TestShared(t *testing.T) {
	s := new(site)
	require.NoError(t, s.read(t, "x /a\nx /b"))
	var names []string
	s.Shared.Each(func(r directive.Resource) { names = append(names, r.(*upstream.Group).Name()) })
	require.ElementsMatch(t, []string{"localhost example.com x /a", "localhost example.com x /b"}, names)
	require.True(t, strings.HasSuffix(s.groups[1].Name(), "/b"))
}
