//go:build soak

package gzip_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

const (
	soakFor     = 2 * time.Minute
	soakClients = 48
	soakCache   = 4 << 20
	soakAtATime = 32 // bodies that are encoded
)

// TestSoak has clients of all kinds at a server, some of which go away half way, and
// handlers of all kinds, some of which fail. What arrives as if it was whole has to
// be, and nothing may be left when all have gone: no goroutine, no encoder, no place
// among those that may encode.
func TestSoak(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 ", http2), func(t *testing.T) { soak(t, http2) })
	}
}

func soak(t *testing.T, http2 bool) {
	var (
		texts     = textOf(4<<20) + noise(1<<20)
		out       atomic.Int64 // encoders that have not been put back
		lost      atomic.Int64 // those of handlers that panic
		panics    atomic.Int64
		done      [len(soakKinds)]atomic.Int64
		encoded   atomic.Int64
		unchanged atomic.Int64
	)
	layer := func(out *atomic.Int64) middleware.Middleware {
		return gzip.New(gzip.Config{
			Codings: []gzip.Coding{
				borrowed{gzip.Zstd(0), out}, borrowed{gzip.Brotli(0), out}, borrowed{gzip.Gzip(1), out},
			},
			Cache: gzip.NewCache(soakCache), Jitter: 20, MaxConcurrent: soakAtATime, Buffer: 40_000,
		})
	}
	ordinary, panicking := layer(&out), layer(&lost)
	panicks := func(r *http.Request) bool { return r.URL.Query().Get("kind") == "panic" }
	mw := middleware.Chain(
		middleware.When(panicks, panicking),
		middleware.When(func(r *http.Request) bool { return !panicks(r) }, ordinary),
	)
	handler := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		return soaked(w, r, texts, &panics)
	})
	srv := httptest.NewUnstartedServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(mw(handler)))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableHTTP2 = http2
	if http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	defer srv.Close()
	transport := srv.Client().Transport.(*http.Transport)
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = soakClients

	goroutines, before := runtime.NumGoroutine(), heap()
	ctx, cancel := context.WithTimeout(t.Context(), soakFor/2)
	defer cancel()
	var clients sync.WaitGroup
	for i := range soakClients {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			for ctx.Err() == nil {
				kind := r.IntN(len(soakKinds))
				v, err := visit(t.Context(), srv, r, kind, texts)
				if err != nil {
					t.Errorf("%s: %+v: %v", soakKinds[kind], v, err)
					return
				}
				done[kind].Add(1)
				if v.coding != "" {
					encoded.Add(1)
				}
				if v.status == http.StatusNotModified {
					unchanged.Add(1)
				}
			}
		})
	}
	clients.Wait()
	for i, kind := range soakKinds {
		require.NotZero(t, done[i].Load(), kind)
		t.Log(kind, done[i].Load())
	}
	t.Log("encoded", encoded.Load(), "not modified", unchanged.Load(), "panics", panics.Load())
	require.NotZero(t, encoded.Load())
	require.NotZero(t, unchanged.Load())

	// Those whose clients have gone may take a moment to find out.
	transport.CloseIdleConnections()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		stacks := make([]byte, 1<<20)
		t.Fatalf("%d goroutines were %d before\n%s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	require.Zero(t, out.Load(), "encoders that are not back")
	require.LessOrEqual(t, lost.Load(), panics.Load())
	require.Less(t, heap()-before, int64(soakCache+4<<20))
	for _, mw := range []middleware.Middleware{ordinary, panicking} {
		require.Equal(t, soakAtATime, together(t, mw, soakAtATime), "all that may encode at a time")
	}
}

// together returns how many of n responses at a time are encoded.
func together(t *testing.T, mw middleware.Middleware, n int) (encoded int) {
	t.Helper()
	var inside, all sync.WaitGroup
	inside.Add(n)
	h := mw(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain(text)(w, r)
		w.(http.Flusher).Flush()
		inside.Done()
		inside.Wait()
	})))
	codings := make([]string, n)
	for i := range codings {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, ask("GET", "gzip"))
			codings[i] = w.Header().Get("Content-Encoding")
		})
	}
	all.Wait()
	for _, coding := range codings {
		if coding == "gzip" {
			encoded++
		}
	}
	return encoded
}

// A borrowed coding counts encoders that are at work.
type borrowed struct {
	gzip.Coding
	out *atomic.Int64
}

func (b borrowed) NewEncoder() gzip.Encoder {
	return &borrowedEncoder{Encoder: b.Coding.NewEncoder(), out: b.out}
}

type borrowedEncoder struct {
	gzip.Encoder
	out    *atomic.Int64
	atWork bool
}

func (e *borrowedEncoder) Reset(w io.Writer) {
	if atWork := w != nil; atWork != e.atWork {
		e.atWork = atWork
		e.out.Add(map[bool]int64{true: 1, false: -1}[atWork])
	}
	e.Encoder.Reset(w)
}
