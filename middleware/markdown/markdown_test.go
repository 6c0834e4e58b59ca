package markdown_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestHandler(t *testing.T) {
	c := markdown.Config{
		Pages: filesOf(map[string]string{
			"a.md": "a", "b.MARKDOWN": "b", "c.mdown": "c", "d.txt": "d", "dir/index.markdown": "index", "dir/x.md": "", "dir2/readme.md": "",
			"dir3/README.md": "readme", "hidden/a.md": "x", ".git/a.md": "x", "x.md/a.txt": "", "index.md": "root",
			"named.md": "---\ntemplate: one\n---\nn", "indir.md": "---\ntemplate: two\n---\nn", "indirext.md": "---\ntemplate: two.tmpl\n---\nn",
			"unknown.md": "---\ntemplate: three\n---\nn", "lost.md": "---\ntemplate: lost\n---\nn", "out.md": "---\ntemplate: ../t/two\n---\nn", "broken.md": "---\ntemplate: broken\n---\nn",
			"t/one": "1{{.markdown}}", "t/two.tmpl": "2{{.markdown}}", "t/broken": "half {{.Include \"none\"}}", "t/notmpl": "",
		}),
		Templates: map[string]string{"one": "t/one", "lost": "t/lost", "broken": "/t/broken"}, TemplateDir: "/t/*.tmpl",
	}
	c.Pages.Files.Hide = func(name string, _ fs.FileInfo) bool { return name == "hidden" }
	c.Pages.Files.Index = []string{"README.md", "index.html"}
	h := markdown.NewHandler(fell, c)
	for _, tt := range []struct {
		name, method, target string
		status               int
		body                 string // a part of it
	}{
		{".md", "GET", "/a.md", 200, "<p>a</p>"},
		{".markdown, in any letters", "GET", "/b.MARKDOWN", 200, "<p>b</p>"},
		{".mdown", "GET", "/c.mdown", 200, "<p>c</p>"},
		{"without its body", "HEAD", "/a.md", 200, ""},
		{"the root", "GET", "/", 200, "<p>root</p>"},
		{"a folder", "GET", "/dir/", 200, "<p>index</p>"},
		{"a folder with an index file of the site's", "GET", "/dir3/", 200, "<p>readme</p>"},
		{"a path with dots", "GET", "/dir/../a.md", 200, "<p>a</p>"},
		{"a template by its name", "GET", "/named.md", 200, "1<p>n</p>"},
		{"a template in the folder of templates", "GET", "/indir.md", 200, "2<p>n</p>"},
		{"a template in the folder of templates, with its extension", "GET", "/indirext.md", 200, "2<p>n</p>"},

		{"another extension", "GET", "/d.txt", 418, ""},
		{"no file", "GET", "/none.md", 418, ""},
		{"a folder without an index", "GET", "/dir2/", 418, ""},
		{"a folder without the slash at its end", "GET", "/dir", 418, ""},
		{"a folder that is called like a page", "GET", "/x.md", 418, ""},
		{"a page with a slash at its end", "GET", "/a.md/", 418, ""},
		{"another method", "POST", "/a.md", 418, ""},
		{"what is hidden", "GET", "/hidden/a.md", 418, ""},
		{"what clients must not see", "GET", "/.git/a.md", 418, ""},
		{"a path that leads out", "GET", "/../../etc/a.md", 418, ""},
		{"a path with a NUL", "GET", "/a%00.md", 418, ""},

		{"a template that nobody knows", "GET", "/unknown.md", 500, `unknown.md: there is no template "three"`},
		{"a template that is missing", "GET", "/lost.md", 500, `the template "t/lost": file does not exist`},
		{"a template by dots", "GET", "/out.md", 500, `out.md: there is no template "../t/two"`},
		{"a template that fails", "GET", "/broken.md", 500, `"none": file does not exist`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := middleware.Record(httptest.NewRecorder())
			status, err := h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.target, nil))
			body := w.Unwrap().(*httptest.ResponseRecorder).Body.String()
			require.Equal(t, tt.status, status)
			if tt.status == 500 {
				require.ErrorContains(t, err, tt.body)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, tt.status == 200, w.Begun())
			if tt.status != 200 {
				require.Empty(t, w.Header())
				require.Empty(t, body)
				return
			}
			require.Contains(t, body, tt.body)
			require.Equal(t, tt.method == "HEAD", body == "")
			require.NotEqual(t, "0", w.Header().Get("Content-Length"))
		})
	}
}

