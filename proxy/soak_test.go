//go:build soak

package proxy_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// TestSoakIdle sends POSTs, which are not repeated, when the backend is just about
// to close the connection for having been idle.
func TestSoakIdle(t *testing.T) {
	for _, tt := range []struct {
		name, keepAlive string
		transports      int
		failures        int32
	}{
		{"announced", "Keep-Alive: timeout=1\r\n", 1, 0},
		{"unannounced", "", 1, 1},
		{"unannounced, and nobody learns from others", "", 250, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			response := ok + tt.keepAlive + "Content-Length: 0\r\n\r\n"
			backend := startRaw(t, func(p *peer) {
				for {
					if p.SetReadDeadline(time.Now().Add(time.Second)) != nil || p.request() == nil {
						return
					}
					p.send(response)
				}
			})
			const clients, posts = 250, 40
			var transports []*proxy.Transport
			for range tt.transports {
				transports = append(transports, newTransport(t, proxy.TransportConfig{}))
			}
			var failed atomic.Int32
			var wg sync.WaitGroup
			for i := range clients {
				tr := transports[i%len(transports)]
				wg.Go(func() {
					random := rand.New(rand.NewPCG(3, uint64(i)))
					for range posts {
						r, err := http.NewRequestWithContext(t.Context(), "POST", backend.url(), strings.NewReader("once"))
						if err != nil {
							t.Error(err)
							return
						}
						resp, err := tr.RoundTrip(r)
						if err != nil {
							failed.Add(1)
							t.Log(err)
							continue
						}
						resp.Body.Close()
						<-time.After(900*time.Millisecond + time.Duration(random.IntN(200_000))*time.Microsecond)
					}
				})
			}
			wg.Wait()
			t.Logf("%d of %d POSTs failed, on %d connections", failed.Load(), clients*posts, backend.count())
			require.LessOrEqual(t, failed.Load(), tt.failures)
		})
	}
}
