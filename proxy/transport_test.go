package proxy_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// echo answers with the request's body, and its target and fields as a header.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Target", r.RequestURI)
	w.Header().Set("Method", r.Method)
	w.Header().Set("Host-Was", r.Host)
	w.Header().Set("Encoding", strings.Join(r.TransferEncoding, ","))
	w.Header().Set("Agent", r.UserAgent())
	w.Write(body)
}

func TestRoundTrip(t *testing.T) {
	middlewaretest.NoLeaks(t)
	srv := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(srv.Close)
	tr := newTransport(t, proxy.TransportConfig{})
	big := strings.Repeat("0123456789abcdef", 64<<10)
	for _, tt := range []struct {
		name, method, target string
		body                 io.Reader
		want, encoding       string
	}{
		{"no body", "GET", "/a%2Fb?x=%zz&y", nil, "", ""},
		{"a path that needs escaping", "GET", "/%20", nil, "", ""},
		{"a POST without a body", "POST", "/", nil, "", ""},
		{"a small body", "POST", "/", strings.NewReader("small"), "small", ""},
		{"a body of 64 KiB", "PUT", "/", strings.NewReader(big[:64<<10]), big[:64<<10], ""},
		{"a body of more", "PUT", "/", strings.NewReader(big), big, ""},
		{"a body of unknown length", "POST", "/", io.MultiReader(strings.NewReader(big)), big, "chunked"},
		{"a body of unknown length that is empty", "POST", "/", io.MultiReader(), "", "chunked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, tt.method, srv.URL+tt.target, tt.body)
			resp, err := tr.RoundTrip(r)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, tt.want, string(body))
			require.Equal(t, tt.target, resp.Header.Get("Target"))
			require.Equal(t, tt.method, resp.Header.Get("Method"))
			require.Equal(t, r.URL.Host, resp.Header.Get("Host-Was"))
			require.Equal(t, tt.encoding, resp.Header.Get("Encoding"))
			require.Empty(t, resp.Header.Get("Agent"), "nothing is added")
			require.Equal(t, r, resp.Request)
		})
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	backend := startRaw(t, func(p *peer) { t.Error("was connected to") })
	tr := newTransport(t, proxy.TransportConfig{})
	for _, tt := range []struct {
		name string
		edit func(*http.Request)
		want string
	}{
		{"CONNECT", func(r *http.Request) { r.Method = "CONNECT" }, "CONNECT cannot be sent on"},
		{"a method that is none", func(r *http.Request) { r.Method = "GET /" }, `method "GET /"`},
		{"a name with a line break", func(r *http.Request) { r.Header["A\r\nB"] = []string{"x"} }, `field name "A\r\nB"`},
		{"a name with a space", func(r *http.Request) { r.Header["A "] = []string{"x"} }, `field name "A "`},
		{"a value with a line break", func(r *http.Request) { r.Header["A"] = []string{"x\r\nB: y"} }, `value of A`},
		{"a value with NUL", func(r *http.Request) { r.Header["A"] = []string{"\x00"} }, `value of A`},
		{"a host with a line break", func(r *http.Request) { r.Host = "a\r\nb" }, `host "a\r\nb"`},
		{"a host with a space", func(r *http.Request) { r.Host = "a b" }, `host "a b"`},
		{"a host with a slash", func(r *http.Request) { r.Host = "a/b" }, `host "a/b"`},
		{"a query with a space", func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.1" }, `target "/?a HTTP/1.1"`},
		{"a query with a line break", func(r *http.Request) { r.URL.RawQuery = "a\r\n" }, `target "/?a\r\n"`},
		{"a trailer that would frame", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), -1
			r.Trailer = http.Header{"Content-Length": nil}
		}, `trailer "Content-Length"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, "GET", backend.url()+"/", nil)
			tt.edit(r)
			_, _, err := fetch(t, tr, r)
			require.EqualError(t, err, "proxy: "+backend.Addr().String()+": request: "+tt.want)
			require.Equal(t, http.StatusBadRequest, asError(t, err).StatusCode())
			require.False(t, asError(t, err).Sent)
		})
	}
	t.Run("a scheme that is none of ours", func(t *testing.T) {
		_, _, err := fetch(t, tr, newRequest(t, "GET", "ftp://a/", nil))
		require.EqualError(t, err, `proxy: request: unsupported scheme "ftp"`)
	})
}

// TestRequestBytes is about what backends see.
func TestRequestBytes(t *testing.T) {
	heads := make(chan string, 1)
	backend := startRaw(t, func(p *peer) {
		var text []byte
		for !bytes.HasSuffix(text, []byte("\r\n\r\n")) {
			c, err := p.br.ReadByte()
			if err != nil {
				return
			}
			text = append(text, c)
		}
		heads <- string(text)
		p.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	tr := newTransport(t, proxy.TransportConfig{})
	for _, tt := range []struct {
		name string
		edit func(*http.Request)
		want string
	}{
		{"as little as there can be", func(r *http.Request) {}, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"the method that none is", func(r *http.Request) { r.Method = "" }, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"a field twice", func(r *http.Request) { r.Header["X-A"] = []string{"1", "2"} },
			"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n\r\n"},
		{"what frames comes from the request, not from its header", func(r *http.Request) {
			r.Header = http.Header{"Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Host": {"other"}, "Trailer": {"X"}}
		}, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"an empty POST", func(r *http.Request) { r.Method = "POST" }, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
		{"an escaped slash and dots", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a/b/../c", "/a%2Fb/../c" },
			"GET /a%2Fb/../c HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"a query that is nonsense", func(r *http.Request) { r.URL.RawQuery = "a;b=%zz&&" },
			"GET /?a;b=%zz&& HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"a query that is empty", func(r *http.Request) { r.URL.ForceQuery = true }, "GET /? HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"no path", func(r *http.Request) { r.URL.Path = "" }, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"OPTIONS of the server", func(r *http.Request) { r.Method, r.URL.Path = "OPTIONS", "*" }, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"no host but that of the URL, with a zone", func(r *http.Request) { r.Host, r.URL.Host = "", "[::1%25lo]:80" },
			"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
		{"the last of a connection", func(r *http.Request) { r.Close = true }, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, "GET", backend.url()+"/", nil)
			r.Host = "h"
			tt.edit(r)
			resp, err := tr.Do(r, proxy.Exchange{Address: backend.Addr().String()})
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, tt.want, strings.Replace(<-heads, "%lo", "", 1))
		})
	}
}

func TestUnixSocket(t *testing.T) {
	middlewaretest.NoLeaks(t)
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no Unix sockets here: ", err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	srv.Listener.Close() // its own
	srv.Listener = l
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	tr := newTransport(t, proxy.TransportConfig{})
	for _, scheme := range []string{"http", "h2c"} {
		t.Run(scheme+" by the host of the URL", func(t *testing.T) {
			r := newRequest(t, "GET", scheme+"://x/y", nil)
			r.URL.Host, r.Host = path, ""
			resp, err := tr.RoundTrip(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, "localhost", resp.Header.Get("Host-Was"))
		})
		t.Run(scheme+" by the exchange", func(t *testing.T) {
			resp, err := tr.Do(newRequest(t, "GET", scheme+"://example.com/y", nil), proxy.Exchange{Network: "unix", Address: path})
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, "example.com", resp.Header.Get("Host-Was"))
			require.Equal(t, "/y", resp.Header.Get("Target"))
		})
	}
}

func TestHeaderOfTheExchange(t *testing.T) {
	backend := startRaw(t, always("HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n"))
	tr := newTransport(t, proxy.TransportConfig{})
	header := http.Header{"Vary": {"z"}, "X-Own": {"1"}}
	resp, err := tr.Do(newRequest(t, "GET", backend.url(), nil), proxy.Exchange{Header: header})
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.Header{"Vary": {"z", "a", "b"}, "X-Own": {"1"}, "Content-Length": {"0"}}, header)

	broken := startRaw(t, always("HTTP/1.1 200 OK\r\nVary: a\r\nContent-Length: x\r\n\r\n"))
	header = http.Header{"Vary": {"z"}}
	_, err = tr.Do(newRequest(t, "GET", broken.url(), nil), proxy.Exchange{Header: header})
	require.Error(t, err)
	require.Equal(t, http.Header{"Vary": {"z"}}, header, "a head that is refused leaves nothing behind")
}
