package static_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// FuzzPath checks, whatever path is asked for, that nothing outside of the root
// is served, nor what is guarded in it, and that a redirect leads to another
// path of the same site, and not in circles.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"/", "/file.txt", "/dir", "/dir/", "/file.txt/", "/../secret.txt", "/dir/../../secret.txt", "//evil.com/..", "//evil.com/../dir", "///x",
		"/\\evil.com", "/link/secret.txt", "/link", "/.git/config", "/dir/..", "/dir/.", "", "dir", "..", "/dir//x/../", "/dir\x00", "/evil.com", "//evil.com",
		"/loop/loop/file.txt", "/abs/secret.txt", "/?x", "/a:b", "\\\\host\\share", "/C:/secret.txt", "/git/config",
	} {
		f.Add(path, "")
		f.Add(path, "q=//evil.com")
	}
	dir := folder(f, map[string]string{
		"index.html": "home", "file.txt": "file", "dir/x/file.txt": "x", "evil.com/index.html": "evil", "a:b/": "", ".git/config": secret, ".env": secret,
	})
	if runtime.GOOS != "windows" {
		for name, target := range map[string]string{
			"link": "../secret", "abs": filepath.Join(filepath.Dir(dir), "secret"), "top": "/", "up": "..", "loop": ".", "git": ".git", "abs.txt": filepath.Join(dir, "file.txt"),
		} {
			require.NoError(f, os.Symlink(target, filepath.Join(dir, name)))
		}
		require.NoError(f, os.MkdirAll(filepath.Join(dir, `\evil.com`), 0o755))
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(f, err)
	f.Cleanup(func() { root.FS.Close() })
	h := static.New(static.Config{Root: root})(middleware.Status(404))
	serve := func(u *url.URL) (*httptest.ResponseRecorder, int, error) {
		r := &http.Request{Method: "GET", URL: u, Header: http.Header{"Accept-Encoding": {"gzip"}}, RequestURI: u.RequestURI()}
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, r)
		return w, status, err
	}
	f.Fuzz(func(t *testing.T, p, query string) {
		u := &url.URL{Path: p, RawQuery: query}
		w, status, err := serve(u)
		require.NoError(t, err)
		require.NotContains(t, w.Body.String(), secret)
		require.Contains(t, []int{200, 301, 400, 404}, status)
		require.Equal(t, strings.Contains(p, "\x00"), status == 400)
		if status != 301 {
			return
		}
		location := w.Header().Get("Location")
		require.True(t, strings.HasPrefix(location, "/"), location)
		require.False(t, strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`), location)
		require.False(t, strings.ContainsFunc(location, func(r rune) bool { return r <= ' ' || r >= 0x7f }), "%q", location)
		to, err := (&url.URL{Scheme: "https", Host: "here.example", Path: "/"}).Parse(location)
		require.NoError(t, err)
		require.Equal(t, "here.example", to.Host)
		require.Equal(t, path.Clean("/"+p), path.Clean(to.Path))
		_, again, err := serve(&url.URL{Path: to.Path, RawQuery: to.RawQuery})
		require.NoError(t, err)
		require.NotEqual(t, 301, again)
	})
}

// FuzzRange checks that the parts of a response are the parts of the file, and
// that its length is what it says.
func FuzzRange(f *testing.F) {
	for _, field := range []string{"bytes=0-4", "bytes=-5", "bytes=5-", "bytes=0-1,4-5,3-6", "bytes=9-1", "bytes=99999999999999999999-", "x", "bytes=0-,0-"} {
		f.Add(field)
	}
	const text = "abcdefghijklmnopqrstuvwxyz"
	root, err := middleware.PinnedRoot(folder(f, map[string]string{"file.txt": text}))
	require.NoError(f, err)
	f.Cleanup(func() { root.FS.Close() })
	h := static.New(static.Config{Root: root})(middleware.Status(404))
	f.Fuzz(func(t *testing.T, field string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/file.txt", nil)
		r.Header.Set("Range", field)
		status, err := h.ServeHTTP(w, r)
		require.NoError(t, err)
		resp := w.Result()
		if status != 416 {
			require.EqualValues(t, w.Body.Len(), resp.ContentLength)
		}
		switch status {
		case 200:
			require.Equal(t, text, w.Body.String())
		case 206:
			if got := resp.Header.Get("Content-Range"); got == "" {
				ranges, bodies := parts(t, response{resp, w.Body.String()})
				require.LessOrEqual(t, len(ranges), 16)
				require.LessOrEqual(t, len(strings.Join(bodies, "")), len(text))
			} else {
				require.Contains(t, text, w.Body.String())
				require.NotEmpty(t, w.Body.String())
			}
		default:
			require.Equal(t, 416, status)
			require.Equal(t, "bytes */26", resp.Header.Get("Content-Range"))
		}
	})
}

// FuzzPrecondition checks that a tag is found in whatever list it is put.
func FuzzPrecondition(f *testing.F) {
	f.Add(`"a", W/"b,c"`, `"d"`)
	f.Add(`*`, `x`)
	f.Fuzz(func(t *testing.T, before, after string) {
		const etag = `"0-0"`
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["If-None-Match"] = []string{before, etag + "," + after}
		require.Equal(t, 304, static.Precondition(r, etag, day))
		r.Header["If-Match"] = []string{before, after}
		if !strings.Contains(before+after, "*") && !strings.Contains(before+after, "0-0") {
			require.Equal(t, 412, static.Precondition(r, etag, day))
		}
	})
}
