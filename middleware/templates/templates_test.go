package templates_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/middleware/templates"
)

// filesOf returns a site of texts by their names.
func filesOf(texts map[string]string) static.Config {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return static.Config{FS: fsys}
}

// fell is the status of requests that no page answers.
const fell = middleware.Status(http.StatusTeapot)

func TestHandler(t *testing.T) {
	files := filesOf(map[string]string{
		"index.html":       "{{.Method}} {{.URI}}",
		"a.htm":            "{{.Method}}",
		"a.TMPL":           "{{.Method}}",
		"a.tpl":            "{{.Method}}",
		"a.txt":            `{{.Header "X-Evil"}}`,
		"a.css":            "{{.Method}}",
		"none":             "{{.Method}}",
		"empty.html":       "",
		"tmpl/index.tmpl":  "{{.Method}}",
		"both/index.css":   "",
		"both/index.html":  "{{.Method}}",
		"dir.html/a.txt":   "",
		"dir2/sub/a.html":  "{{.Method}}",
		".git/a.html":      "{{.Method}}",
		"hidden/a.html":    "{{.Method}}",
		"dir3/index.html":  "{{.Method}}",
		"broken.html":      "{{.Method",
		"wrong.html":       "before {{.Nonsense}}",
		"missing.html":     `before {{.Include "none.html"}}`,
		"ambiguous.html":   `{{if true}}<a href="{{end}}`,
		"includes/bad.txt": `{{.Include "/broken.html"}}`,
	})
	files.Hide = func(name string, _ fs.FileInfo) bool { return name == "hidden" }
	files.Index = []string{"index.css", "index.html"}
	h := templates.NewHandler(fell, templates.Config{Pages: page.Config{Files: files}})
	const html, text = "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for _, tt := range []struct {
		name, method, target string
		status               int
		mediaType, body      string
	}{
		{"an index page", "GET", "/?q=1", 200, html, "GET /?q=1"},
		{"a page by its name", "GET", "/index.html", 200, html, "GET /index.html"},
		{"a page without its body", "HEAD", "/a.htm", 200, html, ""},
		{".htm", "GET", "/a.htm", 200, html, "GET"},
		{".tmpl, in any letters", "GET", "/a.TMPL", 200, html, "GET"},
		{".tpl", "GET", "/a.tpl", 200, html, "GET"},
		{".txt is not escaped", "GET", "/a.txt", 200, text, "<b>"},
		{"an empty page", "GET", "/empty.html", 200, html, ""},
		{"a folder with another index page", "GET", "/tmpl/", 200, html, "GET"},
		{"a path with dots", "GET", "/dir2/../dir2//sub/a.html", 200, html, "GET"},

		{"a folder with an index that is no page", "GET", "/both/", 418, "", ""},
		{"a folder without the slash at its end", "GET", "/dir3", 418, "", ""},
		{"a page with a slash at its end", "GET", "/a.htm/", 418, "", ""},
		{"a folder that is called like a page", "GET", "/dir.html", 418, "", ""},
		{"a folder without an index", "GET", "/dir2/", 418, "", ""},
		{"another extension", "GET", "/a.css", 418, "", ""},
		{"no extension", "GET", "/none", 418, "", ""},
		{"no file", "GET", "/none.html", 418, "", ""},
		{"another method", "POST", "/a.htm", 418, "", ""},
		{"another method, of a folder", "DELETE", "/", 418, "", ""},
		{"what clients must not see", "GET", "/.git/a.html", 418, "", ""},
		{"what is hidden", "GET", "/hidden/a.html", 418, "", ""},
		{"a path that leads out", "GET", "/../../../etc/passwd.html", 418, "", ""},
		{"a path with a NUL", "GET", "/a%00.html", 418, "", ""},
		{"a backslash", "GET", `/dir2%5C..%5Ca.htm`, 418, "", ""},

		{"a page that cannot be parsed", "GET", "/broken.html", 500, "", ""},
		{"a page that fails half way", "GET", "/wrong.html", 500, "", ""},
		{"a page that includes what is missing", "GET", "/missing.html", 500, "", ""},
		{"a page that cannot be escaped", "GET", "/ambiguous.html", 500, "", ""},
		{"a page that includes what cannot be parsed", "GET", "/includes/bad.txt", 500, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := middleware.Record(httptest.NewRecorder())
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Header.Set("X-Evil", "<b>")
			status, err := h.ServeHTTP(w, r)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.status == 500, err != nil)
			require.Equal(t, tt.status == 200, w.Begun())
			body := w.Unwrap().(*httptest.ResponseRecorder).Body.String()
			require.Equal(t, tt.body, body)
			require.Equal(t, tt.mediaType, w.Header().Get("Content-Type"))
			if tt.status != 200 {
				require.Empty(t, w.Header())
				return
			}
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			require.NotContains(t, w.Header(), "Etag")
			require.NotContains(t, w.Header(), "Last-Modified")
			if tt.method == "HEAD" {
				body = tt.method // which is the whole page
			}
			require.Equal(t, fmt.Sprint(len(body)), w.Header().Get("Content-Length"))
		})
	}
}

