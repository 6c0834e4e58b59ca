package placeholder_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

// TestSink has each sink take what would do harm in it.
func TestSink(t *testing.T) {
	for _, tt := range []struct {
		name               string
		value              string
		log, header, query string
		path               string
	}{
		{"plain", "a-b_c.d~1", "a-b_c.d~1", "a-b_c.d~1", "a-b_c.d~1", "a-b_c.d~1"},
		{"a line break", "a\r\nb", `a\x0D\x0Ab`, "ab", "a%0D%0Ab", "a%0D%0Ab"},
		{"a quote", `a"b`, `a\x22b`, `a"b`, "a%22b", "a%22b"},
		{"a backslash", `a\x22`, `a\x5Cx22`, `a\x22`, "a%5Cx22", "a%5Cx22"},
		{"a tab", "a\tb", `a\x09b`, "a\tb", "a%09b", "a%09b"},
		{"NUL and DEL", "a\x00\x7f", `a\x00\x7F`, "a", "a%00%7F", "a%00%7F"},
		{"what clears a terminal", "\x1b[2J", `\x1B[2J`, "[2J", "%1B%5B2J", "%1B%5B2J"},
		{"the same in one character", "\u009b2J", `\xC2\x9B2J`, "\u009b2J", "%C2%9B2J", "%C2%9B2J"},
		{"what reverses a line", "a\u202eb", `a\xE2\x80\xAEb`, "a\u202eb", "a%E2%80%AEb", "a%E2%80%AEb"},
		{"a line break of Unicode", "a\u2028b", `a\xE2\x80\xA8b`, "a\u2028b", "a%E2%80%A8b", "a%E2%80%A8b"},
		{"letters", "é世", "é世", "é世", "%C3%A9%E4%B8%96", "%C3%A9%E4%B8%96"},
		{"no UTF-8", "a\xffb\xc3", `a\xFFb\xC3`, "a\xffb\xc3", "a%FFb%C3", "a%FFb%C3"},
		{"a space", "a b", `a\x20b`, "a b", "a%20b", "a%20b"},
		{"a dash", "-", `\x2D`, "-", "-", "-"},
		{"nothing", "", "-", "", "", ""},
		{"what divides a URL", "/a?b#c&d=e%20+;", "/a?b#c&d=e%20+;", "/a?b#c&d=e%20+;", "%2Fa%3Fb%23c%26d%3De%2520%2B%3B", "/a%3Fb%23c&d=e%2520+;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["X"] = []string{tt.value}
			for sink, want := range map[placeholder.Sink]string{
				placeholder.Plain: tt.value, placeholder.Log: tt.log, placeholder.Header: tt.header,
				placeholder.Query: tt.query, placeholder.Path: tt.path,
			} {
				got := placeholder.Compile("{>X}", sink).Append(nil, &placeholder.Values{Request: r})
				require.Equal(t, want, string(got), sink)
			}
		})
	}
}

func TestLogQuotes(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X", `a b"c`)
	got := placeholder.Compile(`{>X} "{>X}" [{>X}] "-{>X}`, placeholder.Log).Append(nil, &placeholder.Values{Request: r})
	require.Equal(t, `a\x20b\x22c "a b\x22c" [a\x20b\x22c] "-a b\x22c`, string(got))
}

// TestLogHasTheRequestAsSent checks that an attempt to use the server as a proxy
// can be told from a request of its own, unlike in a redirect.
func TestLogHasTheRequestAsSent(t *testing.T) {
	r := httptest.NewRequest("GET", "http://elsewhere.example/a%2fb?c=d+e", nil)
	v := &placeholder.Values{Request: r}
	require.Equal(t, `"http://elsewhere.example/a%2fb?c=d+e"`, string(placeholder.Compile(`"{uri}"`, placeholder.Log).Append(nil, v)))
	require.Equal(t, "https://here/a%2fb?c=d+e", string(placeholder.Compile("https://here{uri}", placeholder.URL).Append(nil, v)))
}