// TestContentTypeIsSet cures the pages of Caddy 0.7.1, which had none.
func TestContentTypeIsSet(t *testing.T) {
	for _, template := range []string{"", "t"} {
		server := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), markdown.New(markdown.Config{
			Pages: filesOf(map[string]string{"a.md": "größer", "t": "{{.markdown}}"}), Template: template,
		})))
		resp, err := http.Get(server.URL + "/a.md")
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, []string{"text/html; charset=utf-8"}, resp.Header["Content-Type"])
		require.Equal(t, []string{"nosniff"}, resp.Header["X-Content-Type-Options"])
		server.Close()
	}
}

// TestRequestsAtOnce cures the state that requests shared in the parser of Caddy
// 0.7.1: pages of all kinds of front matter, at once, are each of their own file.
func TestRequestsAtOnce(t *testing.T) {
	site := map[string]string{"t": "{{.title}} {{.Doc.own}} {{.markdown}} {{range .Meta}}{{.}}{{end}} {{.Include \"i\" .title}}", "i": "{{.Doc.own}}{{index .Args 0}}"}
	for i := range 30 {
		site[fmt.Sprintf("%d.md", i)] = []string{
			fmt.Sprintf("---\ntitle: T%d\nown: O%d\nauthor: A%d\n---\nB%d", i, i, i, i),
			fmt.Sprintf("+++\ntitle = 'T%d'\nown = 'O%d'\nauthor = 'A%d'\n+++\nB%d", i, i, i, i),
			fmt.Sprintf(`{"title": "T%d", "own": "O%d", "author": "A%d"}`+"\nB%d", i, i, i, i),
		}[i%3]
	}
	h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(site), Template: "t"})
	var running sync.WaitGroup
	for n := range 16 {
		running.Go(func() {
			for k := range 60 {
				i := (n + k) % 30
				w := httptest.NewRecorder()
				_, err := h.ServeHTTP(w, httptest.NewRequest("GET", fmt.Sprintf("/%d.md", i), nil))
				want := fmt.Sprintf("T%d O%d <p>B%d</p>\n A%d O%dT%d", i, i, i, i, i, i)
				if err != nil || w.Body.String() != want {
					t.Errorf("got %q, %v; want %q", w.Body, err, want)
				}
			}
		})
	}
	running.Wait()
}

// TestConditional checks that a page that depends on its file alone is sent once, and
// that nobody takes one that depends on more for what it was.
func TestConditional(t *testing.T) {
	site := filesOf(map[string]string{"a.md": "a", "b.md": "---\ntemplate: t\n---\nb", "t": "{{.Method}}"})
	h := markdown.NewHandler(fell, markdown.Config{Pages: site, Templates: map[string]string{"t": "t"}})
	do := func(path string, field, value string) (int, *httptest.ResponseRecorder) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		r.Header.Set(field, value)
		status, err := h.ServeHTTP(w, r)
		require.NoError(t, err)
		return status, w
	}
	_, w := do("/a.md", "X", "")
	etag := w.Header().Get("Etag")
	require.Regexp(t, `^"[0-9a-f]{32}"$`, etag)
	status, w := do("/a.md", "If-None-Match", etag)
	require.Equal(t, 304, status)
	require.Equal(t, http.Header{"Etag": {etag}}, w.Header())
	status, _ = do("/a.md", "If-Match", `"other"`)
	require.Equal(t, 412, status)
	_, styled := do("/a.md", "X", "")
	require.Equal(t, etag, styled.Header().Get("Etag"))
	other := markdown.NewHandler(fell, markdown.Config{Pages: site, Styles: []string{"/x.css"}})
	w = httptest.NewRecorder()
	_, err := other.ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
	require.NoError(t, err)
	require.NotEqual(t, etag, w.Header().Get("Etag"), "a page with other styles is another")

	status, w = do("/b.md", "If-None-Match", "*")
	require.Equal(t, 200, status)
	require.NotContains(t, w.Header(), "Etag")
	require.NotContains(t, w.Header(), "Last-Modified")
}

