package basicauth_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
	"github.com/shallot-http/shallot/middleware/directive"
)

// site returns a site whose root has the file users.
func site(t *testing.T) *directive.Site {
	t.Helper()
	text, err := os.ReadFile("testdata/htpasswd")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "users"), text, 0o600))
	s := directive.NewSite("localhost")
	s.Root = middleware.NewRoot(dir)
	return s
}

func TestDirective(t *testing.T) {
	type try struct {
		path, user, password string
		want                 int
	}
	for _, tt := range []struct {
		name, src, realm string
		tries            []try
	}{
		{"a path, as in Caddy 0.7.1", "basicauth /admin ada lovelace", "Restricted",
			[]try{{"/", "", "", 200}, {"/admin", "ada", "lovelace", 200}, {"/ADMIN/", "", "", 401}}},
		{"all of the site, of which Caddy 0.7.1 left everything bare", "basicauth ada lovelace", "Restricted",
			[]try{{"/", "", "", 401}, {"/any", "", "", 401}, {"/any", "ada", "lovelace", 200}}},
		{"an empty block protects everything, too", "basicauth ada lovelace {\n}", "Restricted", []try{{"/", "", "", 401}}},
		{"a realm alone protects everything, too", "basicauth ada lovelace {\n realm \"The Engine\"\n}", "The Engine", []try{{"/", "", "", 401}}},
		{"paths in a block", "basicauth ada lovelace {\n realm Engine\n /a\n /b\n}", "Engine",
			[]try{{"/", "", "", 200}, {"/a", "", "", 401}, {"/b", "", "", 401}, {"/b", "ada", "lovelace", 200}}},
		{"a path and a block", "basicauth /c ada lovelace {\n /a\n}", "Restricted", []try{{"/c", "", "", 401}, {"/a", "", "", 401}}},
		{"several", "basicauth /a ada lovelace\nbasicauth /a grace hopper\nbasicauth / root x", "Restricted",
			[]try{{"/a", "ada", "lovelace", 200}, {"/a", "grace", "hopper", 200}, {"/a", "root", "x", 200}, {"/", "ada", "lovelace", 401}}},
		{"a hash", "basicauth ada " + lovelace, "Restricted", []try{{"/", "ada", "lovelace", 200}, {"/", "ada", lovelace, 401}}},
		{"a hash by argon2id", "basicauth don " + knuth, "Restricted", []try{{"/", "don", "knuth", 200}}},
		{"one user of a file, as in Caddy 1", "basicauth /a ada htpasswd=users", "Restricted",
			[]try{{"/a", "ada", "lovelace", 200}, {"/a", "grace", "hopper", 401}, {"/", "", "", 200}}},
		{"one user of a file, for all of the site", "basicauth ada htpasswd=users", "Restricted",
			[]try{{"/", "ada", "lovelace", 200}, {"/", "grace", "hopper", 401}}},
		{"all users of a file", "basicauth htpasswd=users", "Restricted",
			[]try{{"/", "ada", "lovelace", 200}, {"/", "grace", "hopper", 200}, {"/", "don", "knuth", 200}, {"/", "", "", 401}}},
		{"all users of a file, for a path", "basicauth /a htpasswd=users {\n realm R\n}", "R",
			[]try{{"/", "", "", 200}, {"/a", "grace", "hopper", 200}, {"/a", "grace", "x", 401}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.SetupIn(t, site(t), basicauth.Directive, tt.src)
			require.NoError(t, err)
			h := mw(middleware.Status(200))
			for _, try := range tt.tries {
				w := httptest.NewRecorder()
				status, err := h.ServeHTTP(w, request(try.path, try.user, try.password))
				require.NoError(t, err)
				require.Equal(t, try.want, status, try)
				if status == 401 {
					require.Equal(t, `Basic realm="`+tt.realm+`", charset="UTF-8"`, w.Header().Get("WWW-Authenticate"))
				}
			}
		})
	}
}

// TestFileIsHidden checks that no layer gets to serve it.
func TestFileIsHidden(t *testing.T) {
	s := site(t)
	require.False(t, s.Hidden("users", nil))
	_, err := caddyfiletest.SetupIn(t, s, basicauth.Directive, "basicauth htpasswd=users")
	require.NoError(t, err)
	require.True(t, s.Hidden("users", nil))
	require.False(t, s.Hidden("others", nil))
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "basicauth", `Caddyfile:1:1: basicauth: a user, or a file of them, is missing`},
		{"a user alone", "basicauth ada", `Caddyfile:1:11: basicauth: "ada" takes a password after it`},
		{"a path alone", "basicauth /a", `Caddyfile:1:11: basicauth: "/a" is a path, and takes a user and a password after it`},
		{"a path and a user", "basicauth /a ada", `Caddyfile:1:11: basicauth: "/a" is a path, and takes a user and a password after it`},
		{"too much", "basicauth /a ada lovelace x", `Caddyfile:1:27: basicauth: unexpected "x"`},
		{"no path", "basicauth a ada lovelace", `Caddyfile:1:11: basicauth: "a" is not a path: a path begins with /`},
		{"an escaped path", "basicauth /%61 ada lovelace", `Caddyfile:1:11: basicauth: "/%61" has to be written without %-escapes, and without a query`},
		{"an empty password", `basicauth ada ""`, `Caddyfile:1:15: basicauth: the password is empty`},
		{"an empty user", `basicauth "" lovelace`, `Caddyfile:1:11: basicauth: a user without a name`},
		{"a user that cannot be sent", `basicauth a:b lovelace`, `Caddyfile:1:11: basicauth: the name of a user cannot have a colon`},
		{"a mistyped hash", "basicauth ada " + lovelace[:30], `Caddyfile:1:15: basicauth: a hash by bcrypt that is cut short or mistyped`},
		{"a hash of another kind", "basicauth ada $apr1$a$b",
			`Caddyfile:1:15: basicauth: a hash of the kind apr1 (MD5), which is not taken: only bcrypt (htpasswd -B) and argon2id are`},
		{"two tokens on a line of the block", "basicauth ada lovelace {\n /a /b\n}", `Caddyfile:2:5: basicauth: /a: unexpected "/b"`},
		{"an unknown property", "basicauth ada lovelace {\n relm x y\n}",
			`Caddyfile:2:2: basicauth: relm: neither realm nor a path, which begins with / (did you mean "realm"?)`},
		{"two realms", "basicauth ada lovelace {\n realm a\n realm b\n}", `Caddyfile:3:2: basicauth: realm: already given at Caddyfile:2:2`},
		{"a realm of several words", "basicauth ada lovelace {\n realm a b\n}", `Caddyfile:2:10: basicauth: realm: unexpected "b"`},
		{"a block in the block", "basicauth ada lovelace {\n /a {\n }\n}", `Caddyfile:2:2: basicauth: /a: takes no block`},
		{"a file without a name", "basicauth htpasswd=", `Caddyfile:1:11: basicauth: the name of the file is missing`},
		{"a user who is not in the file", "basicauth eve htpasswd=users", `Caddyfile:1:11: basicauth: user "eve" is not in users`},
		{"several", "basicauth /a ada\nbasicauth ada", "Caddyfile:1:11: basicauth: \"/a\" is a path, and takes a user and a password after it\n" +
			`Caddyfile:2:11: basicauth: "ada" takes a password after it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.SetupIn(t, site(t), basicauth.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
	s := site(t)
	_, err := caddyfiletest.SetupIn(t, s, basicauth.Directive, "basicauth htpasswd=none")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.True(t, strings.HasPrefix(err.Error(), "Caddyfile:1:11: basicauth: htpasswd: "), err)
}
