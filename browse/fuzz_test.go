package browse_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// FuzzQuery checks that nothing a client asks for, now or in its cookie, makes a
// listing fail or come out as markup.
func FuzzQuery(f *testing.F) {
	files := fstest.MapFS{}
	for i := range 30 {
		files[fmt.Sprintf("f%d.txt", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	h := browse.NewHandler(middleware.Status(404), browse.Config{Files: static.Config{FS: files}, Page: 10})
	f.Add("sort=size&order=desc&limit=5&offset=20", "name.desc.grid", "text/html")
	f.Add("q=%3Cscript%3E&layout=grid&limit=-1&offset=99999999999", "x.y.z", "*/*")
	f.Add("offset=2147483647&limit=2147483647&format=ndjson&archive=zip", "..", "")
	f.Fuzz(func(t *testing.T, query, cookie, accept string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Cookie", "browse="+cookie)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, r)
		switch {
		case status == 400 || status == 404:
			return
		case status != 200 || err != nil:
			require.Fail(t, "failed", "%d %v", status, err)
		}
		require.Equal(t, w.Header().Get("Content-Length"), fmt.Sprint(w.Body.Len()))
		for _, link := range w.Header()["Link"] {
			require.Regexp(t, `^<\?[\w%&=.+~-]*>; rel="(first|prev|next|last)"$`, link)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			require.Equal(t, 1, strings.Count(strings.ToLower(w.Body.String()), "<script"))
			require.LessOrEqual(t, len(rowRefs.FindAllString(w.Body.String(), -1)), 30)
		}
	})
}

var rowRefs = regexp.MustCompile(`<a href="([^"]*)"><svg aria-hidden="true"><use href="#[a-z]"/></svg>([^<]*(?:<b>[^<]*</b>[^<]*)*)</a>`)

// hostile are names that have been markup, code, another path or another file to
// somebody. What is in a file is its name.
var hostile = []string{
	"new\nline.txt", "carriage\rreturn", "tab\tstop", "double\"quote", "single'quote", "`backquote`",
	"<script>alert(1)<!-- script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "<title><script>alert(1)",
	"javascript:alert(1)", "data:text,x", "https:evil.example", ":colon", "-dash", "--help",
	"100%", "%2e%2e%2f", "%00", "hash#tag", "what?", "a&b=c", "&lt;b&gt;", "semi;colon", "plus+sign", "back\\slash", "..\\up",
	" blank before", "blank after ", "two  blanks", "~tilde", "$(id)", "{{.Nonce}}", "]]>", "a=b;c", "...", "!", "[x]", "*", "|",
	"evil\u202etxt.exe", "\u2066isolate\u2069", "zero\u200bwidth", "\ufeffbom", "\u2028separator", "\x7fdelete", "\x1b[31mred", "\x01",
	"\xff\xfe", "half\xc3", "\xed\xa0\x80", "日本語.txt", "👩‍👩‍👧.png", "e\u0301", "\u00e9", strings.Repeat("x", 255), strings.Repeat("ü", 127),
}

// FuzzNames checks that any name comes back from its reference, and that what is
// shown of it is nothing but text.
func FuzzNames(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || len(name) > 255 {
			return // for it is no name
		}
		// Names that are not UTF-8 are none of an fs.FS, so that they go around it.
		page := browse.Render(name)
		m := rowRefs.FindStringSubmatch(page)
		require.NotNil(t, m, "%q", page)
		u, err := url.Parse(html.UnescapeString(m[1]))
		require.NoError(t, err)
		require.Equal(t, "./"+name, u.Path)
		require.Empty(t, u.Scheme+u.Host+u.RawQuery+u.Fragment)
		require.True(t, utf8.ValidString(page))
		for _, r := range m[2] {
			require.False(t, r < ' ' || r == 0x7f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069, "%U", r)
		}
		var it item
		require.NoError(t, json.Unmarshal([]byte(browse.RenderJSON(name)), &it))
		require.Equal(t, strings.ToValidUTF8(name, "\ufffd") == name, it.Name == name)
		require.Equal(t, m[1], it.URL)
	})
}

// FuzzOrder checks that names are in one order, whichever way it is asked for.
func FuzzOrder(f *testing.F) {
	f.Add("a10", "a9", "A010")
	f.Add("é", "e", "E\u0301")
	f.Add("\xff", "1\xff", "10")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, bc, ac := browse.CompareNames(a, b), browse.CompareNames(b, c), browse.CompareNames(a, c)
		require.Equal(t, -ab, browse.CompareNames(b, a))
		require.Equal(t, a == b, ab == 0)
		if ab <= 0 && bc <= 0 {
			require.LessOrEqual(t, ac, 0)
		}
	})
}
