package caddyfile_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestHosts checks which of several sites a request reaches.
func TestHosts(t *testing.T) {
	const sites = `
example.com             { answer exact }
WWW.Example.com         { answer upper }
*.example.com           { answer "one label" }
*.*.example.com         { answer "two labels" }
deep.*.example.com      { answer "label in the middle" }
new-*.example.com       { answer "part of a label" }
bücher.example          { answer umlaut }
[2001:db8:0::1]         { answer IPv6 }
192.0.2.1               { answer IPv4 }
example.com/shop        { answer shop }
example.com/shop/cart   { answer cart }
example.com/docs*       { answer "docs and more" }
*                       { answer "any single label" }`
	h := build(t, sites).Handler()
	for _, tt := range []struct{ name, host, path, want string }{
		{"its very name", "example.com", "/", "exact"},
		{"with a port", "example.com:8080", "/", "exact"},
		{"in another case", "EXAMPLE.com", "/", "exact"},
		{"in another case than the Caddyfile's", "www.example.com", "/", "upper"},
		{"with a final dot", "example.com.", "/", "exact"},
		{"with a final dot and a port", "example.com.:80", "/", "exact"},
		{"one label", "a.example.com", "/", "one label"},
		{"two labels", "a.b.example.com", "/", "two labels"},
		{"a label in the middle", "deep.b.example.com", "/", "label in the middle"},
		{"three labels", "a.b.c.example.com", "/", "404"},
		{"part of a label", "new-york.example.com", "/", "part of a label"},
		{"no part of a label", "new-.example.com", "/", "one label"},
		{"not across labels", "new-york.b.example.com", "/", "two labels"},
		{"encoded", "xn--bcher-kva.example", "/", "umlaut"},
		{"IPv6", "[2001:db8::1]", "/", "IPv6"},
		{"IPv6 with a port", "[2001:db8::1]:80", "/", "IPv6"},
		{"IPv6 written otherwise", "[2001:DB8:0:0::0001]:80", "/", "IPv6"},
		{"IPv4", "192.0.2.1:80", "/", "IPv4"},
		{"a path", "example.com", "/shop/", "shop"},
		{"below a path", "example.com", "/shop/shoes", "shop"},
		{"below a longer path", "example.com", "/shop/cart/1", "cart"},
		{"a path is whole segments", "example.com", "/shopping", "exact"},
		{"unless it ends in a star", "example.com", "/docs-old", "docs and more"},
		{"a path not clean", "example.com", "//x/../shop/", "shop"},
		{"a single label", "intranet", "/", "any single label"},
		{"unknown", "example.org", "/", "404"},
		{"no host", "", "/", "404"},
		{"a wildcard is no host", "*.example.com", "/", "404"},
		{"a wildcard in brackets", "[*.example.com]", "/", "404"},
		{"a name in brackets", "[example.com]", "/", "404"},
		{"IPv4 in brackets", "[192.0.2.1]", "/", "404"},
		{"IPv6 without its last bracket", "[2001:db8::1", "/", "404"},
		{"IPv6 and more", "[2001:db8::1]example.com", "/", "404"},
		{"IPv6 with a zone", "[2001:db8::1%25eth0]:80", "/", "IPv6"},
		{"no first label", ".example.com", "/", "404"},
		{"no second label", "a..example.com", "/", "404"},
		{"garbage", "exa mple.com", "/", "404"},
		{"too long", strings.Repeat("a.", 200) + "example.com", "/", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://placeholder"+tt.path, nil)
			r.Host = tt.host
			require.Equal(t, tt.want, answer(h, r))
		})
	}
}

func TestHostsCatchAll(t *testing.T) {
	for _, address := range []string{":80", "0.0.0.0:80", "[::]:80", "http://:80"} {
		t.Run(address, func(t *testing.T) {
			h := build(t, address+" { answer any }\nhttp://example.com { answer named }").Handler()
			for host, want := range map[string]string{"example.com": "named", "example.org": "any", "": "any"} {
				r := httptest.NewRequest("GET", "http://placeholder/", nil)
				r.Host = host
				require.Equal(t, want, answer(h, r), host)
			}
		})
	}
}

// TestUnknownHost checks that a client that was sent to the wrong server by a
// certificate for several names learns that it may ask another.
func TestUnknownHost(t *testing.T) {
	r := httptest.NewRequest("GET", "http://example.org/", nil)
	require.Equal(t, "404", answer(build(t, "example.com").Handler(), r))
	r.TLS = new(tls.ConnectionState)
	require.Equal(t, "421", answer(build(t, "example.com").Handler(), r))
}

// TestManyHosts checks that the size of the table changes nothing
// (CVE-2026-27588).
func TestManyHosts(t *testing.T) {
	server := build(t, manyHosts(300))
	for host, want := range map[string]string{
		"host123.example.com":   "host123.example.com",
		"HOST123.Example.Com":   "host123.example.com",
		"a.wild23.example.com":  "*.wild23.example.com",
		"A.wild23.EXAMPLE.com.": "*.wild23.example.com",
		"wild23.example.com":    "",
	} {
		r := httptest.NewRequest("GET", "http://placeholder/", nil)
		r.Host = host
		require.Equal(t, want, server.Find(r), host)
	}
}

// BenchmarkFindHost looks up one of 10,000 hosts, where there are 1,000 with
// wildcards, too.
func BenchmarkFindHost(b *testing.B) {
	server := build(b, manyHosts(10_000))
	for _, host := range []string{"host5000.example.com", "host5000.example.com:8080", "a.wild500.example.com", "unknown.example.org"} {
		b.Run(host, func(b *testing.B) {
			r := httptest.NewRequest("GET", "http://placeholder/", nil)
			r.Host = host
			b.ReportAllocs()
			for b.Loop() {
				server.Find(r)
			}
		})
	}
}

func manyHosts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "host%d.example.com {\n}\n", i)
		if i%10 == 3 {
			fmt.Fprintf(&b, "*.wild%d.example.com {\n}\n", i)
		}
	}
	return b.String()
}

func build(t testing.TB, text string) *caddyfile.Server {
	t.Helper()
	server, err := caddyfile.Build(parse(t, text), caddyfile.Config{Vocabulary: vocabulary()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

func parse(t testing.TB, text string) *caddyfile.File {
	t.Helper()
	f, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	require.NoError(t, err)
	return f
}

// answer returns the body of h's answer to r, or its status if it is not 200.
func answer(h http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Sprint(w.Code)
	}
	return w.Body.String()
}
