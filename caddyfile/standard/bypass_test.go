package standard_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
	"github.com/shallot-http/shallot/middleware/hidden"
	"github.com/shallot-http/shallot/middleware/limits"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/middleware/status"
)

// protected are targets that lead to what begins with /x.
var protected = []string{
	"/x", "//x", "///x", "/./x", "/.//x", "/X", "/%78", "/%58", "/a/..%2fx", "/a/../x", "/a/%2e%2e/x", "/a/%2e%2e%2fx", "/a/..%2Fx", "/%2e/x", "/%2fx",
	"/%2f%2fx", "/x%00", "/x%00.txt", "/x;y", "/x%3by", "/xy", "/XY", "/x/", "/x//", "/x/.", "/x/..%2fx", "/x?", "/x?a=/b", "/x%3fa", "/x%23", "/x%20", "/x.", "/x%2e",
	"/xd/secret", "/xd//secret", "/xd/./secret", "/xd%2fsecret", "/Xd/secret", "/xd/secret/", "/xd/../x", "/xd/../xd/secret", "/../x", "/..%2f..%2fx",
	"/a/b/../../x", "/a//../x", "/x%c0%af", "/x\u017f", "/x%ff", "http://site.example/x", "http://site.example//x", "http://site.example/a/..%2fx", "http://other.example/X",
}

// TestNoBypass asks for what four layers protect in every way that has got past
// those of others, and for the files that are there.
func TestNoBypass(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x", "X", "xy", "x;y", "x?a", "x ", "x.", "xd/secret", "xſ"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		_ = os.WriteFile(file, []byte("SECRET"), 0o600) // of which Windows cannot have all
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "b.txt"), []byte("public"), 0o600))
	root := middleware.NewRoot(dir)
	defer root.Close()
	reading := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if r.Method == http.MethodPost {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return 0, err
				}
				_, err = fmt.Fprintf(w, "SECRET %s", body) // what is read is no better than what is served
				return 0, err
			}
			return next.ServeHTTP(w, r)
		})
	}
	const post = "POST %s HTTP/1.1\r\nHost: site.example\r\nContent-Length: 9\r\nConnection: close\r\n\r\n123456789"
	get := func(method string) string {
		return method + " %s HTTP/1.1\r\nHost: site.example\r\nAuthorization: Basic YWRhOndyb25n\r\nConnection: close\r\n\r\n"
	}
	for _, tt := range []struct {
		name     string
		layer    middleware.Middleware
		want     int
		requests []string
	}{
		{"basicauth", basicauth.New(basicauth.Config{Rules: []basicauth.Rule{{User: "ada", Secret: basicauth.Plain("lovelace"), Paths: []middleware.Path{"/x"}}}}),
			401, []string{get("GET"), get("HEAD"), get("OPTIONS"), post}},
		{"internal", hidden.New(hidden.Config{Paths: []middleware.Path{"/x"}}), 404, []string{get("GET"), get("OPTIONS"), post}},
		{"status", status.New(status.Config{Rules: []status.Rule{{Path: "/x", Status: 410}}}), 410, []string{get("GET"), get("OPTIONS"), post}},
		{"limits", limits.New(limits.Config{Bodies: []limits.Body{{Path: "/x", Max: 8}}}), 413, []string{post}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(
				middleware.Chain(tt.layer, reading, static.New(static.Config{Root: root, Dotfiles: static.DotfilesAllow}))(middleware.Status(404))))
			defer srv.Close()
			send := func(request string) (int, string) {
				conn, err := net.Dial("tcp", srv.Listener.Addr().String())
				require.NoError(t, err)
				defer conn.Close()
				require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
				_, err = io.WriteString(conn, request)
				require.NoError(t, err)
				method, _, _ := strings.Cut(request, " ")
				resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				return resp.StatusCode, string(body)
			}
			bypasses := 0
			for _, target := range protected {
				for _, request := range tt.requests {
					got, body := send(fmt.Sprintf(request, target))
					if got != tt.want || strings.Contains(body, "SECRET") {
						t.Errorf("%q: %d %q; want %d", fmt.Sprintf(request, target), got, body, tt.want)
						bypasses++
					}
				}
			}
			t.Logf("%d targets, %d bypasses", len(protected), bypasses)

			got, body := send(fmt.Sprintf(get("GET"), "/a/b.txt"))
			require.Equal(t, 200, got)
			require.Equal(t, "public", body, "what is not protected is served")
			_, body = send(fmt.Sprintf(post, "/a/b.txt"))
			require.Equal(t, "SECRET 123456789", body)
		})
	}
}
