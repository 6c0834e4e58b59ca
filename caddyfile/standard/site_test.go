package standard_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestSiteDirectives checks what the directives that become no layer do to a
// site.
func TestSiteDirectives(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, directive, src string
		check                func(*testing.T, *directive.Site)
	}{
		{"root", "root", "root " + quote(dir), func(t *testing.T, s *directive.Site) {
			require.Equal(t, dir, s.Root.Dir)
		}},
		{"index", "index", "index start.html index.txt", func(t *testing.T, s *directive.Site) {
			require.Equal(t, []string{"start.html", "index.txt"}, s.Index)
		}},
		{"bind", "bind", "bind 127.0.0.1\nbind [::1] example.com", func(t *testing.T, s *directive.Site) {
			require.Equal(t, []string{"127.0.0.1", "::1", "example.com"}, s.Server.Bind)
		}},
		{"one timeout for all", "timeouts", "timeouts 1m30s", func(t *testing.T, s *directive.Site) {
			want := 90 * time.Second
			require.Equal(t, directive.Server{ReadTimeout: want, ReadHeaderTimeout: want, WriteTimeout: want, IdleTimeout: want}, s.Server)
		}},
		{"no timeouts", "timeouts", "timeouts none", func(t *testing.T, s *directive.Site) {
			require.Equal(t, directive.Server{ReadTimeout: -1, ReadHeaderTimeout: -1, WriteTimeout: -1, IdleTimeout: -1}, s.Server)
		}},
		{"no timeouts, as a number", "timeouts", "timeouts 0", func(t *testing.T, s *directive.Site) {
			require.Equal(t, directive.Server{ReadTimeout: -1, ReadHeaderTimeout: -1, WriteTimeout: -1, IdleTimeout: -1}, s.Server)
		}},
		{"some timeouts", "timeouts", "timeouts {\n read 1s\n header 2s\n write none\n idle 0\n}", func(t *testing.T, s *directive.Site) {
			require.Equal(t, directive.Server{ReadTimeout: time.Second, ReadHeaderTimeout: 2 * time.Second, WriteTimeout: -1, IdleTimeout: -1}, s.Server)
		}},
		{"trusted proxies", "trusted_proxies", "trusted_proxies 10.0.0.0/8 ::1\ntrusted_proxies 192.0.2.1", func(t *testing.T, s *directive.Site) {
			require.Equal(t, []netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("192.0.2.1/32"),
			}, s.Trusted)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site := directive.NewSite()
			m, err := caddyfiletest.SetupIn(t, site, lookup(t, tt.directive), tt.src)
			require.NoError(t, err)
			require.Nil(t, m)
			tt.check(t, site)
		})
	}
}

func TestSiteDirectiveErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, tt := range []struct{ name, src, want string }{
		{"root without a name", `root ""`, "Caddyfile:1:6: root: the folder has no name"},
		{"two roots", "root a b", `Caddyfile:1:8: root: unexpected "b"`},
		{"root twice", "root a\nroot b", "Caddyfile:2:1: root: already given at Caddyfile:1:1"},
		{"root is a file", "root " + quote(file), "Caddyfile:1:6: root: " + strconv.Quote(file) + " is not a folder"},
		{"no index", "index", "Caddyfile:1:1: index: the name of a file is missing"},
		{"index with a path", "index a/b.html", `Caddyfile:1:7: index: "a/b.html" is not the name of a file within a folder`},
		{"bind to a network", "bind 10.0.0.0/8", `Caddyfile:1:6: bind: "10.0.0.0/8" is not a host to listen on, such as 127.0.0.1 or ::1`},
		{"bind to a port", "bind 127.0.0.1:80", `Caddyfile:1:6: bind: "127.0.0.1:80" is not a host alone: the port to listen on is that of the site's address`},
		{"bind to a port of an IPv6 address", "bind [::1]:80", `Caddyfile:1:6: bind: "[::1]:80" is not a host alone: the port to listen on is that of the site's address`},
		{"bind to a port of all hosts", "bind :80", `Caddyfile:1:6: bind: ":80" is not a host alone: the port to listen on is that of the site's address`},
		{"negative timeout", "timeouts -1s", `Caddyfile:1:10: timeouts: "-1s" is a negative duration`},
		{"no timeout", "timeouts", "Caddyfile:1:1: timeouts: a duration, none, or a block of read, header, write and idle is missing"},
		{"timeout without a unit", "timeouts 30", `Caddyfile:1:10: timeouts: "30" is not a duration such as 10s or 1m30s (did you mean "30s"?)`},
		{"unknown timeout", "timeouts {\n wriet 10s\n}", `Caddyfile:2:2: timeouts: unknown property "wriet" (did you mean "write"?)`},
		{"timeout twice", "timeouts {\n read 1s\n read 2s\n}", `Caddyfile:3:2: timeouts: read: already given at Caddyfile:2:2`},
		{"nobody trusted", "trusted_proxies", "Caddyfile:1:1: trusted_proxies: a network such as 10.0.0.0/8 is missing"},
		{"trusted by name", "trusted_proxies proxy.example", `Caddyfile:1:17: trusted_proxies: "proxy.example" is not a network such as 10.0.0.0/8`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name, _, _ := strings.Cut(tt.src, " ")
			name, _, _ = strings.Cut(name, "\n")
			_, err := caddyfiletest.Setup(t, lookup(t, name), tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestRootThatIsYetToCome checks that a folder need not be there, and that the
// operator is told.
func TestRootThatIsYetToCome(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	d := lookup(t, "root")
	c := directive.NewController(directive.NewSite(), d.Name, caddyfiletest.Parse(t, "root "+quote(dir))...)
	_, err := d.Setup(c)
	require.NoError(t, err)
	require.Len(t, c.Warnings(), 1)
	require.EqualError(t, c.Warnings()[0], "Caddyfile:1:6: root: "+dir+" does not exist yet")
}

// TestRootThatCannotBeOpened checks that a site that is nothing but 404, since the
// program may not read its folder, does not start without a word.
func TestRootThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // so that it can be seen
	require.NoError(t, os.Chmod(dir, 0))
	d := lookup(t, "root")
	c := directive.NewController(directive.NewSite(), d.Name, caddyfiletest.Parse(t, "root "+quote(dir))...)
	middlewaretest.Unprivileged(t, func() {
		_, err := d.Setup(c)
		require.NoError(t, err)
	})
	require.Len(t, c.Warnings(), 1)
	require.ErrorContains(t, c.Warnings()[0], "Caddyfile:1:6: root: all of the site is 404: ")
}

func lookup(t *testing.T, name string) directive.Directive {
	t.Helper()
	for _, d := range standard.Vocabulary() {
		if d.Name == name {
			return d
		}
	}
	require.Fail(t, "no directive "+name)
	return directive.Directive{}
}

func quote(s string) string { return `"` + s + `"` }
