package page_test

import (
	"context"
	"crypto/tls"
	"html/template"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
)

// TestContext has every function of Caddy 0.7.1 and 1.0.5 called by a page.
func TestContext(t *testing.T) {
	t.Setenv("SHALLOT_TEST", "of the environment")
	site := files{
		"inc.html":     "[{{range .Args}}{{.}},{{end}}{{.Method}}]",
		"dir/b.txt":    "",
		"dir/a.txt":    "",
		"dir/.env":     "",
		"dir/sub/c":    "",
		"text.md":      "# {{.Host}}",
		"empty.html":   "",
		"defines.html": `{{define "x"}}{{.}}!{{end}}{{template "x" .Method}}`,
	}
	for _, tt := range []struct{ name, text, want string }{
		{"Include", `{{.Include "inc.html"}}`, "[GET]"},
		{"Include with arguments", `{{.Include "/inc.html" 1 "two"}}`, "[1,two,GET]"},
		{"Include of nothing", `{{.Include "empty.html"}}`, ""},
		{"Include of a page with templates of its own", `{{.Include "defines.html"}}`, "GET!"},
		{"Args of the page itself", `{{len .Args}}`, "0"},
		{"Markdown", `{{.Markdown "text.md"}}`, "<md># example.com</md>"},
		{"Files", `{{.Files "dir"}}`, "[a.txt b.txt sub]"},
		{"Date", `{{.Date "2006"}}`, time.Now().Format("2006")},
		{"Now", `{{.Now "2006"}}`, time.Now().Format("2006")},
		{"NowDate", `{{.NowDate.Year}}`, time.Now().Format("2006")},
		{"Cookie", `{{.Cookie "a"}}{{.Cookie "none"}}`, "b"},
		{"Header", `{{.Header "x-field"}}{{.Header "none"}}`, "value"},
		{"Method", `{{.Method}}`, "GET"},
		{"URI", `{{.URI}}`, "/asked/page.html?q=1"},
		{"URL", `{{.URL.Path}}`, "/page.html"},
		{"PathMatches", `{{.PathMatches "/pa"}} {{.PathMatches "/other"}}`, "true false"},
		{"Host", `{{.Host}}`, "example.com"},
		{"Port", `{{.Port}}`, "8080"},
		{"IP", `{{.IP}}`, "192.0.2.7"},
		{"ServerIP", `{{.ServerIP}}`, "192.0.2.99"},
		{"Env", `{{.Env.SHALLOT_TEST}}{{.Env.HOME}}`, "of the environment"},
		{"TLSVersion", `{{.TLSVersion}}`, "tls1.3"},
		{"IsMITM", `{{.IsMITM}}`, "false"},
		{"AddLink", `{{.AddLink "</a.css>; rel=preload"}}`, ""},
		{"Truncate", `{{.Truncate "größer" 3}}`, "grö"},
		{"Truncate from the end", `{{.Truncate "größer" -3}}`, "ßer"},
		{"Truncate of what is shorter", `{{.Truncate "ab" 3}}{{.Truncate "ab" -3}}{{.Truncate "ab" 0}}`, "abab"},
		{"StripHTML", `{{.StripHTML "a<b c='d'>e</b> f"}}`, "ae f"},
		{"StripHTML of what is included", `{{.StripHTML (.Markdown "text.md")}}`, "# example.com"},
		{"Ext", `{{.Ext "/a/b.tar.gz"}}`, ".gz"},
		{"StripExt", `{{.StripExt "/a.b/c.html"}}`, "/a.b/c"},
		{"Replace", `{{.Replace "a-b-c" "-" "+"}}`, "a&#43;b&#43;c"},
		{"ToLower", `{{.ToLower "ÄB"}}`, "äb"},
		{"ToUpper", `{{.ToUpper "äb"}}`, "ÄB"},
		{"Split", `{{index (.Split "a,b" ",") 1}}`, "b"},
		{"Join", `{{.Join (.Split "a,b" ",") " or "}}`, "a or b"},
		{"Slice", `{{range .Slice 1 "b"}}{{.}};{{end}}`, "1;b;"},
		{"Map", `{{with .Map "k" "v"}}{{.k}}{{end}}`, "v"},
		{"RandomString", `{{len (.RandomString 5 5)}}{{len (.RandomString 0 0)}}`, "50"},
		{"printf and its like", `{{printf "%d" 1}}{{print 2}}{{println 3}}{{js "'"}}`, "123\n\\&#39;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site["page.html"] = tt.text
			w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "http://example.com:8080/asked/page.html?q=1", nil)
			r.RemoteAddr = "10.0.0.1:1"
			r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
			r.Header = http.Header{"X-Field": {"value"}, "Cookie": {"a=b"}, "X-Forwarded-For": {"192.0.2.7"}}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 99), Port: 443}))
			u := *r.URL
			u.Path = "/page.html"
			r = middleware.Rewrite(w, r, &u)

			engine := page.NewEngine(page.Config{
				Files:    site.config(),
				Env:      []string{"SHALLOT_TEST", "SHALLOT_NONE"},
				Trusted:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
				Markdown: func(text []byte) (template.HTML, error) { return template.HTML("<md>" + string(text) + "</md>"), nil },
			})
			v := engine.Visit(w, r)
			p, err := v.Load("page.html")
			require.NoError(t, err)
			got, err := v.Execute(p, nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}

