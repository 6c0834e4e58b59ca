package proxy_test

import (
	"io"
	"testing"

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
