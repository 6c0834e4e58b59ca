package proxy_test

import (
	"bytes"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// A given writer notes what it is given to read from.
type given struct {
	bytes.Buffer
	from []io.Reader
}

func (g *given) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		g.from = append(g.from, l.R)
	}
	return g.Buffer.ReadFrom(r)
}

// TestWriteTo checks who copies a body: the kernel can only if the writer is given
// the connection itself.
func TestWriteTo(t *testing.T) {
	for _, tt := range []struct {
		name, response string
		close, handed  bool
	}{
		{"a sized body", ok + "Content-Length: 1048576\r\n\r\n" + million, false, true},
		{"a body that ends with the connection", ok + "\r\n" + million, true, true},
		{"a chunked body", okChunks + "100000\r\n" + million + "\r\n0\r\n\r\n", false, false},
		{"a body that came with the head", hello, false, false},
		{"an empty body", ok + "Content-Length: 0\r\n\r\n", false, false},
	} {
		for _, timeout := range []time.Duration{0, time.Minute} {
			t.Run(tt.name, func(t *testing.T) {
				middlewaretest.NoLeaks(t)
				backend := startRaw(t, func(p *peer) {
					for p.request() != nil {
						p.send(tt.response)
						if tt.close {
							return
						}
					}
				})
				tr := newTransport(t, proxy.TransportConfig{BodyTimeout: timeout})
				want := get(t, tr, backend.url())
				var g given
				resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
				require.NoError(t, err)
				n, err := io.Copy(&g, resp.Body)
				require.NoError(t, err)
				require.EqualValues(t, len(want), n)
				require.True(t, want == g.String())
				require.NoError(t, resp.Body.Close())
				require.Equal(t, tt.handed, len(g.from) > 0)
				for _, from := range g.from {
					_, ok := from.(syscall.Conn)
					require.True(t, ok)
				}
				if !tt.close {
					require.Equal(t, want, get(t, tr, backend.url()))
					require.Equal(t, 1, backend.count())
				}

				var plain bytes.Buffer
				resp, err = tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
				require.NoError(t, err)
				_, err = io.Copy(struct{ io.Writer }{&plain}, resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.True(t, want == plain.String())
			})
		}
	}
}

// TestWriteToCutOff checks that a body that ends early is not taken for whole, and
// that a connection is not used again when a writer failed: bytes may be lost in
// a pipe between the two.
func TestWriteToCutOff(t *testing.T) {
	short := startRaw(t, func(p *peer) {
		p.request()
		p.send(ok + "Content-Length: 2097152\r\n\r\n" + million)
	})
	whole := startRaw(t, always(ok+"Content-Length: 1048576\r\n\r\n"+million))
	for _, timeout := range []time.Duration{0, time.Minute} {
		tr := newTransport(t, proxy.TransportConfig{BodyTimeout: timeout})
		resp, err := tr.RoundTrip(newRequest(t, "GET", short.url(), nil))
		require.NoError(t, err)
		n, err := io.Copy(new(given), resp.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.EqualValues(t, 1<<20, n)
		require.NoError(t, resp.Body.Close())

		before := whole.count()
		resp, err = tr.RoundTrip(newRequest(t, "GET", whole.url(), nil))
		require.NoError(t, err)
		_, err = io.Copy(full{}, resp.Body)
		require.ErrorIs(t, err, io.ErrShortBuffer)
		_, err = resp.Body.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.ErrShortBuffer)
		require.NoError(t, resp.Body.Close())
		require.Len(t, get(t, tr, whole.url()), 1<<20)
		require.Equal(t, before+2, whole.count())
	}
}

// A full writer takes some and then fails.
type full struct{}

func (full) Write(p []byte) (int, error) { return len(p), nil }

func (full) ReadFrom(r io.Reader) (int64, error) {
	n, _ := io.CopyN(io.Discard, r, 100)
	return n, io.ErrShortBuffer
}

// TestSlowClient has a client that takes longer than the backend may: the backend
// is not to blame.
func TestSlowClient(t *testing.T) {
	backend := startRaw(t, always(ok+"Content-Length: 1048576\r\n\r\n"+million))
	tr := newTransport(t, proxy.TransportConfig{BodyTimeout: 50 * time.Millisecond})
	resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
	require.NoError(t, err)
	n, err := io.Copy(new(slow), resp.Body)
	require.NoError(t, err)
	require.EqualValues(t, 1<<20, n)
	require.NoError(t, resp.Body.Close())
}

type slow struct{ reads int }

func (s *slow) Write(p []byte) (int, error) { return len(p), nil }

func (s *slow) ReadFrom(r io.Reader) (int64, error) {
	if s.reads++; s.reads <= 2 {
		<-time.After(100 * time.Millisecond)
	}
	return io.Copy(io.Discard, r)
}

// TestBodyTimeout has a backend that stalls in the middle of a body that a writer
// reads by itself.
func TestBodyTimeout(t *testing.T) {
	backend := startRaw(t, func(p *peer) {
		p.request()
		p.send(ok + "Content-Length: 2097152\r\n\r\n" + million)
		p.ended()
	})
	tr := newTransport(t, proxy.TransportConfig{BodyTimeout: 50 * time.Millisecond})
	resp, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
	require.NoError(t, err)
	_, err = io.Copy(new(given), resp.Body)
	require.Equal(t, http.StatusGatewayTimeout, asError(t, err).StatusCode())
	require.NoError(t, resp.Body.Close())
}
