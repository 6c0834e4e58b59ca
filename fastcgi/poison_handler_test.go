package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

// parrot repeats the token, and all of the body, of what it is asked. Now and then it
// dies.
func parrot(p *peer) {
	random := rand.New(rand.NewPCG(3, uint64(p.n)))
	for r := p.request(); r != nil; r = p.request() {
		text := "Content-Type: text/plain\r\n\r\n" + r.params["HTTP_X_TOKEN"] + " " + string(r.body)
		if random.IntN(100) == 0 {
			p.out(text[:random.IntN(len(text))])
			return
		}
		p.reply(text)
	}
}

// TestNothingForeignToClients is TestNothingForeign for a Handler, of which requests
// share buffers for parameters and bodies, too.
func TestNothingForeignToClients(t *testing.T) {
	const requests = 800
	a, b := startApp(t, parrot), startApp(t, parrot)
	srv := serve(t, fastcgi.Config{Upstreams: group(t, a.target(), b.target()), BodyMemory: 100_000, TempDir: t.TempDir()})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: foreigners}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	var next, answered atomic.Int64
	for g := range foreigners {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(4, uint64(g)))
			for i := next.Add(1); i <= requests; i = next.Add(1) {
				ctx, cancel := context.WithCancel(t.Context())
				token := fmt.Sprintf("<%d-%d>", g, i)
				body := strings.Repeat(token, random.IntN(1+random.IntN(20_000)))
				var reader io.Reader = strings.NewReader(body)
				if random.IntN(2) == 0 {
					reader = io.MultiReader(reader) // of unknown length
				}
				r, err := http.NewRequestWithContext(ctx, []string{"GET", "POST"}[random.IntN(2)], srv.URL, reader)
				if err != nil {
					t.Error(err)
				}
				r.Header.Set("X-Token", token)
				if random.IntN(50) == 0 {
					go cancel()
				}
				if resp, err := client.Do(r); err == nil {
					got, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					want := token + " " + body
					switch {
					case resp.StatusCode != 200:
					case err == nil && string(got) == want:
						answered.Add(1)
					case err == nil, !strings.HasPrefix(want, string(got)):
						t.Errorf("%s has got %d bytes of %d: %.50q, %v", token, len(got), len(want), got, err)
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	require.Greater(t, answered.Load(), int64(requests*9/10))
}
