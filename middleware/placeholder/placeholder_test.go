package placeholder_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// values are those of a request that was rewritten, answered and noted.
func values(t testing.TB) *placeholder.Values {
	t.Helper()
	r := httptest.NewRequest("POST", "/a%2Fb%20c/d?e=f%26g&h", nil)
	r.Host = "www.example.com:8080"
	r.RemoteAddr = "192.0.2.1:4321"
	r.Header = http.Header{
		"User-Agent": {"curl/8"}, "Accept": {"text/html", "*/*"}, "Cookie": {"a=1; b=two"}, "Authorization": {"Basic x"},
	}
	w := middleware.Record(httptest.NewRecorder())
	w.Header().Set("Content-Type", "text/plain")
	w.Header()["X-Many"] = []string{"1", "2"}
	middleware.Note(w, slog.String(middleware.NoteUser, "ada"))
	middleware.Note(w, slog.String(middleware.NoteRequestID, "id-1"))
	middleware.Note(w, slog.String(middleware.NoteUpstream, "10.0.0.1:80"))
	middleware.Note(w, slog.Int(middleware.NoteUpstreamAttempts, 2))
	middleware.Note(w, slog.Int(middleware.NoteUpstreamStatus, 404))
	middleware.Note(w, slog.Duration(middleware.NoteUpstreamLatency, 2345678))
	r = middleware.Rewrite(w, r, &url.URL{Path: "/x y/z.php", RawQuery: "q=1&q=2"})
	now := time.Date(2026, time.March, 4, 5, 6, 7, 89e6, time.FixedZone("", 3600))
	return &placeholder.Values{Request: r, Writer: w, Status: 201, Size: 1234, Start: now.Add(-12345678 * time.Nanosecond), Now: now}
}

func TestNames(t *testing.T) {
	machine, err := os.Hostname()
	require.NoError(t, err)
	v := values(t)
	for name, want := range map[string]string{
		"method": "POST", "proto": "HTTP/1.1", "scheme": "http",
		"host": "www.example.com:8080", "hostonly": "www.example.com", "server_port": "8080",
		"label1": "www", "label2": "example", "label3": "com", "label4": "", "label999999999": "",
		"path": "/a/b c/d", "path_escaped": "%2Fa%2Fb%20c%2Fd",
		"query": "e=f%26g&h", "query_escaped": "e%3Df%2526g%26h",
		"uri": "/a%2Fb%20c/d?e=f%26g&h", "uri_escaped": "%2Fa%252Fb%2520c%2Fd%3Fe%3Df%2526g%26h",
		"rewrite_path": "/x y/z.php", "rewrite_path_escaped": "%2Fx%20y%2Fz.php",
		"rewrite_query": "q=1&q=2", "rewrite_query_escaped": "q%3D1%26q%3D2",
		"rewrite_uri": "/x%20y/z.php?q=1&q=2", "rewrite_uri_escaped": "%2Fx%2520y%2Fz.php%3Fq%3D1%26q%3D2",
		"dir": "/x y/", "file": "z.php", "fragment": "",
		"remote": "192.0.2.1", "client_ip": "192.0.2.1", "port": "4321",
		"user": "ada", "request_id": "id-1", "upstream": "10.0.0.1:80", "aborted": "",
		"upstream_attempts": "2", "upstream_status": "404", "upstream_latency": "2.346ms", "upstream_latency_ms": "2",
		"status": "201", "size": "1234", "latency": "12.346ms", "latency_ms": "12",
		"when": "04/Mar/2026:05:06:07 +0100", "when_iso": "2026-03-04T04:06:07Z",
		"when_iso_local": "2026-03-04T05:06:07", "when_unix": "1772597167", "when_unix_ms": "1772597167089",
		"hostname": machine,
		">Accept":  "text/html,*/*", ">user-agent": "curl/8", ">Missing": "", ">Host": "www.example.com:8080",
		"<Content-Type": "text/plain", "<x-many": "1,2", "<Missing": "",
		"~b": "two", "~c": "", "?q": "1", "?h": "",
		"tls_protocol": "", "tls_cipher": "", "tls_client_s_dn": "",
		"request": "POST /x%20y/z.php?q=1&q=2 HTTP/1.1\r\nHost: www.example.com:8080\r\nAccept: text/html\r\nAccept: */*\r\n" +
			"Authorization: REDACTED\r\nCookie: REDACTED\r\nUser-Agent: curl/8\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			template := placeholder.Compile("{"+name+"}", placeholder.Plain)
			require.Equal(t, want, string(template.Append(nil, v)))
			require.Empty(t, template.Lint(directive.Suggest))
		})
	}
}

