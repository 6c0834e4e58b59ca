package proxy_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// forward is the least that a proxy can be.
func forward(tr *proxy.Transport, to string) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), r.Body)
		if err != nil {
			return http.StatusBadRequest, err
		}
		out.ContentLength = r.ContentLength
		if r.ContentLength == 0 {
			out.Body = nil
		}
		resp, err := tr.Do(out, proxy.Exchange{Header: w.Header()})
		if err != nil {
			return middleware.StatusOf(r, err), err
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(w, resp.Body); err != nil {
			return http.StatusBadGateway, err
		}
		return 0, nil
	})
}

func TestTrailers(t *testing.T) {
	backend := startRaw(t, always(ok+"Trailer: A, b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"+
		"A: 1\r\nC: 2\r\nC: 3\r\nSet-Cookie: s\r\nContent-Length: 9\r\nHost: h\r\nX-Forwarded-For: x\r\n\r\n"))
	tr := newTransport(t, proxy.TransportConfig{})
	for range 2 {
		resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
		require.NoError(t, err)
		require.Equal(t, http.Header{"A": nil, "B": nil}, resp.Trailer)
		require.Empty(t, resp.Header)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "hello", string(text))
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.Header{"A": {"1"}, "B": nil, "C": {"2", "3"}}, resp.Trailer)
	}
	require.Equal(t, 1, backend.count())
}

func TestInformational(t *testing.T) {
	backend := startRaw(t, always("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"+hello))
	tr := newTransport(t, proxy.TransportConfig{})
	t.Run("the exchange is told", func(t *testing.T) {
		var told []string
		header := http.Header{}
		resp, err := tr.Do(newRequest(t, "GET", backend.url(), nil), proxy.Exchange{
			Header: header,
			Informational: func(status int, h http.Header) error {
				told = append(told, http.StatusText(status)+h.Get("Link"))
				return nil
			},
		})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, []string{"Early Hints</a>", "Processing"}, told, "nobody waits for 100")
		require.Equal(t, http.Header{"Content-Length": {"5"}}, header)
	})
	t.Run("a trace is told", func(t *testing.T) {
		var told []int
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
				told = append(told, code)
				return nil
			},
		})
		_, _, err := fetch(t, tr, newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
		require.NoError(t, err)
		require.Equal(t, []int{103, 102}, told)
	})
	t.Run("who is told can end it", func(t *testing.T) {
		enough := errors.New("enough")
		_, err := tr.Do(newRequest(t, "GET", backend.url(), nil), proxy.Exchange{
			Informational: func(int, http.Header) error { return enough },
		})
		require.ErrorIs(t, err, enough)
	})
}

// TestStreams reads pieces as they are sent.
func TestStreams(t *testing.T) {
	for _, tt := range []struct{ name, head, before, after, end string }{
		{"sized", ok + "Content-Length: 9\r\n\r\n", "", "", ""},
		{"chunked", okChunks, "3\r\n", "\r\n", "0\r\n\r\n"},
		{"until the connection is closed", ok + "\r\n", "", "", ""},
	} {
		for _, scheme := range []string{"a small buffer", "a large one"} {
			t.Run(tt.name+" into "+scheme, func(t *testing.T) {
				next := make(chan bool)
				backend := startRaw(t, func(p *peer) {
					p.request()
					p.send(tt.head)
					for range 3 {
						<-next
						p.send(tt.before + "abc" + tt.after)
					}
					<-next
					p.send(tt.end)
				})
				resp, err := newTransport(t, proxy.TransportConfig{}).RoundTrip(newRequest(t, "GET", backend.url(), nil))
				require.NoError(t, err)
				buf := make([]byte, 100)
				if scheme == "a large one" {
					buf = make([]byte, 100_000)
				}
				for range 3 {
					next <- true
					n, err := resp.Body.Read(buf)
					require.Equal(t, "abc", string(buf[:n]))
					if err != nil {
						require.Equal(t, io.EOF, err)
					}
				}
				next <- true
				n, err := resp.Body.Read(buf)
				require.Zero(t, n)
				require.Equal(t, io.EOF, err)
				require.NoError(t, resp.Body.Close())
			})
		}
	}
}

// TestNothingIsAdded checks that a type is not made up for what has none.
func TestNothingIsAdded(t *testing.T) {
	backend := startRaw(t, always(hello))
	resp, err := newTransport(t, proxy.TransportConfig{}).RoundTrip(newRequest(t, "GET", backend.url(), nil))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.Header{"Content-Length": {"5"}}, resp.Header)
}

// TestCutOffForTheClient checks that a client sees a response as cut off if it is.
func TestCutOffForTheClient(t *testing.T) {
	for name, script := range map[string]func(*peer){
		"a sized body":                         then(okFive+"hel", closes),
		"a chunked body":                       then(okChunks+"5\r\nhello\r\n", closes),
		"a body that ends with the connection": then(ok+"\r\nhello", func(p *peer) { p.awaitRead(); p.reset() }),
	} {
		t.Run(name, func(t *testing.T) {
			backend := startRaw(t, script)
			edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
			front := httptest.NewServer(edge.Handler(forward(newTransport(t, proxy.TransportConfig{}), backend.url())))
			t.Cleanup(front.Close)
			resp, err := http.Get(front.URL)
			if err != nil {
				return // cut off before anything was sent
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			require.Error(t, err)
		})
	}
}

// TestBodyIsClosedWhileRead unblocks whoever reads.
func TestBodyIsClosedWhileRead(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, then(okFive+"h", waits))
	resp, err := newTransport(t, proxy.TransportConfig{}).RoundTrip(newRequest(t, "GET", backend.url(), nil))
	require.NoError(t, err)
	buf := make([]byte, 10)
	n, err := resp.Body.Read(buf)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	failed := make(chan error)
	go func() {
		_, err := resp.Body.Read(buf)
		failed <- err
	}()
	require.NoError(t, resp.Body.Close())
	require.ErrorIs(t, <-failed, http.ErrBodyReadAfterClose)
	_, err = resp.Body.Read(buf)
	require.Equal(t, http.ErrBodyReadAfterClose, err)
	require.NoError(t, resp.Body.Close())
}