// TestPageOfMarkdown escapes what is said of it, wherever it comes from.
func TestPageOfMarkdown(t *testing.T) {
	h := markdown.NewHandler(fell, markdown.Config{
		Pages:  filesOf(map[string]string{"a.md": "---\ntitle: </title><script>\nauthor: '\"><script>'\n---\nx"}),
		Styles: []string{`/a.css"><script>`}, Scripts: []string{"javascript:alert(1)"},
	})
	w := httptest.NewRecorder()
	_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
	require.NoError(t, err)
	require.NotContains(t, w.Body.String(), "<script>")
	require.Contains(t, w.Body.String(), "<title>&lt;/title&gt;&lt;script&gt;</title>")
	require.Contains(t, w.Body.String(), `<script src="#ZgotmplZ"></script>`)
}

// TestData has what a template sees of the request, and of the folder that the page
// is the index of.
func TestData(t *testing.T) {
	site := map[string]string{
		"dir/index.md": "---\nTitle: upper\n---\n[a](b)", "dir/b.md": "---\nx: y\n---\n# One *two*\n\nthree `four`\nfive", "dir/c.txt": "", "dir/sub/x": "", "dir/.env": "",
		"other/z": "", "inc": "{{.Doc.Title}}{{len .Args}}",
	}
	for _, tt := range []struct{ name, text, want string }{
		{"functions", `{{.Method}} {{.URI}} {{.Host}} {{.Header "X"}} {{.ToUpper "a"}}`, "GET /dir/ example.com &lt;x&gt; A"},
		{"more functions", `{{.Port}}{{.IP}}{{.Ext "a.b"}}{{.StripExt "a.b"}}{{.Replace "a" "a" "b"}}{{.Join (.Split "a b" " ") ""}}{{.StripHTML "<b>x"}}{{.Truncate "abc" 1}}{{.ToLower "A"}}`, "80192.0.2.1.babab" + "xaa"},
		{"yet more", `{{.PathMatches "/dir"}}{{.URL.Path}}{{len (.RandomString 3 3)}}{{range .Slice 1 2}}{{.}}{{end}}{{(.Map "a" 1).a}}{{.IsMITM}}{{.TLSVersion}}{{.ServerIP}}{{.Cookie "c"}}{{.AddLink "x"}}`, "true/dir/3121false"},
		{"times", `{{len (.Date "2006")}}{{len (.Now "2006")}}{{gt .NowDate.Year 2000}}`, "44true"},
		{"the dot shows nothing of itself", `{{.}}{{range $k, $v := .}}{{if eq $k " "}}{{$v}}{{end}}{{end}}`, "the pagethe page"},
		{"what is included", `{{.Include "inc" 1 2}}`, "upper2"},
		{"keys in any letters", `{{.Title}} {{.Doc.Title}}`, "upper upper"},
		{"styles and scripts", `{{.Styles}}{{.Scripts}}`, "[/a.css /b.css][/c.js]"},
		{"a key that there is not", `[{{.none}}]`, "[]"},
		{"files", `{{range .Files}}{{.Name}} {{.IsDir}} {{.Size}};{{end}}`, "b.md false 43;c.txt false 0;index.md false 27;sub true 0;"},
		{"files of another folder", `{{range .Files "other"}}{{.}};{{end}}`, "z;"},
		{"a summary", `{{range .Files}}{{if eq .Name "b.md"}}{{.Summarize 3}}{{end}}{{end}}`, "One two three"},
		{"a summary of all", `{{range .Files}}{{if eq .Name "b.md"}}{{.Summarize 99}}|{{.Summarize -1}}{{end}}{{end}}`, "One two three four five|"},
		{"Markdown", `{{.Markdown "dir/b.md"}}`, "<h1>One <em>two</em></h1>\n<p>three <code>four</code>\nfive</p>\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site["t"] = tt.text
			h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(site), Template: "t", Styles: []string{"/a.css", "/b.css"}, Scripts: []string{"/c.js"}})
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/dir/", nil)
			r.Header.Set("X", "<x>")
			_, err := h.ServeHTTP(w, r)
			require.NoError(t, err)
			require.Equal(t, tt.want, w.Body.String())
		})
	}
}

