package proxy_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

func TestRelocate(t *testing.T) {
	for _, tt := range []struct {
		name, to, without, location, want string
		preserve                          bool
	}{
		{"a path", "http://app:9000", "/app", "/login?a=/b#c", "/app/login?a=/b#c", false},
		{"escaped as it was", "http://app:9000", "/a b", "/x%2Fy%20z?%zz", "/a%20b/x%2Fy%20z?%zz", false},
		{"a URL of the backend's", "http://app:9000", "/app", "http://APP:9000/login?a#b", "/app/login?a#b", false},
		{"of its root", "http://app:9000", "/app", "http://app:9000", "/app/", false},
		{"of its root, with nothing taken away", "http://app:9000", "", "http://app:9000", "/", false},
		{"of its name without a port", "http://app", "", "https://app/x", "/x", false},
		{"of the name that it was asked by", "http://app:9000", "/app", "http://site.example/x", "/app/x", true},
		{"a backend with a path of its own", "http://app:9000/base", "/app", "/base/x", "/app/x", false},
		{"elsewhere at such a backend", "http://app:9000/base", "/app", "/x", "/x", false},
		{"where clients find it already", "http://app:9000", "/app", "/app/x", "/app/x", false},
		{"where clients find it already, in full", "http://app:9000", "/app", "https://site.example/app/x", "https://site.example/app/x", true},
		{"relative", "http://app:9000", "/app", "../x", "../x", false},
		{"a query alone", "http://app:9000", "/app", "?a=b", "?a=b", false},
		{"another server", "http://app:9000", "/app", "http://app:9001/x", "http://app:9001/x", false},
		{"another server, without a scheme", "http://app:9000", "/app", "//evil.example/x", "//evil.example/x", false},
		{"what would become another server", "http://app:9000/base", "", "/base//evil.example", "/base//evil.example", false},
		{"what would become another server, in full", "http://app:9000", "", "http://app:9000//evil.example", "http://app:9000//evil.example", false},
		{"with a password", "http://app:9000", "/app", "http://a:b@app:9000/", "http://a:b@app:9000/", false},
		{"another scheme", "http://app:9000", "/app", "ftp://app:9000/", "ftp://app:9000/", false},
		{"no server at all", "http://app:9000", "/app", "mailto:a@b", "mailto:a@b", false},
		{"nothing that is one", "http://app:9000", "/app", "http://[", "http://[", false},
		{"nothing", "http://app:9000", "/app", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, relocated(t, tt.to, tt.without, tt.location, tt.preserve))
		})
	}
}

func relocated(t testing.TB, to, without, location string, preserve bool) string {
	targets, err := upstream.Parse(to)
	require.NoError(t, err)
	r := httptest.NewRequest("GET", "http://site.example/app/", nil)
	return proxy.Relocated(proxy.Config{Without: without, PreserveHost: preserve, Relocate: true}, r, targets[0], location)
}

// TestRelocateResponse checks that it is done to responses, where it is asked for.
func TestRelocateResponse(t *testing.T) {
	b := answers(t, "HTTP/1.1 302 Found\r\nLocation: /login\r\n", "")
	for relocate, want := range map[bool]string{false: "Location: /login\r\n", true: "Location: /app/login\r\n"} {
		front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Without: "/app", Relocate: relocate})
		require.Contains(t, exchangeRaw(t, front, plainly("/app/")), want)
	}
}

// FuzzRelocate looks for what leads to another server only after it was changed.
func FuzzRelocate(f *testing.F) {
	for _, seed := range []string{"/x", "//x", "/base//x", "http://app:9000//x", `/base/\x`, "http://app:9000/base/%2f/x?y#z", "/base?//x"} {
		f.Add("http://app:9000/base", "", seed)
		f.Add("http://app:9000", "/app", seed)
	}
	f.Fuzz(func(t *testing.T, to, without, location string) {
		if to != "http://app:9000" && to != "http://app:9000/base" || without != "" && without != "/app" {
			return
		}
		got := relocated(t, to, without, location, false)
		if got == location {
			return
		}
		require.True(t, strings.HasPrefix(got, "/") && (len(got) == 1 || got[1] != '/' && got[1] != '\\'), "%q", got)
		u, err := url.Parse(got)
		require.NoError(t, err)
		require.Empty(t, u.Host)
		require.True(t, strings.HasPrefix(u.Path, without))
	})
}
