package basicauth_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
)

// A slow secret takes a second to find any password but "x" wrong, and panics at
// "panic".
type slow struct{ now, most, all *atomic.Int32 }

func newSlow() slow { return slow{new(atomic.Int32), new(atomic.Int32), new(atomic.Int32)} }

func (slow) Cost() string { return "slow" }

func (s slow) Matches(password string) bool {
	s.all.Add(1)
	defer s.now.Add(-1)
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	time.Sleep(time.Second) // of a bubble of testing/synctest
	if password == "panic" {
		panic("no such secret")
	}
	return password == "x"
}

func guarded(s basicauth.Secret, g *basicauth.Gate) *basicauth.Handler {
	return basicauth.NewHandler(middleware.Status(200), basicauth.Config{
		Rules: []basicauth.Rule{{User: "ada", Secret: s}}, Gate: g, Remember: time.Minute,
	})
}

// TestOneFlight checks that those who try the same at the same time have it worked
// out once, right or wrong.
func TestOneFlight(t *testing.T) {
	for password, want := range map[string]int{"x": 200, "y": 401} {
		synctest.Test(t, func(t *testing.T) {
			s := newSlow()
			h := guarded(s, nil)
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", password))
					if status != want || err != nil {
						t.Errorf("got %d, %v; want %d", status, err, want)
					}
				})
			}
			all.Wait()
			require.EqualValues(t, 1, s.all.Load())
		})
	}
}

// TestGate checks that no more is worked out at a time than the gate lets through,
// and what becomes of the others.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlow()
		gate := basicauth.NewGate(2, 2500*time.Millisecond)
		sites := []*basicauth.Handler{guarded(s, gate), guarded(s, gate)}
		var counts [600]atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				w := httptest.NewRecorder()
				status, err := sites[i%2].ServeHTTP(w, request("/", "ada", string(rune('A'+i))))
				counts[status].Add(1)
				if status == 503 {
					require.EqualError(t, err, "basicauth: too many passwords to work out")
					require.Equal(t, "1", w.Header().Get("Retry-After"))
					require.Empty(t, w.Header().Get("WWW-Authenticate"))
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 2, s.most.Load())
		require.EqualValues(t, 6, counts[401].Load())
		require.EqualValues(t, 14, counts[503].Load())
	})
}

// TestRememberedDoNotWait checks that who has got in before gets in although the
// gate is crowded, until that is forgotten.
func TestRememberedDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlow()
		h := guarded(s, basicauth.NewGate(1, time.Nanosecond))
		try := func(password string) int {
			status, _ := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", password))
			return status
		}
		require.Equal(t, 200, try("x"))
		var other sync.WaitGroup
		other.Go(func() { try("y") })
		synctest.Wait()
		require.Equal(t, 503, try("z"))
		require.Equal(t, 200, try("x"))
		other.Wait()
		time.Sleep(time.Minute)
		other.Go(func() { try("y") })
		synctest.Wait()
		require.Equal(t, 503, try("x"), "forgotten")
		other.Wait()
	})
}

// TestClientThatLeaves checks that it is not waited for, that those who tried the
// same are not left with its fate, and that nothing stays locked.
func TestClientThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlow()
		h := guarded(s, basicauth.NewGate(1, time.Minute))
		var all sync.WaitGroup
		all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "busy")) })
		synctest.Wait()

		ctx, leave := context.WithCancel(t.Context())
		all.Go(func() {
			status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "x").WithContext(ctx))
			if status != middleware.StatusClientClosed || err == nil {
				t.Errorf("got %d, %v", status, err)
			}
		})
		synctest.Wait()
		for range 3 {
			all.Go(func() {
				status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "x"))
				if status != 200 || err != nil {
					t.Errorf("got %d, %v", status, err)
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		require.EqualValues(t, 2, s.all.Load())
	})
}

// TestSecretThatPanics checks that it leaves nothing locked, as Caddy 1.0.5 did by
// an error.
func TestSecretThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(newSlow(), basicauth.NewGate(1, time.Minute))
		for range 2 {
			require.Panics(t, func() { h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "panic")) })
		}
		status, err := h.ServeHTTP(httptest.NewRecorder(), request("/", "ada", "x"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
	})
}
