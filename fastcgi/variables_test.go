package fastcgi_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// none is the value of a variable that must not be there.
const none = "\x00"

func variable(name, value string) fastcgi.Var {
	return fastcgi.Var{Name: name, Value: placeholder.Compile(value, placeholder.Plain)}
}

func on(r *http.Request, local net.Addr) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
}

// TestEnvironment checks each variable, as of RFC 3875, section 4.1, and what
// others get wrong about it.
func TestEnvironment(t *testing.T) {
	root := site(t, "index.php", "blog/a.php")
	tcp := func(addr string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)) }
	loopback := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("127.0.0.0/8")}
	for _, tt := range []struct {
		name   string
		target string
		cfg    func(*fastcgi.Config)
		change func(*http.Request) *http.Request
		want   map[string]string
	}{
		{"what is always the same", "/", nil, nil, map[string]string{
			"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "shallot", "REDIRECT_STATUS": "200",
		}},
		{"the request line", "/blog/a.php/x%20y?b=c%20d&e", nil, nil, map[string]string{
			"SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET", "REQUEST_SCHEME": "http",
			"REQUEST_URI": "/blog/a.php/x%20y?b=c%20d&e", "QUERY_STRING": "b=c%20d&e",
		}},
		{"no query", "/", nil, nil, map[string]string{"QUERY_STRING": ""}},
		{"a whole URL in the request line", "http://elsewhere/a%20b?c", nil, nil, map[string]string{"REQUEST_URI": "/a%20b?c"}},
		{"a script", "/blog/a.php", nil, nil, map[string]string{
			"SCRIPT_NAME": "/blog/a.php", "DOCUMENT_URI": "/blog/a.php", "PATH_INFO": "", "PATH_TRANSLATED": none,
			"SCRIPT_FILENAME": "ROOT/blog/a.php", "DOCUMENT_ROOT": "ROOT",
		}},
		{"a script with more behind it", "/blog/a.php/x%20y/../%2f?z", nil, nil, map[string]string{
			"SCRIPT_NAME": "/blog/a.php", "DOCUMENT_URI": "/blog/a.php", "PATH_INFO": "/", "PATH_TRANSLATED": "ROOT/",
			"SCRIPT_FILENAME": "ROOT/blog/a.php",
		}},
		{"what is behind it, unescaped", "/blog/a.php/x%20y/%C3%BC//z/", nil, nil, map[string]string{
			"PATH_INFO": "/x y/ü//z/", "PATH_TRANSLATED": "ROOT/x y/ü/z",
		}},
		{"the front controller", "/users/1", nil, nil, map[string]string{
			"SCRIPT_NAME": "/index.php", "PATH_INFO": "", "SCRIPT_FILENAME": "ROOT/index.php", "REQUEST_URI": "/users/1",
		}},
		{"a root that is called otherwise there", "/blog/a.php/x", func(c *fastcgi.Config) { c.UpstreamRoot = "/var/www/" }, nil, map[string]string{
			"SCRIPT_FILENAME": "/var/www/blog/a.php", "DOCUMENT_ROOT": "/var/www/", "PATH_TRANSLATED": "/var/www/x",
		}},
		{"a folder above the root that is called otherwise there", "/blog/a.php", func(c *fastcgi.Config) {
			c.UpstreamRoot, c.LocalRoot = "/var/www", filepath.Dir(root.Dir)
		}, nil, map[string]string{"SCRIPT_FILENAME": "/var/www/BASE/blog/a.php", "DOCUMENT_ROOT": "/var/www/BASE"}},
		{"the root itself, as a folder above", "/blog/a.php", func(c *fastcgi.Config) {
			c.UpstreamRoot, c.LocalRoot = "/var/www", root.Dir
		}, nil, map[string]string{"SCRIPT_FILENAME": "/var/www/blog/a.php", "DOCUMENT_ROOT": "/var/www"}},
		{"a folder elsewhere that is called otherwise there", "/blog/a.php", func(c *fastcgi.Config) {
			c.UpstreamRoot, c.LocalRoot = "/var/www", filepath.Join(root.Dir, "blog")
		}, nil, map[string]string{"SCRIPT_FILENAME": "ROOT/blog/a.php", "DOCUMENT_ROOT": "ROOT"}},
		{"what was taken from the front", "/blog/a.php", func(c *fastcgi.Config) { c.Mount = "/site/" }, nil, map[string]string{
			"SCRIPT_NAME": "/site/blog/a.php", "SCRIPT_FILENAME": "ROOT/blog/a.php",
		}},
		{"an application that is no file", "/app/x", func(c *fastcgi.Config) { *c = fastcgi.Config{From: "/app", Root: c.Root} }, nil, map[string]string{
			"SCRIPT_NAME": "/app", "PATH_INFO": "/x", "SCRIPT_FILENAME": none, "PATH_TRANSLATED": none,
		}},
		{"a rewritten request", "/old?a=b", nil, func(r *http.Request) *http.Request {
			return r // see TestEnvironmentOfRewritten
		}, map[string]string{"REQUEST_URI": "/old?a=b"}},
		{"no body", "/", nil, func(r *http.Request) *http.Request {
			r.Method = "POST"
			r.Header.Set("Content-Length", "0")
			return r
		}, map[string]string{"CONTENT_LENGTH": none, "CONTENT_TYPE": none, "HTTP_CONTENT_LENGTH": none}},
		{"the type of a body", "/", nil, func(r *http.Request) *http.Request {
			r.Header.Set("Content-Type", "text/plain")
			return r
		}, map[string]string{"CONTENT_TYPE": "text/plain", "HTTP_CONTENT_TYPE": none}},
		{"the client", "/", nil, nil, map[string]string{"REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "1234"}},
		{"a client of IPv6", "/", nil, func(r *http.Request) *http.Request { r.RemoteAddr = "[2001:db8::1%eth0]:4711"; return r }, map[string]string{
			"REMOTE_ADDR": "2001:db8::1", "REMOTE_PORT": "4711",
		}},
		{"a client of IPv4 in IPv6", "/", nil, func(r *http.Request) *http.Request { r.RemoteAddr = "[::ffff:192.0.2.7]:1"; return r }, map[string]string{
			"REMOTE_ADDR": "192.0.2.7",
		}},
		{"a client that claims to be another", "/", nil, func(r *http.Request) *http.Request {
			r.Header.Set("X-Forwarded-For", "198.51.100.1")
			r.Header.Set("X-Forwarded-Proto", "https")
			return r
		}, map[string]string{"REMOTE_ADDR": "192.0.2.1", "HTTPS": none, "REQUEST_SCHEME": "http"}},
		{"a client behind a proxy", "/", func(c *fastcgi.Config) { c.Trusted = loopback }, func(r *http.Request) *http.Request {
			r.Header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.1")
			r.Header.Set("X-Forwarded-Proto", "https")
			return r
		}, map[string]string{"REMOTE_ADDR": "198.51.100.1", "REMOTE_PORT": none, "HTTPS": "on", "REQUEST_SCHEME": "https", "SSL_PROTOCOL": none}},
		{"a client on a Unix socket", "/", nil, func(r *http.Request) *http.Request {
			r.RemoteAddr = "@"
			return on(r, &net.UnixAddr{Name: "/run/x.sock", Net: "unix"})
		}, map[string]string{"REMOTE_ADDR": "", "REMOTE_PORT": none, "SERVER_ADDR": none, "SERVER_PORT": "80"}},
		{"the server", "/", nil, func(r *http.Request) *http.Request { return on(r, tcp("192.0.2.80:8080")) }, map[string]string{
			"SERVER_ADDR": "192.0.2.80", "SERVER_PORT": "8080", "SERVER_NAME": "192.0.2.80",
		}},
		{"the server, by IPv6", "/", nil, func(r *http.Request) *http.Request { return on(r, tcp("[2001:db8::80]:80")) }, map[string]string{
			"SERVER_ADDR": "2001:db8::80", "SERVER_NAME": "[2001:db8::80]",
		}},
		{"the name of the site", "/", func(c *fastcgi.Config) { c.Names = []string{"example.com", "www.example.com"} },
			func(r *http.Request) *http.Request {
				r.Host = "WWW.Example.com:8080"
				return on(r, tcp("192.0.2.80:8080"))
			},
			map[string]string{"SERVER_NAME": "www.example.com", "SERVER_PORT": "8080", "HTTP_HOST": "WWW.Example.com:8080"}},
		{"another name", "/", func(c *fastcgi.Config) { c.Names = []string{"example.com", "www.example.com"} },
			func(r *http.Request) *http.Request { r.Host = "evil.example"; return r },
			map[string]string{"SERVER_NAME": "example.com", "HTTP_HOST": "evil.example"}},
		{"a name that is an address of IPv6", "/", func(c *fastcgi.Config) { c.Names = []string{"example.com", "2001:db8::80"} },
			func(r *http.Request) *http.Request { r.Host = "[2001:DB8::80]:8080"; return r }, map[string]string{"SERVER_NAME": "[2001:db8::80]"}},
		{"a name of any below", "/", func(c *fastcgi.Config) { c.Names = []string{"*.example.com"} },
			func(r *http.Request) *http.Request { r.Host = "A.example.com"; return r }, map[string]string{"SERVER_NAME": "a.example.com"}},
		{"a name of any below, with what is none", "/", func(c *fastcgi.Config) { c.Names = []string{"*.example.com"} },
			func(r *http.Request) *http.Request { r.Host = "'x'.example.com"; return r }, map[string]string{"SERVER_NAME": "localhost"}},
		{"TLS", "/", nil, func(r *http.Request) *http.Request {
			r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
			return on(r, &net.UnixAddr{Name: "x", Net: "unix"})
		}, map[string]string{"HTTPS": "on", "REQUEST_SCHEME": "https", "SSL_PROTOCOL": "TLSv1.3", "SSL_CIPHER": "TLS_AES_128_GCM_SHA256", "SERVER_PORT": "443"}},
		{"no TLS", "/", nil, nil, map[string]string{"HTTPS": none, "SSL_PROTOCOL": none, "SSL_CIPHER": none}},
		{"nobody was authenticated", "/", nil, func(r *http.Request) *http.Request {
			r.SetBasicAuth("root", "x")
			r.Header.Set("Remote-User", "root")
			return r
		}, map[string]string{"REMOTE_USER": none, "AUTH_TYPE": none, "HTTP_AUTHORIZATION": "Basic cm9vdDp4"}},
		{"fields", "/", nil, func(r *http.Request) *http.Request {
			r.Header["X-A-B"] = []string{"1", "2"}
			r.Header["Cookie"] = []string{"a=b", "c=d"}
			r.Header.Set("Accept", "*/*")
			return r
		}, map[string]string{"HTTP_X_A_B": "1, 2", "HTTP_COOKIE": "a=b; c=d", "HTTP_ACCEPT": "*/*"}},
		{"fields of the connection", "/", nil, func(r *http.Request) *http.Request {
			r.Header["Connection"] = []string{"X-Hop, Keep-Alive", "Authorization"}
			for _, name := range []string{"X-Hop", "Keep-Alive", "Te", "Upgrade", "Transfer-Encoding", "Trailer", "Proxy-Connection", "Authorization", "Expect"} {
				r.Header.Set(name, "x")
			}
			return r
		}, map[string]string{
			"HTTP_CONNECTION": none, "HTTP_X_HOP": none, "HTTP_KEEP_ALIVE": none, "HTTP_TE": none, "HTTP_UPGRADE": none,
			"HTTP_TRANSFER_ENCODING": none, "HTTP_TRAILER": none, "HTTP_PROXY_CONNECTION": none, "HTTP_AUTHORIZATION": "x", "HTTP_EXPECT": none,
		}},
		{"the proxy that an application is to use, CVE-2016-5385", "/", nil, func(r *http.Request) *http.Request {
			r.Header["Proxy"] = []string{"http://evil"}
			r.Header["PROXY"] = []string{"http://evil"}
			r.Header["proxy"] = []string{"http://evil"}
			return r
		}, map[string]string{"HTTP_PROXY": none}},
		{"names that pass for others, GHSA-f59h-q822-g45g", "/", nil, func(r *http.Request) *http.Request {
			r.Header["X_a"] = []string{"1"}
			r.Header["Remote.user"] = []string{"root"}
			r.Header["X~b"] = []string{"1"}
			return r
		}, map[string]string{"HTTP_X_A": none, "HTTP_REMOTE_USER": none, "HTTP_X~B": none}},
		{"such names, if they are wanted", "/", func(c *fastcgi.Config) { c.Aliases = []string{"x_a", "X_B"} }, func(r *http.Request) *http.Request {
			r.Header["X_a"], r.Header["X_b"], r.Header["X-B"], r.Header["X_c"] = []string{"1"}, []string{"2"}, []string{"3"}, []string{"4"}
			return r
		}, map[string]string{"HTTP_X_A": "1", "HTTP_X_B": "3", "HTTP_X_C": none}},
		{"what a client has no say in", "/", func(c *fastcgi.Config) {
			c.Env = []fastcgi.Var{variable("HTTP_X_ROLE", "guest"), variable("PHP_VALUE", "a=b"), variable("SERVER_NAME", "x"), variable("X", "1"), variable("X", "{path}")}
		}, func(r *http.Request) *http.Request {
			r.Header.Set("X-Role", "admin")
			r.Header.Set("Php-Value", "auto_prepend_file=/etc/passwd")
			return r
		}, map[string]string{"HTTP_X_ROLE": "guest", "PHP_VALUE": "a=b", "HTTP_PHP_VALUE": "auto_prepend_file=/etc/passwd", "SERVER_NAME": "x", "X": "/"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := fastcgi.PHP()
			cfg.Root = root
			if tt.cfg != nil {
				tt.cfg(&cfg)
			}
			r := httptest.NewRequest("GET", tt.target, nil)
			r.RemoteAddr = "192.0.2.1:1234"
			if tt.change != nil {
				r = tt.change(r)
			}
			env := fastcgi.EnvironmentOf(cfg, middleware.Record(httptest.NewRecorder()), r)
			for name, want := range tt.want {
				want = strings.ReplaceAll(want, "BASE", filepath.Base(root.Dir))
				got, there := env[name]
				if want == none {
					require.False(t, there, "%s=%s", name, got)
					continue
				}
				require.Equal(t, filepath.FromSlash(strings.ReplaceAll(want, "ROOT", filepath.ToSlash(root.Dir))), filepath.FromSlash(got), name)
				require.True(t, there, name)
			}
		})
	}
}

// TestEnvironmentOfRewritten checks that an application learns of both URLs.
func TestEnvironmentOfRewritten(t *testing.T) {
	cfg := fastcgi.PHP()
	cfg.Root = site(t, "index.php", "a.php")
	w := middleware.Record(httptest.NewRecorder())
	r := middleware.Rewrite(w, httptest.NewRequest("GET", "/old%20one?a=b", nil), &url.URL{Path: "/a.php", RawQuery: "c=d"})
	middleware.Note(w, slog.String(middleware.NoteUser, "anna"))
	r.Header.Set("Authorization", "bASIC "+base64.StdEncoding.EncodeToString([]byte("anna:x")))
	env := fastcgi.EnvironmentOf(cfg, w, r)
	require.Equal(t, "/old%20one?a=b", env["REQUEST_URI"])
	require.Equal(t, "/a.php", env["SCRIPT_NAME"])
	require.Equal(t, "c=d", env["QUERY_STRING"])
	require.Equal(t, "anna", env["REMOTE_USER"])
	require.Equal(t, "Basic", env["AUTH_TYPE"])
	for _, another := range []string{"Negotiate x", "Basic " + base64.StdEncoding.EncodeToString([]byte("root:x"))} {
		r.Header.Set("Authorization", another)
		require.NotContains(t, fastcgi.EnvironmentOf(cfg, w, r), "AUTH_TYPE", another)
	}
}
