package standard_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInternalBehindApplications has what is hidden sent for applications that ask for
// it by X-Accel-Redirect, and for nobody and nothing else.
func TestInternalBehindApplications(t *testing.T) {
	var asked atomic.Int32
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		to := r.URL.Query()["to"]
		if r.URL.Path == "/cgi/loop" || r.URL.Path == "/proxied/loop" {
			to = []string{r.URL.RequestURI()}
		}
		for _, value := range to {
			w.Header().Add("X-Accel-Redirect", value)
		}
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Content-Type", "text/x-own")
		fmt.Fprint(w, "from the application")
	})
	cgi, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer cgi.Close()
	go fcgi.Serve(cgi, app)
	upstream := httptest.NewServer(app)
	defer upstream.Close()
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.MkdirAll(filepath.Join("secret", ".git"), 0o700))
	for name, text := range map[string]string{
		"secret/a b.txt": "SECRET", "secret/%2e%2e": "SECRET", "secret/.git/config": "SECRET", "public.txt": "public",
		"Caddyfile": fmt.Sprintf("127.0.0.1:0\ninternal /secret\nfastcgi /cgi %s\nproxy /proxied %s\nbasicauth /locked ada lovelace", cgi.Addr(), upstream.URL),
	} {
		require.NoError(t, os.WriteFile(filepath.FromSlash(name), []byte(text), 0o600))
	}
	addr, stop := serve(t, "Caddyfile")
	defer stop()
	get := func(method, target string) (*http.Response, string) {
		r, err := http.NewRequest(method, "http://"+addr.String()+target, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, string(body)
	}
	for _, prefix := range []string{"/cgi", "/proxied"} {
		for _, tt := range []struct {
			to     string
			status int
			body   string
		}{
			{"?to=/secret/a%2520b.txt", 200, "SECRET"},
			{"?to=/secret/a%20b.txt", 200, "SECRET"},
			{"?to=/secret/a%2520b.txt%3fx=y", 200, "SECRET"},
			{"?to=/secret/%25252e%25252e", 200, "SECRET"},
			{"?to=/public.txt", 200, "public"},
			{"?to=/secret/none", 404, "404 Not Found\n"},
			{"?to=/secret/a%2520b.txt%253fx", 404, "404 Not Found\n"},
			{"?to=/secret/.git/config", 404, "404 Not Found\n"},
			{"?to=/Caddyfile", 404, "404 Not Found\n"},
			{"?to=/secret/../public.txt", 502, "502 Bad Gateway\n"},
			{"?to=/secret/%252e%252e/public.txt", 502, "502 Bad Gateway\n"},
			{"?to=/secret/%255c..", 404, "404 Not Found\n"},
			{"?to=//evil.example/", 502, "502 Bad Gateway\n"},
			{"?to=http://evil.example/", 502, "502 Bad Gateway\n"},
			{"?to=@named", 502, "502 Bad Gateway\n"},
			{"?to=secret/a%2520b.txt", 502, "502 Bad Gateway\n"},
			{"?to=/a&to=/secret/a%2520b.txt", 502, "502 Bad Gateway\n"},
			{"/loop", 500, "500 Internal Server Error\n"},
			{"", 200, "from the application"},
		} {
			resp, body := get("GET", prefix+tt.to)
			require.Equal(t, tt.status, resp.StatusCode, prefix+tt.to)
			require.Equal(t, tt.body, body, prefix+tt.to)
			require.Empty(t, resp.Header["X-Accel-Redirect"])
		}
		asked.Store(0)
		_, _ = get("GET", prefix+"/loop")
		require.EqualValues(t, 11, asked.Load())
		resp, body := get("HEAD", prefix+"?to=/secret/a%2520b.txt")
		require.Equal(t, 200, resp.StatusCode)
		require.EqualValues(t, 6, resp.ContentLength)
		require.Empty(t, body)
		resp, _ = get("POST", prefix+"?to=/secret/a%2520b.txt")
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "a=b", resp.Header.Get("Set-Cookie"))
	}
	for _, target := range []string{"/secret/a%20b.txt", "/SECRET/a%20b.txt", "/cgi/../secret/a%20b.txt", "/cgi/..%2fsecret/a%20b.txt"} {
		resp, body := get("GET", target)
		require.Equal(t, 404, resp.StatusCode, target)
		require.NotContains(t, body, "SECRET")
	}
}
