package browse_test

import (
	"bytes"
	"html/template"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestTemplateOf071 renders a template with every field that Caddy 0.7.1 had.
func TestTemplateOf071(t *testing.T) {
	c := in(t, folder(t, map[string]string{"up/in/<b>.txt": "1234567", "up/in/sub/x": ""}))
	c.Template = browse.NewTemplate(template.Must(template.New("x").Parse(
		`{{.Name}} {{.Path}} {{.CanGoUp}}{{range .Items}}
{{.IsDir}} {{.Name}} {{.Size}} <a href="{{.URL}}">{{if not .IsDir}}{{.ModTime.Year}} {{.Mode}} {{.HumanSize}} {{.HumanModTime "02.01.2006"}}{{end}}</a>{{end}}`)))
	resp := serve(t, c).get("/up/in/", "Accept: text/html")
	require.Equal(t, `in /up/in/ true
true sub 0 <a href="./sub/"></a>
false &lt;b&gt;.txt 7 <a href="./%3Cb%3E.txt">2026 -rw-r--r-- 7 B 14.03.2026</a>`, resp.body)
	require.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
}

func TestTemplateFields(t *testing.T) {
	c := in(t, big(t, 25))
	write(t, filepath.Join(c.Files.Root.Dir, "README.txt"), "text")
	c.Page, c.Readme = 10, true
	c.Template = browse.NewTemplate(template.Must(template.New("x").Parse(
		`{{.Name}} {{.CanGoUp}} {{.Total}} {{.NumDirs}} {{.NumFiles}} {{.Truncated}} {{.Sort}} {{.Order}} {{.Layout}} {{.Limit}} {{.Offset}} {{.Query}} ` +
			`{{.First}} {{.Prev}} {{.Next}} {{.Last}} {{.ReadmeName}} {{.Readme}} {{.ReadmeHTML}} {{len .Nonce}}`)))
	s := serve(t, c)
	require.Equal(t, "/ false 26 0 26 false namedirfirst asc list 10 0    ?offset=10 ?offset=20 README.txt text  26", s.get("/", "Accept: text/html").body)
	require.Equal(t, "/ false 25 0 25 false namedirfirst asc list 10 10 f ?offset=0&amp;q=f ?offset=0&amp;q=f ?offset=20&amp;q=f ?offset=20&amp;q=f    26",
		s.get("/?offset=10&q=f", "Accept: text/html").body)
}

// TestTemplateFails checks that half a page is not sent.
func TestTemplateFails(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": ""}))
	c.Template = browse.NewTemplate(template.Must(template.New("x").Parse(`half{{range .Items}}{{.None}}{{end}}`)))
	w := httptest.NewRecorder()
	status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, status)
	require.ErrorContains(t, err, "None")
	require.Empty(t, w.Body.String())
	for _, name := range []string{"Content-Security-Policy", "Content-Type", "Referrer-Policy", "X-Total-Count"} {
		require.Empty(t, w.Header().Get(name), "an error page is not that page")
	}
}

// TestTagsOfTemplates checks that a tag is that of the text, not of the process.
func TestTagsOfTemplates(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": ""}))
	tags := map[string]bool{}
	tag := func() string {
		etag := serve(t, c).get("/", "Accept: text/html").Header.Get("Etag")
		tags[etag] = true
		return etag
	}
	read := func(text string) *browse.Template {
		file := filepath.Join(t.TempDir(), "page.html")
		write(t, file, text)
		read, err := browse.ReadTemplate(file)
		require.NoError(t, err)
		return read
	}
	tag()
	c.Template = read("one")
	one := tag()
	c.Template = read("one")
	require.Equal(t, one, tag())
	c.Template = read("two")
	tag()
	c.Template = browse.NewTemplate(template.Must(template.New("").Parse("one")))
	tag()
	c.Template = browse.NewTemplate(template.Must(template.New("").Parse("two")))
	tag()
	c.Archives = []browse.Archive{browse.Zip()}
	tag()
	c.Archives = []browse.Archive{browse.Tar()}
	tag()
	require.Len(t, tags, 7)
}

func TestTemplateIsReadAgain(t *testing.T) {
	c := in(t, folder(t, nil))
	file := filepath.Join(t.TempDir(), "page.html")
	write(t, file, "one")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var err error
		c.Template, err = browse.ReadTemplate(file)
		require.NoError(t, err)
		h := middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}.Handler(browse.NewHandler(middleware.Status(404), c))
		etags := map[string]bool{}
		get := func() string {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			etags[w.Header().Get("Etag")] = true
			return w.Body.String()
		}
		require.Equal(t, "one", get())
		write(t, file, "three")
		require.Equal(t, "one", get(), "it is looked at once a second")
		middlewaretest.Pass(time.Second)
		require.Equal(t, "three", get())
		require.Len(t, etags, 2)

		write(t, file, "{{broken")
		middlewaretest.Pass(time.Second)
		require.Equal(t, "three", get())
		require.Contains(t, log.String(), "the template of listings stays as it was")
		logged := log.Len()
		middlewaretest.Pass(time.Second)
		require.Equal(t, "three", get())
		require.Equal(t, logged, log.Len(), "once is enough")

		require.NoError(t, os.Remove(file))
		middlewaretest.Pass(time.Second)
		require.Equal(t, "three", get())
		write(t, file, "{{/**/}}back")
		middlewaretest.Pass(time.Second)
		require.Equal(t, "back", get())
	})
}

func TestTemplateThatIsNone(t *testing.T) {
	_, err := browse.ReadTemplate(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "page.html")
	write(t, file, "{{")
	_, err = browse.ReadTemplate(file)
	require.ErrorContains(t, err, "unclosed action")
}

// TestTemplateIsTried checks that a template that would fail for every folder, or
// for an empty one, is found out before.
func TestTemplateIsTried(t *testing.T) {
	for text, want := range map[string]string{
		"{{.None}}": `template: page.html:1:2: executing "page.html" at <.None>: can't evaluate field None in type *browse.Page`,
		"{{range .Items}}{{if not .IsDir}}\n{{.None}}{{end}}{{end}}": `template: page.html:2:2: executing "page.html" at <.None>: can't evaluate field None in type browse.Item`,
		"{{range .Items}}{{else}}{{.None}}{{end}}":                   `template: page.html:1:26: executing "page.html" at <.None>: can't evaluate field None in type *browse.Page`,
		"{{(index .Items 0).Name}}":                                  `template: page.html:1:3: executing "page.html" at <index .Items 0>: error calling index: reflect: slice index out of range`,
		`{{template "none"}}`:                                        `html/template:page.html:1:11: no such template "none"`,
		`{{.Name}} {{range .Items}}{{.HumanSize}} {{.HumanModTime "2006"}}{{end}} {{with .Readme}}{{.}}{{end}}`: "",
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		write(t, "page.html", text)
		if _, err := browse.ReadTemplate("page.html"); want == "" {
			require.NoError(t, err, text)
		} else {
			require.EqualError(t, err, want, text)
		}
	}
}
