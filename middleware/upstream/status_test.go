package upstream_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestStatus checks that every state is seen, and that what is seen is true.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newChecker(), newSource()
		c.set("a", true)
		targets := weighted(1, 1, 1, 2, 1, 1)
		targets[4].Tier, targets[4].Host = 1, "backup:80"
		s.say(targets, nil)
		g := start(t, upstream.Config{
			Policy:    byField("X-Backend"),
			Sources:   []upstream.Source{s},
			Active:    upstream.Active{Checker: c, Interval: time.Hour},
			Passive:   upstream.Passive{MaxFails: 2},
			Breaker:   upstream.Breaker{Ratio: 1, Results: 3, Open: time.Second},
			SlowStart: time.Minute,
			MaxConns:  2,
		})
		synctest.Wait()
		at := func(which string) *upstream.Pick {
			r := get("/")
			r.Header.Set("X-Backend", which+":80")
			return pick(t, g, r)
		}
		at("b").Done(upstream.Result{Err: errRefused})
		at("b").Done(upstream.Result{Err: errRefused})
		at("c").Done(upstream.Result{Status: 200, Latency: time.Second})
		at("d")
		at("d")
		at("f")
		s.say(append(targets[:5:5], weighted(1, 1, 1, 1, 1, 1, 1)[6]), nil)
		synctest.Wait()
		require.Equal(t, "a down, b ejected, c up, d full, e up, g slow start, f left", states(g))

		w := httptest.NewRecorder()
		middleware.AppHandler(g.ServeStatus).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.JSONEq(t, `{
			"upstreams": [
				{"target": "a:80", "tier": 0, "weight": 1, "state": "down", "fit": false, "active": 0, "requests": 0, "failures": 0, "latency": 0,
				 "checked": "2000-01-01T00:00:00Z", "check_error": "status 500"},
				{"target": "b:80", "tier": 0, "weight": 1, "state": "ejected", "until": "2000-01-01T00:00:10Z", "fit": false,
				 "active": 0, "requests": 2, "failures": 2, "latency": 0, "checked": "2000-01-01T00:00:00Z", "last_error": "connection refused"},
				{"target": "c:80", "tier": 0, "weight": 1, "state": "up", "fit": true,
				 "active": 0, "requests": 1, "failures": 0, "latency": 1000000000, "checked": "2000-01-01T00:00:00Z"},
				{"target": "d:80", "tier": 0, "weight": 2, "state": "full", "fit": true,
				 "active": 2, "requests": 0, "failures": 0, "latency": 0, "checked": "2000-01-01T00:00:00Z"},
				{"target": "e:80", "host": "backup:80", "tier": 1, "weight": 1, "state": "up", "fit": true,
				 "active": 0, "requests": 0, "failures": 0, "latency": 0, "checked": "2000-01-01T00:00:00Z"},
				{"target": "g:80", "tier": 0, "weight": 1, "state": "slow start", "fit": true,
				 "active": 0, "requests": 0, "failures": 0, "latency": 0, "checked": "2000-01-01T00:00:00Z"},
				{"target": "f:80", "tier": 0, "weight": 1, "state": "left", "fit": false,
				 "active": 1, "requests": 0, "failures": 0, "latency": 0}
			],
			"sources": [{"source": "rumours", "targets": 6, "at": "2000-01-01T00:00:00Z"}],
			"queue": {"waiting": 0, "max": 0},
			"retries": {"requests": 6, "retries": 0, "allowed": 3, "denied": 0}
		}`, w.Body.String())
	})
}

func TestServeStatus(t *testing.T) {
	g := newGroup(t, upstream.Config{Targets: weighted(1)})
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405} {
		w := httptest.NewRecorder()
		middleware.AppHandler(g.ServeStatus).ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		require.Equal(t, want, w.Code, method)
	}
}

func TestLogTo(t *testing.T) {
	var log bytes.Buffer
	g := newGroup(t, upstream.Config{
		Targets: weighted(1, 1),
		Passive: upstream.Passive{MaxFails: 1},
		Observe: upstream.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))),
	})
	fail(t, g, "a", 1)
	require.Equal(t, "level=WARN msg=upstream event=ejected target=a:80 error=\"connection refused\" for=10s\n", log.String())
}
