package markdown_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// fell is the status of requests that no page answers.
const fell = middleware.Status(418)

// filesOf returns a site of texts by their names.
func filesOf(texts map[string]string) page.Config {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return page.Config{Files: static.Config{FS: fsys}}
}

// TestFrontMatter shows what a template sees of it.
func TestFrontMatter(t *testing.T) {
	const template = "{{.title}}|{{.Doc.title}}|{{.a}}|{{.b.c}}|{{.own}}|{{range .Meta}}{{.}},{{end}}|{{.markdown}}"
	for _, tt := range []struct{ name, text, want string }{
		{"none", "text", "page|page||||" + "|<p>text</p>\n"},
		{"no text at all", "", "page|page|||||"},
		{"YAML", "---\ntitle: T\na: 1\nb:\n  c: 2\nvariables:\n  own: 3\n---\ntext", "T|T|1|2|3||<p>text</p>\n"},
		{"YAML that ends with dots", "---\ntitle: T\n...\ntext", "T|T|||||<p>text</p>\n"},
		{"YAML with the line ends of Windows", "---\r\ntitle: T\r\n---\r\ntext\r\n", "T|T|||||<p>text</p>\n"},
		{"YAML after a byte order mark", "\ufeff---\ntitle: T\n---\ntext", "T|T|||||<p>text</p>\n"},
		{"YAML of nothing", "---\n---\ntext", "page|page|||||<p>text</p>\n"},
		{"YAML of comments", "---\n# x\n---\ntext", "page|page|||||<p>text</p>\n"},
		{"YAML without text", "---\na: x\n---", "page|page|x||||"},
		{"TOML", "+++\ntitle = 'T'\na = 1\n[b]\nc = 2\n[variables]\nown = 3\n+++\ntext", "T|T|1|2|3||<p>text</p>\n"},
		{"JSON", "{\"title\":\"T\",\"a\":1,\"b\":{\"c\":2},\"variables\":{\"own\":3}}\ntext", "T|T|1|2|3||<p>text</p>\n"},
		{"JSON on several lines", "{\n\t\"title\": \"T\"\n}\n\ntext", "T|T|||||<p>text</p>\n"},
		{"meta", "---\nauthor: A\nsubject: 5\nother: x\n---\n", "page|page||||A,5,|"},
		{"what is escaped", "---\na: <b>\n---\n", "page|page|&lt;b&gt;||||"},
		{"a title from a heading", "intro\n\n# The *first* `one`\n\n# second", "The first one|The first one|||||<p>intro</p>\n<h1 id=\"the-first-one\">The <em>first</em> <code>one</code></h1>\n<h1 id=\"second\">second</h1>\n"},
		{"a title that is a number", "---\ntitle: 5\n---\n", "page|page|||||"},
		{"a body and functions of its own", "---\nbody: x\nmarkdown: x\nInclude: x\nDoc: x\n---\ntext", "page|page|||||<p>text</p>\n"},

		{"a rule", "---\n\ntext", "page|page|||||<hr>\n<p>text</p>\n"},
		{"a rule that is longer", "----\na: b\n----\n", "a: b|a: b|||||<hr>\n<h2 id=\"a-b\">a: b</h2>\n"},
		{"a brace", "{text}", "page|page|||||<p>{text}</p>\n"},
		{"dashes later on", "text\n\n---\na: b\n---\n", "a: b|a: b|||||<p>text</p>\n<hr>\n<h2 id=\"a-b\">a: b</h2>\n"},
		{"dashes after a blank", " ---\na: b\n---\n", "a: b|a: b|||||<hr>\n<h2 id=\"a-b\">a: b</h2>\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(map[string]string{"page.md": tt.text, "template": template}), Template: "template"})
			w := httptest.NewRecorder()
			_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/page.md", nil))
			require.NoError(t, err)
			require.Equal(t, tt.want, strings.ReplaceAll(w.Body.String(), " />", ">"))
		})
	}
}

// bomb are a few lines of YAML that stand for gigabytes.
var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + func() string {
	var b strings.Builder
	for i := range 9 {
		n, m := string(rune('1'+i)), string(rune('0'+i))
		b.WriteString("a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat("*a"+m+",", 10), ",") + "]\n")
	}
	return b.String()
}()

func TestFrontMatterErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"YAML", "---\na: [\n---\n", "page.md: front matter: YAML: "},
		{"YAML that is no mapping", "---\n- a\n---\n", "page.md: front matter: YAML: it is no mapping of keys to values"},
		{"YAML that is text", "---\njust text\n---\n", "page.md: front matter: YAML: it is no mapping of keys to values"},
		{"YAML with a key twice", "---\na: 1\na: 2\n---\n", `page.md: front matter: YAML: line 2: the key "a" is there already`},
		{"YAML with a key thousands of times", "---\n" + strings.Repeat("a: 1\n", 13_000) + "---\n", `page.md: front matter: YAML: line 2: the key "a" is there already`},
		{"YAML with a list for a key thousands of times", "---\n" + strings.Repeat("? [a]\n", 9_000) + "---\n", `page.md: front matter: YAML: line 2: the key "" is there already`},
		{"YAML with a key twice further in", "---\na: [{b: {c: 1, c: 2}}]\n---\n", `page.md: front matter: YAML: line 1: the key "c" is there already`},
		{"YAML with an alias", "---\na: &x 1\nb: *x\n---\n", "aliases are not allowed"},
		{"YAML with aliases of aliases", "---\n" + bomb + "---\n", "aliases are not allowed"},
		{"YAML that is deep", "---\na: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n---\n", "there is more than 32 in one another"},
		{"YAML that is long", "---\na: " + strings.Repeat("x", 64<<10) + "\n---\n", "page.md: front matter: there is more than 65536 bytes of it"},
		{"TOML", "+++\na =\n+++\n", "page.md: front matter: TOML: "},
		{"TOML that is long", "+++\na = '" + strings.Repeat("x", 64<<10) + "'\n+++\n", "page.md: front matter: there is more than 65536 bytes of it"},
		{"JSON", "{\"a\": }\n", "page.md: front matter: JSON: "},
		{"JSON without an end", "{\"a\": 1", "page.md: front matter: JSON: unexpected EOF"},
		{"JSON that is long", "{\"a\": \"" + strings.Repeat("x", 64<<10) + "\"}", "page.md: front matter: there is more than 65536 bytes of it"},
		{"JSON that is deep", "{\"a\": " + strings.Repeat("[", 60<<10), "page.md: front matter: JSON: "},
		{"a text that is long", strings.Repeat("x\n", 1<<19+1), "page.md: there is more than 1048576 bytes of it"},
		{"quotes in quotes", strings.Repeat(">", 101), "page.md: there are too many quotes and lists in one another"},
		{"lists in lists", strings.Repeat("1. ", 101), "page.md: there are too many quotes and lists in one another"},
		{"a table that is wide and long", strings.Repeat("|a", 500) + "\n" + strings.Repeat("|-", 500) + strings.Repeat("\n|", 500), "page.md: there are too many cells in its tables"},
		{"tables that are together", strings.Repeat(strings.Repeat("|a", 300)+"\n"+strings.Repeat("|-", 300)+strings.Repeat("\n|", 300)+"\n\n", 3), "page.md: there are too many cells in its tables"},
		{"links of links", strings.Repeat("[a](", 201), "page.md: there are too many links in one piece"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(map[string]string{"page.md": tt.text})})
			w := httptest.NewRecorder()
			status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/page.md", nil))
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, 500, status)
			require.Empty(t, w.Body.String())
			require.Empty(t, w.Header())
		})
	}
}

// FuzzFrontMatter checks that no front matter panics, takes forever or grows.
func FuzzFrontMatter(f *testing.F) {
	for _, text := range []string{
		"---\na: 1\n---\n", "+++\na = 1\n[b.c]\nd = 1979-05-27T07:32:00Z\n+++\n", `{"a":[1,{"b":null}]}`, "---\n" + bomb + "---\n",
		"---\n? [a]\n: b\n---\n", "---\n!!binary x\n---\n", "---\n<<: {a: b}\n---\n", "---\na: 2026-01-01\n...\n", "+++\na = nan\n+++\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(map[string]string{"page.md": string(text), "t": "{{.Doc}}{{.Meta}}{{.}}"}), Template: "t"})
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/page.md", nil))
		if err == nil && status != 200 || err != nil && status != 500 {
			t.Errorf("%d, %v", status, err)
		}
		if w.Body.Len() > 64<<10+200*len(text) {
			t.Errorf("%d bytes of %d", w.Body.Len(), len(text))
		}
	})
}
