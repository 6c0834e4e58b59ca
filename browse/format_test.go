package browse_test

import (
	"encoding/json"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
)

func TestNegotiation(t *testing.T) {
	s := serve(t, in(t, folder(t, map[string]string{"a.txt": ""})))
	for _, tt := range []struct{ accept, query, want string }{
		{"", "", "text/html; charset=utf-8"},
		{"*/*", "", "text/html; charset=utf-8"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "text/html; charset=utf-8"},
		{"application/json", "", "application/json"},
		{"application/json;q=0, text/html", "", "text/html; charset=utf-8"},
		{"text/html, application/json;q=0.1", "", "text/html; charset=utf-8"},
		{"text/html;q=0.1, application/json", "", "application/json"},
		{"application/x-ndjson", "", "application/x-ndjson"},
		{"text/plain", "", "text/plain; charset=utf-8"},
		{"text/*;q=0.5, text/plain", "", "text/plain; charset=utf-8"},
		{"image/png", "", "text/html; charset=utf-8"},
		{"text/html", "?format=json", "application/json"},
		{"text/html", "?format=json1", "application/json"},
		{"text/html", "?format=ndjson", "application/x-ndjson"},
		{"application/json", "?format=html", "text/html; charset=utf-8"},
		{"application/json", "?format=text", "text/plain; charset=utf-8"},
	} {
		resp := s.get("/"+tt.query, "Accept: "+tt.accept)
		require.Equal(t, tt.want, resp.Header.Get("Content-Type"), "%s %s", tt.accept, tt.query)
		require.Equal(t, []string{"Accept, Cookie"}, resp.Header["Vary"])
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
	}
}

func TestFormats(t *testing.T) {
	dir := folder(t, map[string]string{"b c.txt": "text", "dir/": ""})
	require.NoError(t, os.Chtimes(filepath.Join(dir, "dir"), day, day))
	s := serve(t, in(t, dir))
	require.Equal(t, "./dir/\n./b%20c.txt\n", s.get("/?format=text").body)
	require.Equal(t, `{"name":"dir","url":"./dir/","folder":true,"modified":"2026-03-14T15:09:26Z"}
{"name":"b c.txt","url":"./b%20c.txt","folder":false,"size":4,"modified":"2026-03-14T15:09:26Z"}
`, s.get("/?format=ndjson").body)
	require.Equal(t, `{"path":"/","total":2,"folders":1,"files":1,"offset":0,"limit":1000,"sort":"namedirfirst","order":"asc","truncated":false,"items":[
{"name":"dir","url":"./dir/","folder":true,"modified":"2026-03-14T15:09:26Z"},
{"name":"b c.txt","url":"./b%20c.txt","folder":false,"size":4,"modified":"2026-03-14T15:09:26Z"}
]}
`, s.get("/?format=json").body)
	var items []struct {
		IsDir, IsSymlink   bool
		Name, URL, ModTime string
		Size, Mode         int64
	}
	require.NoError(t, json.Unmarshal([]byte(s.get("/?format=json1").body), &items))
	require.Len(t, items, 2)
	require.True(t, items[0].IsDir)
	require.Equal(t, "b c.txt", items[1].Name)
	require.EqualValues(t, 0o644, items[1].Mode)
}

// TestStream sends more than is made in memory.
func TestStream(t *testing.T) {
	const n = 10_001
	s := serve(t, in(t, big(t, n)))
	resp := s.get("/?format=ndjson")
	require.Equal(t, n, strings.Count(resp.body, "\n"))
	require.Empty(t, resp.Header.Get("Etag"))
	require.Equal(t, strconv.Itoa(n), resp.Header.Get("X-Total-Count"))
	require.Empty(t, s.do("HEAD /?format=ndjson").body)
	l := s.json("/?limit=20000")
	require.Len(t, l.Items, n)
	resp = s.get("/?limit=20000", "Accept: text/html")
	require.Equal(t, 10_000, strings.Count(resp.body, "<time"), "a page has an end, and says so")
	require.Contains(t, resp.body, "1 to 10,000 shown")
	require.Contains(t, strings.Join(resp.Header["Link"], " "), `<?limit=20000&offset=10000>; rel="next"`)
	require.Less(t, len(resp.body), 2_500_000)
}

