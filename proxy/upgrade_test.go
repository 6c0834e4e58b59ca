package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

func upgrading(t testing.TB, url string) *http.Request {
	r := newRequest(t, "GET", url, nil)
	r.Header.Set("Connection", "keep-alive, Upgrade")
	r.Header.Set("Upgrade", "websocket")
	return r
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"

func TestUpgrade(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, func(p *peer) {
		if r := p.request(); r.Header.Get("Upgrade") != "websocket" || p.br.Buffered() > 0 {
			return
		}
		p.send(switching + "early ")
		_, _ = io.Copy(p, p.br) // until CloseWrite
		p.send(" bye")
	})
	tr := newTransport(t, proxy.TransportConfig{})
	for range 2 {
		resp, err := tr.RoundTrip(upgrading(t, backend.url()))
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		require.Equal(t, "WebSocket", resp.Header.Get("Upgrade"))
		conn := resp.Body.(*proxy.Upgraded)
		_, err = io.WriteString(conn, "one ")
		require.NoError(t, err)
		_, err = io.Copy(conn, strings.NewReader("two"))
		require.NoError(t, err)
		require.NoError(t, conn.CloseWrite())
		var got strings.Builder
		_, err = io.Copy(&got, conn)
		require.NoError(t, err)
		require.Equal(t, "early one two bye", got.String())
		require.NoError(t, conn.Close())
		require.NoError(t, conn.Close())
	}
	require.Equal(t, 2, backend.count())
}

func TestUpgradeEndsWithItsContext(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, func(p *peer) { p.request(); p.send(switching); p.ended() })
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := newTransport(t, proxy.TransportConfig{}).RoundTrip(upgrading(t, backend.url()).WithContext(ctx))
	require.NoError(t, err)
	go cancel()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, resp.Body.Close())
}

func TestUpgradesThatAreRefused(t *testing.T) {
	const unasked = "502 header: malformed response: 101 to what was not asked for"
	for _, tt := range []struct {
		name, response string
		edit           func(*http.Request)
		want           string
	}{
		{"by the backend", hello, nil, "200 hello"},
		{"for it is another protocol", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", nil, unasked},
		{"for there is no Upgrade", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", nil, unasked},
		{"for there are two", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n", nil, unasked},
		{"for there are two in one field", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n", nil, unasked},
		{"for Connection does not say so", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n", nil, unasked},
		{"for it was not asked for", switching, func(r *http.Request) { r.Header = http.Header{} }, unasked},
		{"for Connection did not ask for it", switching, func(r *http.Request) { r.Header.Del("Connection") }, unasked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			backend := startRaw(t, always(tt.response))
			r := upgrading(t, backend.url())
			if tt.edit != nil {
				tt.edit(r)
			}
			status, text, err := fetch(t, newTransport(t, proxy.TransportConfig{}), r)
			if err != nil {
				require.Equal(t, tt.want, describe(t, err))
				return
			}
			require.Equal(t, tt.want, fmt.Sprint(status, " ", text))
		})
	}
}
