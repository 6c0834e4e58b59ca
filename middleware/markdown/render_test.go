package markdown_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/markdown"
)

// TestRender has what readers of GitHub know.
func TestRender(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a table", "|a|b|\n|-|-:|\n|1|2|", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>\n"},
		{"text struck through", "~~a~~", "<p><del>a</del></p>\n"},
		{"tasks", "- [ ] a\n- [x] b", "<ul>\n<li><input disabled=\"\" type=\"checkbox\"> a</li>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> b</li>\n</ul>\n"},
		{"a link that is written out", "see https://example.com.", "<p>see <a href=\"https://example.com\">https://example.com</a>.</p>\n"},
		{"code", "```go\nx < y\n```", "<pre><code class=\"language-go\">x &lt; y\n</code></pre>\n"},
		{"a heading has no id", "# a", "<h1>a</h1>\n"},
		{"a footnote has one that is no other's", "a[^1]\n\n[^1]: b", `<p>a<sup id="user-content-fnref:1"><a href="#user-content-fn:1" class="footnote-ref" role="doc-noteref">1</a></sup></p>`},
		{"an image", "![a](b.png \"c\")", "<p><img src=\"b.png\" alt=\"a\" title=\"c\"></p>\n"},
		{"front matter is left out", "---\ntitle: x\n---\na", "<p>a</p>\n"},
		{"front matter that is wrong is text", "---\n[\n---\na", "<hr>\n<h2>[</h2>\n<p>a</p>\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := markdown.Render([]byte(tt.text))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(got), tt.want), "%s", got)
		})
	}
}

// harmful matches what runs, or could.
var harmful = regexp.MustCompile(`(?i)<(script|iframe|object|embed|style|svg|math|form|base|meta|link|textarea)|<[^>]*\son[a-z]+=|<[^>]*\s(href|src)="?\s*(javascript|vbscript|data:text|file):|<[^>]*\sstyle=`)

// attacks are texts that would run something.
var attacks = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<iframe src="javascript:alert(1)">`,
	`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, `[x](<javascript:alert(1)>)`, `[x]( javascript:alert(1))`, `[x](&#106;avascript:alert(1))`,
	`[x](java&Tab;script:alert(1))`, `[x](java&#10;script:alert(1))`, `[x](&#1;javascript:alert(1))`, `[x](\javascript:alert(1))`, `[x](javascript&colon;alert(1))`,
	`[x](vbscript:x)`, `[x](data:text/html;base64,PHNjcmlwdD4=)`, `[x](data:image/svg+xml,<svg onload=alert(1)>)`, `[x](file:///etc/passwd)`,
	`<javascript:alert(1)>`, `<JAVASCRIPT:alert(1)>`, `![x](javascript:alert(1))`, "[x]\n\n[x]: javascript:alert(1)", "[x]: javascript:alert(1)\n\n![x]",
	`[x](http://a "onmouseover=alert(1)")`, `[x](http://a '" onmouseover="alert(1)')`, `![" onerror="alert(1)](x)`, `![x](x"onerror="alert(1))`,
	"``` \" onclick=alert(1)\nx\n```", "# a {onclick=alert(1)}", "<div\nonclick=alert(1)>", "<!-- --><script>alert(1)</script>", "<?php ?><script>", "<![CDATA[<script>]]>",
	"[^<script>]\n\n[^<script>]: x", "| <script> |\n|-|\n| <script> |", "- [ ] <script>alert(1)</script>", "https://a/\"onclick=alert(1)", "www.a\"onclick=alert(1)",
	"<a@b.c\"onclick=alert(1)>", "a\x00<script>", "<scr\x00ipt>alert(1)</scr\x00ipt>", "\\<script>alert(1)\\</script>", "<<script>script>", `<style>*{background:url(javascript:1)}</style>`,
	"[a](# 'x\" style=\"position:fixed')",
}

// TestNoScript checks that nothing anybody can write runs, in a README or on a page.
func TestNoScript(t *testing.T) {
	for _, text := range attacks {
		got, err := markdown.Render([]byte(text))
		require.NoError(t, err)
		require.NotRegexp(t, harmful, unquoted(string(got)), text)

		h := markdown.NewHandler(fell, markdown.Config{Pages: filesOf(map[string]string{"a.md": text, "t": "{{.markdown}}"}), Template: "t"})
		w := httptest.NewRecorder()
		_, err = h.ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
		require.NoError(t, err)
		require.NotRegexp(t, harmful, unquoted(w.Body.String()), text)
	}
}

// unquoted returns markup without what is only a value in it.
func unquoted(html string) string {
	return regexp.MustCompile(`(title|alt|class)="[^"]*"`).ReplaceAllString(html, "")
}

// TestRawHTML checks that HTML is HTML if it is said so, and only then.
func TestRawHTML(t *testing.T) {
	site := filesOf(map[string]string{"a.md": "<b>x</b>"})
	for raw, want := range map[bool]string{true: "<p><b>x</b></p>", false: "<p><!-- raw HTML omitted -->x<!-- raw HTML omitted --></p>"} {
		w := httptest.NewRecorder()
		_, err := markdown.NewHandler(fell, markdown.Config{Pages: site, RawHTML: raw}).ServeHTTP(w, httptest.NewRequest("GET", "/a.md", nil))
		require.NoError(t, err)
		require.Contains(t, w.Body.String(), want)
	}
}

// FuzzRender checks that no text runs anything, and that what is made of it is not
// much more.
func FuzzRender(f *testing.F) {
	for _, text := range attacks {
		f.Add([]byte(text))
	}
	for _, text := range []string{strings.Repeat("> ", 100), "[^1]: [^1]", "1. a\n   - b\n", "|a|\n|-|\n", "***a**b*", strings.Repeat("[", 300)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := markdown.Render(text)
		if err != nil {
			return
		}
		if len(got) > 8<<20 {
			t.Errorf("%d bytes of %d", len(got), len(text))
		}
		if m := harmful.FindString(unquoted(string(got))); m != "" {
			t.Errorf("%q of %q", m, text)
		}
	})
}