func TestURL(t *testing.T) {
	for _, tt := range []struct{ name, text, target, want string }{
		{"the whole request", "https://other{uri}", "/a%2Fb?c=d%26e", "https://other/a%2Fb?c=d%26e"},
		{"its parts", "https://other{path}?{query}", "/a%2Fb?c=d%26e", "https://other/a%2Fb?c=d%26e"},
		{"as one argument", "/?next={uri}&x", "/a%2Fb?c=d&x=y", "/?next=%2Fa%252Fb%3Fc%3Dd%26x%3Dy&x"},
		{"as one argument, escaped twice", "/?next={uri_escaped}&x", "/a?c=d&x=y", "/?next=%2Fa%3Fc%3Dd%26x%3Dy&x"},
		{"its path as one argument", "/?path={path}", "/a%2Fb&c", "/?path=%2Fa%2Fb%26c"},
		{"an argument", "/{?c}/x?y={?c}", "/?c=d%2F%3Fe%26f", "/d/%3Fe&f/x?y=d%2F%3Fe%26f"},
		{"a query that is none", "/{query}", "/?a=1?b", "/a=1?b"},
		{"what net/http lets through", "/x?{query}", "/?\"<>'`|\xff#", "/x?%22%3C%3E'%60%7C%FF%23"},
		{"another host", "{path}", "//evil.example/x", "/evil.example/x"},
		{"another host, after a slash", "/{path}", "//evil.example/x", "/evil.example/x"},
		{"another host, after nothing", "{?none}{path}", "//evil.example/x", "/evil.example/x"},
		{"another host, by a backslash", "{path}", "/%5Cevil.example/x", "/%5Cevil.example/x"},
		{"another host, meant", "//{?h}/", "/?h=good.example", "//good.example/"},
		{"the date", "/?d={when_iso}", "/", "/?d=2026-03-04T04%3A06%3A07Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.ParseRequestURI(tt.target)
			require.NoError(t, err)
			r := httptest.NewRequest("GET", "/", nil)
			r.URL = u
			v := &placeholder.Values{Request: r, Now: values(t).Now}
			got := string(placeholder.Compile(tt.text, placeholder.URL).Append(nil, v))
			require.Equal(t, tt.want, got)
			require.Equal(t, "before"+got, string(placeholder.Compile(tt.text, placeholder.URL).Append([]byte("before"), v)))
			_, err = url.Parse(got)
			require.NoError(t, err)
		})
	}
}

// FuzzSink checks that what a sink makes of a value is harmless there and can be
// made the value again.
func FuzzSink(f *testing.F) {
	f.Add("a b\r\nc")
	f.Add("\xc3\u202e\u009b\"\\x22-")
	f.Add("/a?b#c&d=e%20+;")
	f.Fuzz(func(t *testing.T, value string) {
		log := string(placeholder.Log.Append(nil, value))
		require.True(t, utf8.ValidString(log))
		require.Equal(t, value, unescape(t, log))
		require.False(t, strings.ContainsFunc(log, func(c rune) bool { return c < ' ' || c == '"' || c == 0x7f }), show(log))

		json := string(placeholder.JSON.Append(nil, value))
		require.True(t, utf8.ValidString(json))
		require.Equal(t, value, unescape(t, json))
		require.Equal(t, strings.Count(value, `"`), strings.Count(json, `"`))

		header := string(placeholder.Header.Append(nil, value))
		require.False(t, strings.ContainsAny(header, "\r\n\x00"), show(header))

		query := string(placeholder.Query.Append(nil, value))
		back, err := url.QueryUnescape(query)
		require.NoError(t, err)
		require.Equal(t, value, back)
		require.False(t, strings.ContainsAny(query, "&=;+#?/"), show(query))

		for _, sink := range []placeholder.Sink{placeholder.Path, placeholder.URL} {
			path := string(sink.Append(nil, value))
			back, err = url.PathUnescape(path)
			require.NoError(t, err)
			require.Equal(t, value, back)
			require.False(t, strings.ContainsAny(path, "#?\\"), show(path))
		}
		require.Equal(t, value, string(placeholder.Plain.Append(nil, value)))
	})
}