// TestText has templates executed as Caddy 0.7.1 did.
func TestText(t *testing.T) {
	site := filesOf(map[string]string{"a.md": "---\nown: <b>\n---\n*x*", "t": "{{.own}}{{.markdown}}"})
	for text, want := range map[bool]string{true: "<b><p><em>x</em></p>\n", false: "&lt;b&gt;<p><em>x</em></p>\n"} {
		w := httptest.NewRecorder()
		_, err := markdown.NewHandler(fell, markdown.Config{Pages: site, Template: "t", Text: text}).ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
		require.NoError(t, err)
		require.Equal(t, want, w.Body.String())
	}
}

// TestFailureIsLogged checks that a page that fails is answered 500, in full.
func TestFailureIsLogged(t *testing.T) {
	var log bytes.Buffer
	h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(map[string]string{"a.md": "x", "t": "half {{.Include \"none\"}}"}), Template: "t"})
	w := httptest.NewRecorder()
	middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}.Handler(h).ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
	require.Equal(t, 500, w.Code)
	require.Equal(t, "500 Internal Server Error\n", w.Body.String())
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	require.Contains(t, log.String(), `\"none\": file does not exist`)
}

// TestOneRelease has a template and an include of the release that the request was
// given, and the page of it, too.
func TestOneRelease(t *testing.T) {
	h := markdown.NewHandler(fell, markdown.Config{Template: "t"})
	roots := map[string]*middleware.Root{}
	for _, release := range []string{"one", "two"} {
		dir := t.TempDir()
		for name, text := range map[string]string{"a.md": release, "t": `{{.markdown}}{{.Include "i"}} ` + release, "i": release} {
			file := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			old := time.Now().Add(-time.Hour)
			require.NoError(t, os.Chtimes(file, old, old))
		}
		root, err := middleware.PinnedRoot(dir)
		require.NoError(t, err)
		defer root.Close()
		roots[release] = root
	}
	for range 3 {
		for release, root := range roots {
			w := httptest.NewRecorder()
			_, err := h.ServeHTTP(w, middleware.WithRoot(httptest.NewRequest("GET", "/a.md", nil), root))
			require.NoError(t, err)
			require.Equal(t, "<p>"+release+"</p>\n"+release+" "+release, w.Body.String())
		}
	}
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, markdown.New(markdown.Config{Pages: filesOf(map[string]string{"index.md": "x"}), Path: "/elsewhere"}))
	middlewaretest.Transparent(t, markdown.New(markdown.Config{}))
}

// BenchmarkHandler sends a page that is remembered: one that is built in, and one of a
// template.
func BenchmarkHandler(b *testing.B) {
	site := filesOf(map[string]string{"a.md": strings.Repeat("# Title\n\nSome *text* with a [link](b.md).\n\n", 100), "t": "<main>{{.markdown}}</main>{{.Include \"f\"}}", "f": "{{.Host}}"})
	for name, template := range map[string]string{"built in": "", "template": "t"} {
		b.Run(name, func(b *testing.B) {
			h := markdown.NewHandler(fell, markdown.Config{Pages: site, Template: template})
			r := httptest.NewRequest("GET", "/a.md", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
