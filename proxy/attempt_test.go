//go:build !noprobe

package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// attempts is an Observer that keeps what it is told of attempts.
type attempts struct {
	middleware.Observer
	begun, ended []middleware.Attempt
}

func (a *attempts) Attempt(at middleware.Attempt)     { a.begun = append(a.begun, at) }
func (a *attempts) AttemptDone(at middleware.Attempt) { a.ended = append(a.ended, at) }
func (a *attempts) Done(middleware.Outcome)           {}

// TestAttemptsAreTold has a request ask a backend that is not there, and then one
// that is.
func TestAttemptsAreTold(t *testing.T) {
	defer probe.Watch()()
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer backend.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	there := backend.Listener.Addr().String()
	nowhere := gone.Listener.Addr().String()
	group := groupOf(t, upstream.Config{
		Targets: []upstream.Target{{Network: "tcp", Addr: nowhere}, {Network: "tcp", Addr: there}},
		Policy:  upstream.First(),
		Passive: upstream.Passive{MaxFails: 1},
	})
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group})
	for _, fresh := range []bool{true, false} {
		o := new(attempts)
		w := httptest.NewRecorder()
		middleware.AppHandler(func(w http.ResponseWriter, r *http.Request) (int, error) {
			middleware.Observe(w, o)
			return h.ServeHTTP(w, r)
		}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, 200, w.Code)
		last := o.ended[len(o.ended)-1]
		require.Equal(t, there, last.Addr)
		require.Equal(t, 200, last.Status)
		require.Less(t, time.Duration(0), last.FirstByte)
		require.Less(t, last.FirstByte, last.Total)
		if fresh {
			require.Equal(t, []middleware.Attempt{{Addr: nowhere}, {Addr: there, Number: 1}}, o.begun)
			require.Less(t, time.Duration(0), last.Connect)
			require.Less(t, last.Connect, last.FirstByte)
			require.Zero(t, o.ended[0].Status)
			require.Positive(t, o.ended[0].Total)
		} else {
			require.Zero(t, last.Connect, "there is a connection already")
		}
	}
}