func TestNamesWithoutAResponse(t *testing.T) {
	r := httptest.NewRequest("GET", "/a", nil)
	for _, name := range []string{"status", "size", "latency", "latency_ms", "user", "request_id", "<Content-Type", "aborted", "upstream_status", "upstream_latency", "upstream_latency_ms"} {
		t.Run(name, func(t *testing.T) {
			v := &placeholder.Values{Request: r}
			require.Empty(t, placeholder.Compile("{"+name+"}", placeholder.Plain).Append(nil, v))
			require.Equal(t, "-", string(placeholder.Compile("{"+name+"}", placeholder.Log).Append(nil, v)))
		})
	}
}

func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		host string
		tls  bool
		want string // hostonly, server_port, scheme, label1
	}{
		{"example.com", false, "example.com 80 http example"},
		{"example.com", true, "example.com 443 https example"},
		{"[::1]:8080", false, "[::1] 8080 http [::1]"},
		{"[::1]", true, "[::1] 443 https [::1]"},
		{"", false, " 80 http "},
	} {
		t.Run(tt.host, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = tt.host
			if tt.tls {
				r.TLS = new(tls.ConnectionState)
			}
			got := placeholder.Compile("{hostonly} {server_port} {scheme} {label1}", placeholder.Plain).Append(nil, &placeholder.Values{Request: r})
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestRemote(t *testing.T) {
	template := placeholder.Compile("{remote}", placeholder.Log)
	r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	require.Equal(t, "192.0.2.1", string(template.Append(nil, &placeholder.Values{Request: r})), "not trusted")
	trusted := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	require.Equal(t, "203.0.113.7", string(template.Append(nil, &placeholder.Values{Request: r, Trusted: trusted})))
	given := netip.MustParseAddr("203.0.113.0")
	require.Equal(t, "203.0.113.0", string(template.Append(nil, &placeholder.Values{Request: r, Client: given})))
	r.RemoteAddr = "@"
	require.Equal(t, "-", string(template.Append(nil, &placeholder.Values{Request: r})), "a Unix socket")
}

func TestURIs(t *testing.T) {
	for _, u := range []*url.URL{
		{}, {Path: "/"}, {Path: "/", ForceQuery: true}, {Path: "*"}, {Path: "/a b", RawQuery: "c"},
		{Path: "/a/b", RawPath: "/a%2Fb"}, {Path: "/a/b", RawPath: "/else"}, {Scheme: "http", Opaque: "//host/a%2Fb", RawQuery: "c"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = u
		got := placeholder.Compile("{uri}", placeholder.Plain).Append(nil, &placeholder.Values{Request: r})
		require.Equal(t, u.RequestURI(), string(got))
	}
}

func TestAborted(t *testing.T) {
	r, w := httptest.NewRequest("GET", "/", nil), middleware.Record(httptest.NewRecorder())
	template := placeholder.Compile("{aborted}", placeholder.Log)
	require.Equal(t, "true", string(template.Append(nil, &placeholder.Values{Request: r, Writer: w, Aborted: true})))
	middleware.Note(w, slog.Bool(middleware.NoteAborted, true))
	require.Equal(t, "true", string(template.Append(nil, &placeholder.Values{Request: r, Writer: w})))
}

func TestCompile(t *testing.T) {
	v := values(t)
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"no placeholder", "plain", "plain"},
		{"several", "{method} {path}{query}!", "POST /a/b c/de=f%26g&h!"},
		{"an unknown name", "a {unheard_of} b", "a {unheard_of} b"},
		{"an unknown name in capitals", "{Method}", "{Method}"},
		{"a name that is no longer one", "{mitm}{request_body}", "{mitm}{request_body}"},
		{"no name", "{}", "{}"},
		{"not closed", "{method", "{method"},
		{"not opened", "method}", "method}"},
		{"braces around a name", `{"method": {method}}`, `{"method": POST}`},
		{"escaped braces", `\{method\}`, "{method}"},
		{"an escaped brace in a name", `{method\} {method}`, "{method} POST"},
		{"an escaped brace before a name", `\{{method}\}`, "{POST}"},
		{"other backslashes", `\a\\b{method}\`, `\a\\bPOST\`},
		{"an escaped brace, not escaped", `\\{method}`, `\{method}`},
		{"labels of no number", "{label} {label0} {label-1} {labelx}", "{label} {label0} {label-1} {labelx}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			template := placeholder.Compile(tt.text, placeholder.Plain)
			require.Equal(t, tt.want, string(template.Append(nil, v)))
			require.Equal(t, "before "+tt.want, string(template.Append([]byte("before "), v)))
			require.Equal(t, tt.text, template.String())
			constant, ok := template.Constant()
			require.Equal(t, ok, tt.text == "" || constant != "")
			if ok {
				require.Equal(t, tt.want, constant)
			}
		})
	}
}

// TestValuesAreNotExpanded is what went wrong in Caddy 0.7.1, where a User-Agent
// of {>Cookie} logged the cookie.
func TestValuesAreNotExpanded(t *testing.T) {
	r := httptest.NewRequest("GET", "/{method}?{method}", nil)
	r.Header.Set("User-Agent", "{>Cookie} {method} {")
	r.Header.Set("Cookie", "secret=1")
	for _, sink := range []placeholder.Sink{placeholder.Plain, placeholder.Log, placeholder.Header} {
		got := placeholder.Compile(`"{>User-Agent}method} {path}"`, sink).Append(nil, &placeholder.Values{Request: r})
		require.Equal(t, `"{>Cookie} {method} {method} /{method}"`, string(got))
	}
}

func TestLookup(t *testing.T) {
	v := values(t)
	v.Lookup = func(name string) (string, bool) {
		value, ok := map[string]string{"1": "one two", "path": "theirs", "empty": ""}[name]
		return value, ok
	}
	template := placeholder.Compile("{1} {path} {empty} {2} {method}", placeholder.Log)
	require.Equal(t, `one\x20two theirs - {2} POST`, string(template.Append(nil, v)))
	require.Equal(t, `/one%20two?theirs`, string(placeholder.Compile("/{1}?{path}", placeholder.URL).Append(nil, v)))
}

func TestLint(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"{method} {>Any} {<Any} {~any} {?any} {label7} {1} {file}", nil},
		{`{"json": "{status}"} {not a name} {}`, nil},
		{"{metod} {2}", []string{
			`unknown placeholder {metod} stays as it is (did you mean "{method}"?)`,
			`unknown placeholder {2} stays as it is (did you mean "{1}"?)`,
		}},
		{"{group}", []string{`unknown placeholder {group} stays as it is (did you mean "{groups}"?)`}},
		{"{Host}", []string{`unknown placeholder {Host} stays as it is (did you mean "{host}"?)`}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			require.Equal(t, tt.want, placeholder.Compile(tt.text, placeholder.Log).Lint(directive.Suggest, "1", "groups"))
		})
	}
	require.Equal(t, []string{"unknown placeholder {metod} stays as it is"}, placeholder.Compile("{metod}", placeholder.Log).Lint(nil))
}

// FuzzTemplate puts any text and any value together, and checks that the value
// does not become part of the text.
func FuzzTemplate(f *testing.F) {
	f.Add("{>X} {method} \\{ {", "{method}")
	f.Add(`"{>X}"`, "\" - \x00\u202e\xff")
	f.Add(`//{>X}`, "//\\evil?#%")
	f.Add("\\", "0")
	placeholders := regexp.MustCompile(`\\?[{}][^{}]*`)
	f.Fuzz(func(t *testing.T, text, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X"] = []string{value}
		v := &placeholder.Values{Request: r}
		for sink := placeholder.Plain; sink <= placeholder.URL; sink++ {
			// Around what cannot be a placeholder, and inside of it, text is text.
			plain := strings.TrimRight(placeholders.ReplaceAllString(text, ""), `\`)
			if sink == placeholder.URL {
				plain = "https://" + plain
			}
			got := string(placeholder.Compile(plain+"{>X}"+plain, sink).Append(nil, v))
			require.True(t, strings.HasPrefix(got, plain), got)
			require.True(t, strings.HasSuffix(got, plain), got)

			template := placeholder.Compile(text, sink)
			require.Equal(t, template.Append(nil, v), template.Append(nil, v))
			if constant, ok := template.Constant(); ok && sink != placeholder.URL {
				require.Equal(t, constant, string(template.Append(nil, v)))
			}
			template.Lint(directive.Suggest)
		}
	})
}

var (
	common   = "{remote} - {user} [{when}] \"{method} {uri} {proto}\" {status} {size}"
	combined = common + ` "{>Referer}" "{>User-Agent}"`
)

func TestAppendDoesNotAllocate(t *testing.T) {
	r := httptest.NewRequest("GET", "/a/b?c=d", nil)
	w := middleware.Record(httptest.NewRecorder())
	middleware.Note(w, slog.String(middleware.NoteUser, "ada"))
	rewritten := middleware.Rewrite(w, r, &url.URL{Path: "/x"})
	v := &placeholder.Values{Request: rewritten, Writer: w, Status: 200, Start: time.Now()}
	buf := make([]byte, 0, 1024)
	for _, text := range []string{common, combined, "{host} {hostonly} {rewrite_uri} {label2} {latency_ms} {upstream} {<Content-Type}"} {
		template := placeholder.Compile(text, placeholder.Log)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			v := *v // one a layer has on its stack
			buf = template.Append(buf[:0], &v)
		}), text)
	}
}

func BenchmarkAppend(b *testing.B) {
	r := httptest.NewRequest("GET", "/some/path?and=query", nil)
	w := middleware.Record(httptest.NewRecorder())
	middleware.Note(w, slog.String(middleware.NoteUser, "ada"))
	v := &placeholder.Values{Request: r, Writer: w, Status: 200, Size: 1234}
	v.Request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	v.Request.Header.Set("Referer", "https://www.example.com/some/where?else=1")
	for _, bb := range []struct {
		name, text string
		sink       placeholder.Sink
	}{
		{"common", common, placeholder.Log},
		{"combined", combined, placeholder.Log},
		{"url", "https://{host}{uri}", placeholder.URL},
		{"header", "{>Referer}", placeholder.Header},
	} {
		b.Run(bb.name, func(b *testing.B) {
			template := placeholder.Compile(bb.text, bb.sink)
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = template.Append(buf[:0], v)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		placeholder.Compile(combined, placeholder.Log)
	}
}

// unescape undoes what the sink Log does to a value.
func unescape(t testing.TB, s string) string {
	t.Helper()
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\x`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		c, err := strconv.ParseUint(after[:2], 16, 8)
		require.NoError(t, err, s)
		b.WriteByte(byte(c))
		s = after[2:]
	}
}

func show(s string) string { return fmt.Sprintf("%.40q", s) }
