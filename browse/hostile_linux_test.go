package browse_test

import (
	"archive/zip"
	"encoding/json"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

// hostileFolder returns a folder of hostile names. That takes Linux: macOS refuses names
// that are no UTF-8, and Windows those with control characters or any of "*:<>?\|.
func hostileFolder(t testing.TB) string {
	dir := folder(t, nil)
	for _, name := range hostile {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
		require.NoError(t, os.Mkdir(filepath.Join(dir, "in-"+name[:min(len(name), 200)]), 0o700))
	}
	return dir
}

// TestHostileNames follows every reference of every format, as a browser would, to
// what has the name that it was made from.
func TestHostileNames(t *testing.T) {
	c := in(t, hostileFolder(t))
	c.Files.Index, c.ShowDotfiles = []string{}, true
	s := serve(t, c)
	attribute := regexp.MustCompile(`<a href="([^"]*)"><svg aria-hidden`)
	for _, tt := range []struct {
		query string
		refs  func(body string) []string
	}{
		{"?format=html", func(body string) (refs []string) {
			for _, m := range attribute.FindAllStringSubmatch(body, -1) {
				refs = append(refs, html.UnescapeString(m[1]))
			}
			return refs
		}},
		{"?format=html&layout=grid", func(body string) (refs []string) {
			for _, m := range attribute.FindAllStringSubmatch(body, -1) {
				refs = append(refs, html.UnescapeString(m[1]))
			}
			return refs
		}},
		{"?format=html&q=e", nil},
		{"?format=text", func(body string) []string { return strings.Split(strings.TrimSuffix(body, "\n"), "\n") }},
		{"?format=json&limit=1000", func(body string) (refs []string) {
			var l listing
			require.NoError(t, json.Unmarshal([]byte(body), &l))
			for _, it := range l.Items {
				require.True(t, utf8.ValidString(it.Name))
				refs = append(refs, it.URL)
			}
			return refs
		}},
		{"?format=json1", func(body string) (refs []string) {
			var items []struct{ URL string }
			require.NoError(t, json.Unmarshal([]byte(body), &items))
			for _, it := range items {
				refs = append(refs, it.URL)
			}
			return refs
		}},
		{"?format=ndjson", func(body string) (refs []string) {
			for line := range strings.Lines(body) {
				var it item
				require.NoError(t, json.Unmarshal([]byte(line), &it), line)
				refs = append(refs, it.URL)
			}
			return refs
		}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			resp := s.get("/" + tt.query)
			require.Equal(t, 200, resp.StatusCode)
			require.True(t, utf8.ValidString(resp.body))
			for _, r := range resp.body {
				if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0x2028) {
					require.Fail(t, "a control character is left", "%U", r)
				}
			}
			if tt.refs == nil {
				return
			}
			base, err := url.Parse("http://example.com/")
			require.NoError(t, err)
			found := map[string]bool{}
			refs := tt.refs(resp.body)
			require.Equal(t, 2*len(hostile), len(refs))
			for _, ref := range refs {
				u, err := base.Parse(ref)
				require.NoError(t, err, ref)
				require.Equal(t, "example.com", u.Host, ref)
				got := s.get(u.RequestURI())
				require.Equal(t, 200, got.StatusCode, ref)
				if !strings.HasSuffix(ref, "/") {
					found[got.body] = true
				}
			}
			for _, name := range hostile {
				require.True(t, found[name], "%q", name)
			}
		})
	}
}

// TestHostilePage checks that there are no more elements in a page than this
// package puts there.
func TestHostilePage(t *testing.T) {
	c := in(t, hostileFolder(t))
	c.Readme = true
	dir := c.Files.Root.Dir
	write(t, filepath.Join(dir, "README"), "</pre><script>alert(1)</script>")
	s := serve(t, c)
	for _, query := range []string{"", "?layout=grid", "?q=%22%3E%3Cscript%3Ealert(1)", "?limit=%22%3E%3Cscript%3E", "?sort=%22%3E%3Cscript%3E", "?offset=1&limit=2&q=e"} {
		resp := s.get("/"+query, "Accept: text/html")
		require.Equal(t, 200, resp.StatusCode)
		_, body, ok := strings.Cut(resp.body, "<body")
		require.True(t, ok)
		require.Equal(t, 1, strings.Count(strings.ToLower(body), "<script"), query)
		for _, tag := range []string{"<img src=x", "<svg onload", "onmouseover='", "javascript:alert(1)\""} {
			require.NotContains(t, body, tag)
		}
	}
	sub := filepath.Join(dir, "in-<script>alert(1)<!-- script>")
	require.DirExists(t, sub)
	resp := s.get("/in-%3Cscript%3Ealert(1)%3C!--%20script%3E/", "Accept: text/html")
	require.Equal(t, 200, resp.StatusCode)
	require.NotContains(t, resp.body, "<script>alert")
	require.Contains(t, resp.body, "<title>in-&lt;script&gt;alert(1)&lt;!-- script&gt;</title>")
}

// TestNamesAreShown checks what people see of names that hide something.
func TestNamesAreShown(t *testing.T) {
	s := serve(t, in(t, hostileFolder(t)))
	body := s.get("/", "Accept: text/html").body
	for _, want := range []string{
		"evil<b>U+202E</b>txt.exe", `new<b>\x0A</b>line.txt`, "zero<b>U+200B</b>width", `<b>\xFF</b><b>\xFE</b>`, "日本語.txt", "👩‍👩‍👧.png", "&lt;img src=x onerror=alert(1)&gt;",
	} {
		require.Contains(t, body, want)
	}
}

// TestArchiveNames checks that no name leads out of where it is unpacked, on any
// system.
func TestArchiveNames(t *testing.T) {
	c := in(t, hostileFolder(t))
	c.Archives, c.ShowDotfiles = []browse.Archive{browse.Zip(), browse.Tar()}, true
	s := serve(t, c)
	names := tarNames(t, s.get("/?archive=tar").body)
	body := s.get("/?archive=zip").body
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	require.Len(t, names, 2*2*len(hostile), "nothing is left out")
	field := s.do("HEAD /in-new%0Aline.txt/?archive=zip").Header["Content-Disposition"]
	require.Equal(t, []string{"attachment; filename*=utf-8''in-new%0Aline.txt.zip"}, field)
	for _, name := range names {
		require.True(t, fs.ValidPath(strings.ToValidUTF8(strings.TrimSuffix(name, "/"), "?")), name)
		require.True(t, strings.HasPrefix(name, "files/"), name)
		require.NotContains(t, name, `\`)
		require.NotContains(t, name, ":")
	}
}
