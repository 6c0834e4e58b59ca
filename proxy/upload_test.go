package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// A watched body counts how often it is read and closed.
type watched struct {
	io.Reader
	reads, closes atomic.Int32
}

func (b *watched) Read(p []byte) (int, error) { b.reads.Add(1); return b.Reader.Read(p) }
func (b *watched) Close() error               { b.closes.Add(1); return nil }

func TestExpect(t *testing.T) {
	expecting := func(t *testing.T, backend *raw, body io.Reader) *http.Request {
		r := newRequest(t, "POST", backend.url(), body)
		r.Header.Set("Expect", "100-continue")
		r.ContentLength = 5
		return r
	}
	t.Run("the body is sent once it is asked for", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		body := &watched{Reader: strings.NewReader("small")}
		backend := startRaw(t, func(p *peer) {
			for r := p.head(); r != nil; r = p.head() {
				if body.reads.Load() > 0 {
					p.send("HTTP/1.1 500 Too Early\r\n\r\n")
					return
				}
				p.send("HTTP/1.1 100 Continue\r\n\r\n")
				text, _ := io.ReadAll(r.Body)
				p.send(fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n%s", len(text), text))
			}
		})
		var told []int
		resp, err := newTransport(t, proxy.TransportConfig{}).Do(expecting(t, backend, body), proxy.Exchange{
			Informational: func(status int, _ http.Header) error {
				told = append(told, status)
				return nil
			},
		})
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "small", string(text))
		require.Equal(t, []int{100}, told)
		require.EqualValues(t, 1, body.closes.Load())
	})
	t.Run("the body is not touched if the answer is final", func(t *testing.T) {
		body := &watched{Reader: strings.NewReader("small")}
		backend := startRaw(t, func(p *peer) {
			for p.head() != nil {
				p.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
			}
		})
		tr := newTransport(t, proxy.TransportConfig{})
		for range 2 {
			status, text, err := fetch(t, tr, expecting(t, backend, body))
			require.NoError(t, err)
			require.Equal(t, "401 no", fmt.Sprint(status, " ", text))
		}
		require.Zero(t, body.reads.Load())
		require.EqualValues(t, 2, body.closes.Load())
		require.Equal(t, 2, backend.count(), "a backend may still wait for the body")
	})
	t.Run("the body is sent if there is no answer", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		status, _, err := fetch(t, newTransport(t, proxy.TransportConfig{ContinueTimeout: time.Millisecond}),
			expecting(t, backend, strings.NewReader("small")))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	})
}

// TestEarlyAnswer has a backend refuse a body and close, again and again: what it
// says is more than that it does not read on.
func TestEarlyAnswer(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
	})
	tr := newTransport(t, proxy.TransportConfig{})
	for i := range 40 {
		size := []int{1 << 10, 64 << 10, 128 << 10, 4 << 20}[i%4]
		status, text, err := fetch(t, tr, newRequest(t, "POST", backend.url(), bytes.NewReader(make([]byte, size))))
		require.NoError(t, err, "%d bytes", size)
		require.Equal(t, "413 big", fmt.Sprint(status, " ", text))
	}
}

// TestBothWrite has a backend that does not read a body before somebody reads its
// answer.
func TestBothWrite(t *testing.T) {
	const answer = 8 << 20
	script := func(p *peer) {
		for r := p.head(); r != nil; r = p.head() {
			p.send(fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n", answer))
			p.send(strings.Repeat("x", answer))
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	backend := startRawOn(t, small{l}, script)
	tr := newTransport(t, proxy.TransportConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
		}
		return c, err
	}})
	for _, size := range []int{64 << 10, 8 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			for range 2 {
				resp, err := tr.RoundTrip(newRequest(t, "POST", backend.url(), bytes.NewReader(make([]byte, size))))
				require.NoError(t, err)
				n, err := io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)
				require.EqualValues(t, answer, n)
				require.NoError(t, resp.Body.Close())
			}
		})
	}
}

// A small listener's connections have next to no room.
type small struct{ net.Listener }

func (s small) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	return c, err
}

// TestBothWays speaks with a backend that answers while it is spoken to.
func TestBothWays(t *testing.T) {
	for _, scheme := range []string{"http", "h2c"} {
		t.Run(scheme, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rc := http.NewResponseController(w)
				_ = rc.EnableFullDuplex()
				w.Header().Set("Trailer", "Sum")
				buf := make([]byte, 10)
				for {
					n, err := r.Body.Read(buf)
					w.Write(buf[:n])
					rc.Flush()
					if err != nil {
						break
					}
				}
				w.Header().Set("Sum", r.Trailer.Get("Count"))
			}))
			srv.Config.Protocols = new(http.Protocols)
			srv.Config.Protocols.SetHTTP1(true)
			srv.Config.Protocols.SetUnencryptedHTTP2(true)
			srv.Start()
			t.Cleanup(srv.Close)
			tr := newTransport(t, proxy.TransportConfig{})
			pr, pw := io.Pipe()
			r := newRequest(t, "POST", scheme+strings.TrimPrefix(srv.URL, "http")+"/", pr)
			r.Trailer = http.Header{"Count": nil}
			go io.WriteString(pw, "0")
			resp, err := tr.RoundTrip(r)
			require.NoError(t, err)
			buf := make([]byte, 10)
			for i := range 10 {
				n, err := resp.Body.Read(buf)
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint(i), string(buf[:n]))
				if i < 9 {
					io.WriteString(pw, fmt.Sprint(i+1))
				}
			}
			r.Trailer["Count"] = []string{"ten"}
			require.NoError(t, pw.Close())
			rest, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Empty(t, rest)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.Header{"Sum": {"ten"}}, resp.Trailer)
		})
	}
}