// TestPath checks that a page is executed in any letters of its path, since the file
// system may not care, and nobody is to see its actions.
func TestPath(t *testing.T) {
	files := filesOf(map[string]string{"in/a.html": "x", "IN/a.html": "x", "out/a.html": "x", "index/a.html": "x"})
	h := templates.NewHandler(fell, templates.Config{Pages: page.Config{Files: files}, Path: "/in"})
	for target, want := range map[string]int{
		"/in/a.html": 200, "/IN/a.html": 200, "/out/../in/a.html": 200,
		"/index/a.html": 200, // for it is a prefix, as in Caddy 0.7.1
		"/out/a.html":   418, "/in/../out/a.html": 418,
	} {
		status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
		require.NoError(t, err)
		require.Equal(t, want, status, target)
	}
}

// TestContentTypeIsSet cures the pages of Caddy 0.7.1 that had none, and keeps the
// one that another layer has set (caddy#2707).
func TestContentTypeIsSet(t *testing.T) {
	files := filesOf(map[string]string{"a.html": "x", "a.svg": "<svg/>", "a.unknown": "x"})
	mime := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if r.URL.RawQuery != "" {
				w.Header().Set("Content-Type", "text/x-other")
			}
			return next.ServeHTTP(w, r)
		})
	}
	h := mime(templates.NewHandler(fell, templates.Config{Pages: page.Config{Files: files}, Extensions: []string{".html", ".SVG", ".unknown"}}))
	for target, want := range map[string]string{
		"/a.html": "text/html; charset=utf-8", "/a.svg": "image/svg+xml", "/a.unknown": "text/html; charset=utf-8", "/a.html?": "text/html; charset=utf-8", "/a.html?x": "text/x-other",
	} {
		w := httptest.NewRecorder()
		_, err := h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		require.NoError(t, err)
		require.Equal(t, want, w.Header().Get("Content-Type"), target)
	}
}

// TestFailureIsLogged checks that what includes a missing file is answered 500, in
// full, and that the log says which (caddy#581).
func TestFailureIsLogged(t *testing.T) {
	var log bytes.Buffer
	files := filesOf(map[string]string{"a.html": `half a page {{.AddLink "</x>"}}{{.Include "/none.html"}}`})
	edge := middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}
	server := httptest.NewServer(edge.Handler(templates.NewHandler(fell, templates.Config{Pages: page.Config{Files: files}})))
	defer server.Close()
	resp, err := http.Get(server.URL + "/a.html")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 500, resp.StatusCode)
	require.Equal(t, "500 Internal Server Error\n", string(body))
	require.Empty(t, resp.Header["Link"])
	require.Contains(t, log.String(), `\"/none.html\": file does not exist`)
	require.Contains(t, log.String(), "level=ERROR")
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
}

// TestLinks checks that a page can add to the header.
func TestLinks(t *testing.T) {
	files := filesOf(map[string]string{"a.html": `{{.AddLink "</a.css>; rel=preload"}}{{.Include "b.html"}}`, "b.html": `{{.AddLink "</b>\r\nX: y"}}`})
	server := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), templates.New(templates.Config{Pages: page.Config{Files: files}})))
	defer server.Close()
	resp, err := http.Get(server.URL + "/a.html")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, []string{"</a.css>; rel=preload", "</b>  X: y"}, resp.Header["Link"])
	require.Empty(t, resp.Header["X"])
}

// TestOneRelease has a site replaced between a page and what it includes: both are
// of the release that the request was given.
func TestOneRelease(t *testing.T) {
	roots := map[string]*middleware.Root{}
	for _, release := range []string{"one", "two"} {
		dir := t.TempDir()
		for name, text := range map[string]string{"a.html": `{{.Include "b.html"}} {{len (.Files "/")}} ` + release, "b.html": release} {
			file := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			old := time.Now().Add(-time.Hour)
			require.NoError(t, os.Chtimes(file, old, old)) // the same, so that only the files themselves tell
		}
		root, err := middleware.PinnedRoot(dir)
		require.NoError(t, err)
		defer root.Close()
		roots[release] = root
	}
	h := templates.NewHandler(fell, templates.Config{})
	for range 3 {
		for release, root := range roots {
			w := httptest.NewRecorder()
			_, err := h.ServeHTTP(w, middleware.WithRoot(httptest.NewRequest("GET", "/a.html", nil), root))
			require.NoError(t, err)
			require.Equal(t, release+" 2 "+release, w.Body.String())
		}
	}
}

func TestTransparent(t *testing.T) {
	files := filesOf(map[string]string{"index.html": "x"})
	middlewaretest.Transparent(t, templates.New(templates.Config{Pages: page.Config{Files: files}, Path: "/elsewhere"}))
	middlewaretest.Transparent(t, templates.New(templates.Config{}))
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	extensions := []string{".HTML"}
	mw := templates.New(templates.Config{Pages: page.Config{Files: filesOf(map[string]string{"a.html": "x"})}, Extensions: extensions})
	require.Equal(t, []string{".HTML"}, extensions)
	clear(extensions)
	status, _ := mw(fell).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a.html", nil))
	require.Equal(t, 200, status)
}

// BenchmarkHandler executes a page that includes another, which are both remembered.
func BenchmarkHandler(b *testing.B) {
	h := templates.NewHandler(fell, templates.Config{Pages: page.Config{Files: filesOf(map[string]string{
		"a.html": `<h1>{{.Host}}</h1>{{.Include "b.html"}}`, "b.html": `<p>{{.Header "User-Agent"}}</p>`,
	})}})
	r := httptest.NewRequest("GET", "/a.html", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
