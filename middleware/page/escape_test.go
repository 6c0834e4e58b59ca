package page_test

import (
	"fmt"
	"html/template"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/page"
)

// TestEscaping has clients send what would be a script, and pages show it wherever
// they can.
func TestEscaping(t *testing.T) {
	const evil = `</script><script>alert(1)</script>'"><img src=x onerror=alert(1)>`
	for _, tt := range []struct{ name, text, want string }{
		{"text", `<p>{{.Header "X-Evil"}}</p>`, `<p>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#34;&gt;&lt;img src=x onerror=alert(1)&gt;</p>`},
		{"an attribute", `<p title="{{.Header "X-Evil"}}">`, `<p title="&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#34;&gt;&lt;img src=x onerror=alert(1)&gt;">`},
		{"an attribute without quotes", `<p title={{.Header "X-Short"}}>`, `<p title=a&#32;onclick&#61;b>`},
		{"a script", `<script>x = {{.Header "X-Evil"}}</script>`, `<script>x = "\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e'\"\u003e\u003cimg src=x onerror=alert(1)\u003e"</script>`},
		{"a link", `<a href="{{.Header "X-Link"}}">`, `<a href="#ZgotmplZ">`},
		{"a style", `<p style="color:{{.Header "X-Evil"}}">`, `<p style="color:ZgotmplZ">`},
		{"a cookie", `{{.Cookie "c"}}`, `&lt;b&gt;`},
		{"a query", `{{.URL.Query.Get "q"}}`, `&lt;b&gt;`},
		{"what changed text", `{{.ToUpper (.Cookie "c")}}{{.Replace (.Cookie "c") "b" "i"}}{{.Truncate (.Cookie "c") 2}}`, `&lt;B&gt;&lt;i&gt;&lt;b`},
		{"what is left without tags", `{{.StripHTML "&lt;b><i"}}`, `&amp;lt;b&gt;&lt;i`},
		{"a page that is included", `{{.Include "inc.html" (.Cookie "c")}}`, `<i>&lt;b&gt;</i>`},
		{"a page that is included in a script", `<script>x = {{.Include "inc.html" ""}}</script>`, `<script>x = "\u003ci\u003e\u003c/i\u003e"</script>`},
		{"Markdown", `{{.Markdown "md.html"}}`, `<md>&lt;b&gt;</md>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/page.html?q=%3Cb%3E", nil)
			r.Header.Set("X-Evil", evil)
			r.Header.Set("X-Short", "a onclick=b")
			r.Header.Set("X-Link", "javascript:alert(1)")
			r.Header.Set("Cookie", "c=<b>")
			site := files{"page.html": tt.text, "inc.html": "<i>{{index .Args 0}}</i>", "md.html": `{{.Cookie "c"}}`}
			got, err := execute(page.Config{Files: site.config(), Markdown: func(text []byte) (template.HTML, error) {
				return template.HTML("<md>" + template.HTMLEscapeString(string(text)) + "</md>"), nil
			}}, r, false)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// TestText checks that what is text is left as it is, included text, too.
func TestText(t *testing.T) {
	r := httptest.NewRequest("GET", "/page.html", nil)
	r.Header.Set("X", "<b>")
	site := files{"page.html": `{{.Header "X"}}{{.Include "inc.html"}}{{.Markdown "inc.html"}}`, "inc.html": `{{.Header "X"}}`}
	got, err := execute(page.Config{Files: site.config(), Markdown: func(text []byte) (template.HTML, error) {
		return template.HTML("*" + string(text) + "*"), nil
	}}, r, true)
	require.NoError(t, err)
	require.Equal(t, "<b><b>*<b>*", got)
}

// TestIncludesAtOnce cures caddy#4721: includes of includes, in many requests at
// once, have their own arguments and their own request.
func TestIncludesAtOnce(t *testing.T) {
	site := files{
		"page.html": `{{.Include "a.html" (.Header "X")}}{{len .Args}}`,
		"a.html":    `{{index .Args 0}}{{.Include "b.html" (print (index .Args 0) "b")}}{{index .Args 0}}`,
		"b.html":    `[{{index .Args 0}}{{.Header "X"}}{{if lt (len (index .Args 0)) 8}}{{.Include "b.html" (print (index .Args 0) "c")}}{{end}}]`,
	}
	engine := page.NewEngine(page.Config{Files: site.config()})
	var running sync.WaitGroup
	for n := range 16 {
		running.Go(func() {
			x := fmt.Sprintf("%03d", n)
			want := x + "[" + x + "b" + x + "[" + x + "bc" + x + "[" + x + "bcc" + x + "[" + x + "bccc" + x + "[" + x + "bcccc" + x + "]]]]]" + x + "0"
			for range 50 {
				r := httptest.NewRequest("GET", "/page.html", nil)
				r.Header.Set("X", x)
				v := engine.Visit(httptest.NewRecorder(), r)
				p, err := v.Load("page.html")
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := v.Execute(p, nil); err != nil || string(got) != want {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			}
		})
	}
	running.Wait()
}

// FuzzPage checks that no page panics, runs on or grows beyond its limit, and that
// no page shows as markup what a client sent.
func FuzzPage(f *testing.F) {
	for _, text := range []string{
		`{{range 9}}{{.}}{{else}}{{end}}`, `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`, `<a href="{{.Header "X"}}" {{.Cookie "X"}}>`,
		`<script>{{.Header "X"}}`, `{{.Include "page.html"}}`, `{{printf "%1000000d" 1}}`, `{{block "b" .}}{{break}}{{end}}`, `{{with $x := .Map}}{{end}}`,
		`{{while}}`, "{{/* */}}", `{{range .Slice 1 2}}{{if .}}{{continue}}{{end}}{{end}}`, `{{index .Args 5}}`, `{{call .Method}}`, `{{.Truncate "abc" -9}}`,
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, asText bool) {
		r := httptest.NewRequest("GET", "/page.html", nil)
		r.Header.Set("X", "<evil>")
		site := files{"page.html": text}
		got, err := execute(page.Config{Files: site.config(), Limit: 1 << 16, Time: 50 * time.Millisecond}, r, asText)
		if len(got) > 1<<16 {
			t.Errorf("%d bytes", len(got))
		}
		if err == nil && !asText && strings.Contains(got, "<evil>") && !strings.Contains(text, "evil") {
			t.Errorf("%q makes markup of what it is given: %q", text, got)
		}
	})
}
