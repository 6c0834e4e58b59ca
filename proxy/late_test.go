package proxy_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// TestLateTurn has the time of a question be up before it is asked, as it can be on a
// busy machine: it is asked all the same, and the backend is not said not to read.
func TestLateTurn(t *testing.T) {
	seen := make(chan string, 9)
	backend := startRaw(t, func(p *peer) {
		p.head() // of which the body has not ended yet
		p.send(hello)
		p.br.Discard(len("0\r\n\r\n"))
		for r := p.head(); r != nil; r = p.head() {
			seen <- r.Method
		}
	})
	tr := newTransport(t, proxy.TransportConfig{HeaderTimeout: 1})
	pr, pw := io.Pipe()
	resp, err := tr.RoundTrip(newRequest(t, "POST", backend.url(), pr))
	require.NoError(t, err)
	require.NoError(t, pw.Close())
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	_, err = tr.RoundTrip(newRequest(t, "GET", backend.url(), nil))
	e := asError(t, err)
	require.True(t, e.Reused)
	require.True(t, e.Sent)
	require.Equal(t, "504 header: the backend does not answer", describe(t, err))
	require.Equal(t, "GET", <-seen)
}

// TestHeadInTwoPieces has the beginning of a head come at once, and the rest only after
// longer than the beginning is waited for without more ado.
func TestHeadInTwoPieces(t *testing.T) {
	for _, pieces := range [][]string{
		{"HTTP/1.1 200", " OK\r\nContent-Length: 5\r\n\r\n", "hello"},
		{"HTTP/1.1 103 Early Hints\r\n\r\n", hello, ""},
	} {
		for _, limit := range []time.Duration{0, -1} {
			backend := startRaw(t, func(p *peer) {
				for p.request() != nil {
					for i, piece := range pieces {
						if i > 0 {
							<-time.After(30 * time.Millisecond)
						}
						p.send(piece)
					}
				}
			})
			tr := newTransport(t, proxy.TransportConfig{HeaderTimeout: limit})
			for range 3 {
				require.Equal(t, "hello", get(t, tr, backend.url()))
			}
			require.Equal(t, 1, backend.count())
		}
	}
}

// TestContextEndsWithinAHead has a client leave when only the beginning of a head has
// come.
func TestContextEndsWithinAHead(t *testing.T) {
	begun, left := make(chan bool, 9), make(chan bool, 9)
	backend := startRaw(t, func(p *peer) {
		p.request()
		p.send(hello)
		p.request()
		p.send("HTTP/1.1 2")
		begun <- true
		p.ended()
		left <- true
	})
	tr := newTransport(t, proxy.TransportConfig{})
	require.Equal(t, "hello", get(t, tr, backend.url()))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := tr.RoundTrip(newRequest(t, "GET", backend.url(), nil).WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
	<-left
}