// TestRowsAreSmall keeps the page of many files small, too.
func TestRowsAreSmall(t *testing.T) {
	files := map[string]string{}
	for i := range 100 {
		files["a name of middling length "+strconv.Itoa(i)+".jpeg"] = strings.Repeat("x", 2000)
	}
	s := serve(t, in(t, folder(t, files)))
	few, many := len(s.get("/?limit=1", "Accept: text/html").body), len(s.get("/?limit=100", "Accept: text/html").body)
	require.LessOrEqual(t, (many-few)/99, 250)
}

func TestConditions(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "1", "b.txt": ""})
	require.NoError(t, os.Chtimes(dir, day, day))
	s := serve(t, in(t, dir))
	tags := map[string]bool{}
	for _, query := range []string{"", "?format=json", "?format=json1", "?format=ndjson", "?format=text", "?sort=size", "?order=desc", "?layout=grid", "?limit=1", "?q=a"} {
		resp := s.get("/" + query)
		etag := resp.Header.Get("Etag")
		require.Regexp(t, `^W/"[\w-]{20}"$`, etag)
		require.False(t, tags[etag], "one tag for two representations")
		tags[etag] = true
		modified := "Sat, 14 Mar 2026 15:09:26 GMT"
		if query == "?sort=size" || query == "?q=a" {
			modified = "" // which changes without any newer file
		}
		require.Equal(t, modified, resp.Header.Get("Last-Modified"), query)
		require.Equal(t, strconv.Itoa(len(resp.body)), resp.Header.Get("Content-Length"))
		require.Equal(t, "no-cache", resp.Header.Get("Cache-Control"))
		head := s.do("HEAD /" + query)
		require.Equal(t, resp.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
		require.Equal(t, etag, head.Header.Get("Etag"))

		again := s.get("/"+query, "If-None-Match: "+etag)
		require.Equal(t, 304, again.StatusCode)
		require.Empty(t, again.Header.Get("Content-Security-Policy"), "the page has the nonce of the one before")
		require.Equal(t, []string{"Accept, Cookie"}, again.Header["Vary"])
		require.Equal(t, 200, s.get("/"+query, `If-None-Match: "x"`).StatusCode)
	}
	require.Equal(t, 304, s.get("/", "If-Modified-Since: Sat, 14 Mar 2026 15:09:26 GMT").StatusCode)
	require.Equal(t, 412, s.get("/", `If-Match: "x"`).StatusCode)

	etag := s.get("/").Header.Get("Etag")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("longer"), 0o600))
	require.NotEqual(t, etag, s.get("/").Header.Get("Etag"))
	require.Equal(t, 200, s.get("/", "If-None-Match: "+etag).StatusCode)
}

func TestCookie(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a.txt": "1", "b.txt": "22", "sub/x": ""}))
	s := serve(t, c)
	set := s.get("/?sort=size&order=desc", "Accept: text/html").Header.Get("Set-Cookie")
	require.Equal(t, "browse=size.desc.list; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", set)
	require.Equal(t, "size", s.jsonWith("/", "Cookie: browse=size.desc.list").Sort)
	require.Equal(t, "desc", s.jsonWith("/", "Cookie: browse=size.desc.list").Order)
	require.Equal(t, "asc", s.jsonWith("/?sort=name", "Cookie: browse=size.desc.list").Order, "what is asked for is not turned round")
	require.Contains(t, s.get("/", "Accept: text/html", "Cookie: browse=name.asc.grid").body, `<ul class="tiles"`)
	for _, query := range []string{"", "?limit=1", "?sort=nonsense", "?format=json&sort=size"} {
		require.Empty(t, s.get("/"+query).Header.Get("Set-Cookie"), query)
	}
	require.Empty(t, s.get("/?sort=size", "Cookie: browse=size.asc.list").Header.Get("Set-Cookie"), "it knows")
	for _, cookie := range []string{"size", "size.desc", "size.desc.list.x", "x.desc.list", "size.x.list", "size.desc.x", "..", "", "%00", `"size.desc.list`} {
		require.Equal(t, "namedirfirst", s.jsonWith("/", "Cookie: browse="+cookie).Sort, cookie)
	}
	c.Path = "/sub"
	require.Contains(t, serve(t, c).get("/sub/?layout=grid").Header.Get("Set-Cookie"), "; Path=/sub; ")
}

// jsonWith is json with fields of a header.
func (s site) jsonWith(path string, fields ...string) (l listing) {
	s.t.Helper()
	resp := s.get(path, append(fields, "Accept: application/json")...)
	require.NoError(s.t, json.Unmarshal([]byte(resp.body), &l), resp.body)
	return l
}