func TestUploadsThatFail(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		body   io.Reader
		length int64
		want   error
		sent   bool
	}{
		{"a small body that breaks", io.MultiReader(strings.NewReader("sma"), failing{broken}), 5, broken, false},
		{"a small body that is short", strings.NewReader("sma"), 5, io.ErrUnexpectedEOF, false},
		{"a large body that breaks", io.MultiReader(strings.NewReader(million), failing{broken}), 2 << 20, broken, true},
		{"a large body that is short", strings.NewReader(million), 2 << 20, io.ErrUnexpectedEOF, true},
		{"a body of unknown length that breaks", io.MultiReader(strings.NewReader("sma"), failing{broken}), -1, broken, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			complete := make(chan bool, 1)
			backend := startRaw(t, func(p *peer) {
				if r := p.head(); r != nil {
					_, err := io.Copy(io.Discard, r.Body)
					complete <- err == nil
				}
			})
			body := &watched{Reader: tt.body}
			r := newRequest(t, "POST", backend.url(), body)
			r.ContentLength = tt.length
			_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), r)
			require.ErrorIs(t, err, tt.want)
			e := asError(t, err)
			require.Equal(t, proxy.OpUpload, e.Op)
			require.Equal(t, tt.sent, e.Sent)
			require.Zero(t, e.StatusCode(), "it is not the backend's fault")
			middlewaretest.Eventually(t, func() bool { return body.closes.Load() == 1 })
			if tt.sent {
				require.False(t, <-complete, "what was cut off must not look whole")
			}
		})
	}
	t.Run("a body that is longer than it was to be", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		for _, size := range []int{5, 1 << 20} {
			r := newRequest(t, "POST", backend.url(), io.MultiReader(strings.NewReader(million), strings.NewReader("x")))
			r.ContentLength = int64(size)
			resp, err := newTransport(t, proxy.TransportConfig{}).RoundTrip(r)
			if err == nil { // the backend was faster
				require.NoError(t, resp.Body.Close())
				continue
			}
			require.ErrorContains(t, err, "request body: longer than its Content-Length")
		}
	})
	t.Run("a body that is longer than is allowed", func(t *testing.T) {
		backend := startRaw(t, always(hello))
		for _, size := range []int64{10, 1 << 20, -1} {
			r := newRequest(t, "POST", backend.url(), http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(million)), 9))
			r.ContentLength = size
			_, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), r)
			require.Equal(t, http.StatusRequestEntityTooLarge, middleware.StatusOf(r, err))
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestInterrupt checks that nobody reads a request's body any more once the
// exchange is over, whichever way it ended.
func TestInterrupt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(*peer)
		fails  bool
	}{
		{"after an early answer", func(p *peer) { p.head(); p.send(hello); p.ended() }, false},
		{"after an early answer without a body", func(p *peer) { p.head(); p.send("HTTP/1.1 204 No\r\n\r\n"); p.ended() }, false},
		{"after a failure", func(p *peer) { p.head(); p.send("nonsense\r\n"); p.ended() }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			backend := startRaw(t, tt.script)
			tr := newTransport(t, proxy.TransportConfig{})
			var reading atomic.Int32
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rc := http.NewResponseController(w)
				_ = rc.EnableFullDuplex()
				out := newRequest(t, "POST", backend.url(), counting{r.Body, &reading})
				resp, err := tr.Do(out, proxy.Exchange{Interrupt: func() { _ = rc.SetReadDeadline(time.Unix(1, 0)) }})
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				w.Header().Set("Reading", fmt.Sprint(reading.Load()))
				if err != nil {
					w.WriteHeader(http.StatusBadGateway)
				}
			}))
			t.Cleanup(front.Close)
			c, err := net.Dial("tcp", front.Listener.Addr().String())
			require.NoError(t, err)
			defer c.Close()
			_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n") // and no more
			require.NoError(t, err)
			resp, err := http.ReadResponse(newBuf(c), nil)
			require.NoError(t, err)
			require.Equal(t, "0", resp.Header.Get("Reading"))
			require.Equal(t, tt.fails, resp.StatusCode == http.StatusBadGateway)
		})
	}
}

// A counting body knows how many reads there are of it.
type counting struct {
	io.ReadCloser
	reading *atomic.Int32
}

func (c counting) Read(p []byte) (int, error) {
	c.reading.Add(1)
	defer c.reading.Add(-1)
	return c.ReadCloser.Read(p)
}
