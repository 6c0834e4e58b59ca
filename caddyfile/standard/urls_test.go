package standard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRewrittenPathsAreGuarded has requests led to and from a path that needs a
// password, and to files by less than their names.
func TestRewrittenPathsAreGuarded(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"index.html", "open.html", "admin/index.html", "admin/page.html", "secret.html", "notes.bak", ".git/config"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(name), 0o600))
	}
	require.NoError(t, os.WriteFile("Caddyfile", []byte(`127.0.0.1:0 {
	log access.log
	header / X-Frame-Options DENY
	rewrite /into /admin/page.html
	rewrite /admin/out /open.html
	rewrite /admin/index.php /index.html
	rewrite {
		if {path} starts_with /try/
		r ^try(/.*)$
		to {1} /open.html
	}
	redir /gone /open 302
	ext .html
	basicauth /admin ada lovelace
	basicauth /secret.html ada lovelace
	static {
		hide *.bak
	}
}`), 0o600))
	addr, stop := serve(t, "Caddyfile")
	for _, tt := range []struct {
		name, path string
		status     int
		body       string
	}{
		{"a page", "/open", 200, "open.html"},
		{"a guarded page", "/admin/page", 401, ""},
		{"a guarded page, in other letters", "/ADMIN/page", 401, ""},
		{"a way into what is guarded", "/into", 401, ""},
		{"a way out of what is guarded", "/admin/out", 401, ""},
		{"a way out, written in another way", "//x/../admin/./out", 401, ""},
		{"a way out, escaped", "/%61dmin/out", 401, ""},
		{"a way out, to the front page", "/admin/index.php", 401, ""},
		{"a way in by a pattern", "/try/admin/page.html", 401, ""},
		{"a way in by a pattern, escaped", "/try/%61dmin%2Fpage.html", 401, ""},
		{"a guarded page without its extension", "/secret", 401, ""},
		{"a file by a pattern", "/try/open.html", 200, "open.html"},
		{"a hidden file by a pattern is as one that is not there", "/try/notes.bak", 200, "open.html"},
		{"a guarded file by a pattern is as one that is not there", "/try/.git/config", 200, "open.html"},
		{"the Caddyfile by a pattern is as one that is not there", "/try/Caddyfile", 200, "open.html"},
		{"no file by a pattern", "/try/none", 200, "open.html"},
		{"a redirect, followed", "/gone", 200, "open.html"},
		{"no file", "/none", 404, "404 Not Found\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := request{host: "127.0.0.1", path: tt.path}.do(t, addr)
			defer resp.Body.Close()
			require.Equal(t, tt.status, resp.StatusCode)
			require.Equal(t, "DENY", resp.Header.Get("X-Frame-Options"))
			if tt.body != "" {
				_, body := request{host: "127.0.0.1", path: tt.path}.send(t, addr)
				require.Equal(t, tt.body, body)
			}
		})
	}
	stop()
	log, err := os.ReadFile("access.log")
	require.NoError(t, err)
	require.Contains(t, string(log), `"GET /try/%61dmin%2Fpage.html HTTP/1.1" 401`, "what the client asked for")
}