// TestPolicyOfPage checks what a page may do.
func TestPolicyOfPage(t *testing.T) {
	s := serve(t, in(t, folder(t, map[string]string{"a.txt": ""})))
	nonces := map[string]bool{}
	for range 3 {
		resp := s.get("/", "Accept: text/html")
		policy := resp.Header.Get("Content-Security-Policy")
		_, rest, ok := strings.Cut(policy, "script-src 'nonce-")
		require.True(t, ok)
		nonce, _, _ := strings.Cut(rest, "'")
		require.GreaterOrEqual(t, len(nonce), 22)
		require.False(t, nonces[nonce])
		nonces[nonce] = true
		require.Equal(t, "default-src 'none'; img-src 'self'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'", policy)
		require.Equal(t, 2, strings.Count(resp.body, `nonce="`+nonce+`"`))
		require.NotContains(t, resp.body, "style=")
		require.NotContains(t, resp.body, "://")
	}
}

func TestReadme(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"a/ReadMe.MD": "# <b>Title</b>", "b/README.txt": "<script>", "b/README": "second", "c/readme.md": strings.Repeat("x", 300<<10), "d/README.md/": "", "e/readme.markdown": "\xff",
	}))
	require.NotContains(t, serve(t, c).get("/a/").body, "Title", "it has to be asked for")
	c.Readme = true
	s := serve(t, c)
	require.Contains(t, s.get("/a/").body, "<h2 id=\"readme\">ReadMe.MD</h2><pre># &lt;b&gt;Title&lt;/b&gt;</pre>")
	require.Contains(t, s.get("/b/").body, "<h2 id=\"readme\">README.txt</h2><pre>&lt;script&gt;</pre>")
	require.NotContains(t, s.get("/c/").body, "<pre>")
	require.NotContains(t, s.get("/d/").body, "<pre>")
	require.Contains(t, s.get("/e/").body, "<pre>\ufffd</pre>")
	require.NotContains(t, s.get("/a/?q=r").body, "Title")

	c.Markdown = func(text []byte) (template.HTML, error) { return "<h1>rendered</h1>", nil }
	s = serve(t, c)
	require.Contains(t, s.get("/a/").body, "<h1>rendered</h1>")
	require.NotContains(t, s.get("/b/").body, "rendered")
	c.Markdown = func(text []byte) (template.HTML, error) { return "half", http.ErrBodyNotAllowed }
	require.Contains(t, serve(t, c).get("/a/").body, "<pre>#")
	c.Files.Hide = hide("readme.md")
	require.NotContains(t, serve(t, c).get("/a/").body, "<pre>")
}

func TestThumbnails(t *testing.T) {
	c := in(t, folder(t, map[string]string{"small.png": "1234", "large.png": "12345", "x.txt": ""}))
	c.Thumbnails = 4
	body := serve(t, c).get("/?layout=grid").body
	require.Contains(t, body, `<img src="./small.png" alt="" loading="lazy" decoding="async">`)
	require.Equal(t, 1, strings.Count(body, "<img"))
	c.Thumbnails = 0
	require.NotContains(t, serve(t, c).get("/?layout=grid").body, "<img")
}

func TestSizes(t *testing.T) {
	dir := folder(t, nil)
	sizes := map[string]int64{"0": 0, "1023": 1023, "1024": 1024, "1100": 1100, "10188": 10188, "10240": 10240, "1048575": 1048575, "3": 3 << 30}
	for name, size := range sizes {
		write(t, filepath.Join(dir, name), "")
		require.NoError(t, os.Truncate(filepath.Join(dir, name), size))
	}
	c := in(t, dir)
	iec, c := c, c
	c.SI = true
	for name, want := range map[string][2]string{
		"0": {"0 B", "0 B"}, "1023": {"1023 B", "1.0 kB"}, "1024": {"1.0 KiB", "1.0 kB"}, "1100": {"1.1 KiB", "1.1 kB"},
		"10188": {"9.9 KiB", "10 kB"}, "10240": {"10 KiB", "10 kB"}, "1048575": {"1.0 MiB", "1.0 MB"}, "3": {"3.0 GiB", "3.2 GB"},
	} {
		for i, c := range []browse.Config{iec, c} {
			require.Contains(t, serve(t, c).get("/", "Accept: text/html").body, ">"+name+"</a><td>"+want[i]+"<td>")
		}
	}
}
