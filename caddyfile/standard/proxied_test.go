package standard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAccelServesFiles has a backend decide who gets a file, and looks for other ways
// to it.
func TestAccelServesFiles(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Disposition", "attachment")
		w.Header().Set("X-Accel-Redirect", strings.Replace(r.URL.EscapedPath(), "/app", "/protected", 1))
	}))
	defer backend.Close()
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"site/index.html": "welcome", "site/private/report.pdf": "secret", "site/private/index.html": "index", "site/private/.git/config": "git",
		"site/public.txt": "public", "passwd": "root",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	src := "localhost:0 {\n\troot site\n\tlog access.log\n\terrors\n\tproxy /app " + backend.URL +
		" {\n\t\taccel /protected site/private\n\t\taccel /logs .\n\t\tintercept 401\n\t}\n\tbrowse\n}"
	require.NoError(t, os.WriteFile("Caddyfile", []byte(src), 0o600))
	addr, stop := serve(t, "Caddyfile")
	for _, tt := range []struct{ name, path, fields, want string }{
		{"who may has it", "/app/report.pdf", "Authorization: x", "200 attachment application/pdf secret"},
		{"or a part of it", "/app/report.pdf", "Authorization: x\r\nRange: bytes=2-", "206 attachment application/pdf cret"},
		{"who may not does not", "/app/report.pdf", "X: y", "401   401 Unauthorized\n"},
		{"there is no index", "/app/", "Authorization: x", "404   404 Not Found\n"},
		{"what is not there", "/app/none", "Authorization: x", "404   404 Not Found\n"},
		{"what looks private", "/app/.git/config", "Authorization: x", "404   404 Not Found\n"},
		{"a way out", "/app/..%2f..%2fpasswd", "Authorization: x", "404   404 Not Found\n"},
		{"by the prefix", "/protected/report.pdf", "Authorization: x", "404   404 Not Found\n"},
		{"by the folder", "/private/report.pdf", "Authorization: x", "404   404 Not Found\n"},
		{"the site's own", "/public.txt", "X: y", "200  text/plain; charset=utf-8 public"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest("GET", "http://"+addr.String()+tt.path, nil)
			require.NoError(t, err)
			r.Host = "localhost"
			for field := range strings.SplitSeq(tt.fields, "\r\n") {
				name, value, _ := strings.Cut(field, ": ")
				r.Header.Set(name, value)
			}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			contentType := resp.Header.Get("Content-Type")
			if resp.StatusCode >= 400 {
				contentType = ""
			}
			disposition := resp.Header.Get("Content-Disposition")
			require.Equal(t, tt.want, fmt.Sprintf("%d %s %s %s", resp.StatusCode, disposition, contentType, body))
		})
	}
	listing := request{host: "localhost", path: "/?format=text"}
	_, body := listing.send(t, addr)
	require.NotContains(t, body, "private")
	stop()
}
