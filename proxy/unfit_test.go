package proxy_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// An ailing target fails all its checks.
type ailing struct{}

func (ailing) Check(context.Context, *upstream.Upstream) error { return errors.New("ailing") }

// TestNobodyIsFit checks that a request nobody can answer is told so at once: nothing is
// dialed, and no time is waited for.
func TestNobodyIsFit(t *testing.T) {
	targets, err := upstream.Parse("192.0.2.1:80", "192.0.2.2:80")
	require.NoError(t, err)
	one := &upstream.Passive{MaxFails: 1, MaxPercent: 100}
	for _, tt := range []struct {
		name   string
		config upstream.Config
		fails  bool
		busy   int
		want   error
	}{
		{"there is none", upstream.Config{}, false, 0, upstream.ErrNone},
		{"checks failed", upstream.Config{Targets: targets, Active: upstream.Active{Checker: ailing{}, Fall: 1}}, false, 0, upstream.ErrNone},
		{"requests failed", upstream.Config{Targets: targets, Passive: *one}, true, 0, upstream.ErrNone},
		{"circuits are open", upstream.Config{Targets: targets, Breaker: upstream.Breaker{Ratio: .5, Results: 1}, Passive: upstream.Passive{MaxFails: -1}}, true, 0, upstream.ErrNone},
		{"all are full", upstream.Config{Targets: targets, MaxConns: 1}, false, 2, upstream.ErrFull},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.config.Observe = func(upstream.Event) {}
				g := upstream.New(tt.config)
				defer g.Close()
				if len(tt.config.Targets) > 0 {
					require.NoError(t, g.Start(t.Context()))
				}
				<-time.After(time.Minute)
				synctest.Wait()
				for range 2 {
					if tt.fails {
						p, err := g.Pick(t.Context(), nil, nil)
						require.NoError(t, err)
						p.Done(upstream.Result{Err: errors.New("refused")})
					}
				}
				for range tt.busy {
					_, err := g.Pick(t.Context(), nil, nil)
					require.NoError(t, err)
				}
				h := proxy.NewHandler(nil, proxy.Config{Upstreams: g, Transport: proxy.NewTransport(proxy.TransportConfig{})})
				began := time.Now()
				status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
				require.Equal(t, 503, status)
				require.ErrorIs(t, err, tt.want)
				require.Zero(t, time.Since(began))
			})
		})
	}
}