// TestPortThatIsNotNamed cures the error that .Host and .Port were in Caddy 0.7.1
// when a request named no port.
func TestPortThatIsNotNamed(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"example.com", "example.com 80"},
		{"example.com:81", "example.com 81"},
		{"[2001:db8::1]", "2001:db8::1 80"},
		{"[2001:db8::1]:81", "2001:db8::1 81"},
		{"192.0.2.1", "192.0.2.1 80"},
	} {
		r := httptest.NewRequest("GET", "/page.html", nil)
		r.Host = tt.host
		c := page.Config{Files: files{"page.html": "{{.Host}} {{.Port}}"}.config()}
		got, err := execute(c, r, false)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
		if _, bare := strings.CutSuffix(tt.want, " 80"); bare {
			r.TLS = new(tls.ConnectionState)
			got, err = execute(c, r, false)
			require.NoError(t, err)
			require.Equal(t, strings.TrimSuffix(tt.want, "80")+"443", got)
		}
	}
}

// TestNoAddress has pages on a Unix socket, where nobody has an address.
func TestNoAddress(t *testing.T) {
	r := httptest.NewRequest("GET", "/page.html", nil)
	r.RemoteAddr = "@"
	got, err := execute(page.Config{Files: files{"page.html": "[{{.IP}}{{.Hostname}}{{.ServerIP}}{{.TLSVersion}}]"}.config()}, r, false)
	require.NoError(t, err)
	require.Equal(t, "[]", got)
}

func TestRandomString(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		s := executed(t, `{{.RandomString 30 33}}`, true)
		require.Regexp(t, `^[A-Z2-7]{30,33}$`, s)
		seen[len(s)] = true
	}
	require.Len(t, seen, 4)
}

func TestContextErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"environment that is not for pages", "{{.Env.HOME}}", "no environment variables are for pages: the setting env names those that are"},
		{"Markdown that there is not", `{{.Markdown "page.html"}}`, "there is no Markdown in this program"},
		{"a folder that is missing", `{{.Files "none"}}`, `"none": file does not exist`},
		{"a folder that is a file", `{{.Files "page.html"}}`, `"page.html": file does not exist`},
		{"a key without value", `{{.Map "a"}}`, "a key has no value"},
		{"a key that is a number", `{{.Map 1 2}}`, "argument 1 is a key but no string"},
		{"a random string backwards", `{{.RandomString 5 4}}`, "there is no random string of 5 to 4 characters: 4096 is the most"},
		{"a random string too long", `{{.RandomString 0 4097}}`, "there is no random string of 0 to 4097 characters: 4096 is the most"},
		{"a method that there is not", `{{.Nonsense}}`, "can't evaluate field Nonsense"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := execute(page.Config{Files: files{"page.html": tt.text}.config()}, httptest.NewRequest("GET", "/page.html", nil), false)
			require.ErrorContains(t, err, tt.want)
		})
	}
}
