package main

import (
	"io"
	"net/http"
	"time"

	"github.com/felixge/httpsnoop"
	chi "github.com/go-chi/chi/v5/middleware"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
)

// recorderRows are about finding out what was sent, of which each side finds out
// the same.
func recorderRows() []pair.Row {
	body := []byte("created\n")
	answer := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.Write(body)
	}
	var seen httpsnoop.Metrics
	edge := func(w http.ResponseWriter, r *http.Request) (int, error) {
		answer(w, r)
		rec := middleware.Record(w) // the edge's
		seen.Code, seen.Written = rec.Status(), rec.Size()
		return 0, nil
	}
	compare := func(ours middleware.AppHandler, peer http.HandlerFunc) func(pair.TB) (pair.Op, pair.Op) {
		return func(t pair.TB) (pair.Op, pair.Op) {
			size := int64(len(body))
			return serve(t, ours, get("/"), size), serve(t, peer, get("/"), size)
		}
	}
	return []pair.Row{{
		Name:   "recorder/status and size",
		Peer:   "httpsnoop.Wrap",
		Gap:    "an edge tells tracers of the request, which takes about 10 ns",
		Bounds: []pair.Bound{pair.MaxRatio(0.15).Until(0.17), pair.MaxAllocs(1)},
		Setup: compare(edge, func(w http.ResponseWriter, r *http.Request) {
			seen = httpsnoop.Metrics{}
			answer(httpsnoop.Wrap(w, hooks(&seen)), r)
		}),
	}, {
		Name:   "recorder/status, size and time",
		Peer:   "httpsnoop.CaptureMetrics",
		Gap:    "looking at the clock twice, as both sides do, takes longer than all the rest of ours",
		Bounds: []pair.Bound{pair.MaxRatio(0.15).Until(0.25), pair.MaxAllocs(1)},
		Setup: compare(
			func(w http.ResponseWriter, r *http.Request) (int, error) {
				start := time.Now()
				status, err := edge(w, r)
				seen.Duration = time.Since(start)
				return status, err
			},
			func(w http.ResponseWriter, r *http.Request) {
				seen = httpsnoop.CaptureMetrics(http.HandlerFunc(answer), w, r)
			}),
	}, {
		Name:   "recorder/status and size",
		Peer:   "chi's WrapResponseWriter",
		Gap:    "an edge tells tracers of the request, which takes about 10 ns",
		Bounds: []pair.Bound{pair.MaxRatio(0.6).Until(0.65), pair.MaxAllocs(1)},
		Setup: compare(
			edge,
			func(w http.ResponseWriter, r *http.Request) {
				ww := chi.NewWrapResponseWriter(w, r.ProtoMajor)
				answer(ww, r)
				seen.Code, seen.Written = ww.Status(), int64(ww.BytesWritten())
			}),
	}}
}

// hooks returns those that CaptureMetrics has.
func hooks(seen *httpsnoop.Metrics) httpsnoop.Hooks {
	header := func(status int) {
		if seen.Code == 0 {
			seen.Code = status
		}
	}
	return httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				next(status)
				header(status)
			}
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(p []byte) (int, error) {
				n, err := next(p)
				seen.Written += int64(n)
				header(http.StatusOK)
				return n, err
			}
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) {
				n, err := next(src)
				seen.Written += n
				header(http.StatusOK)
				return n, err
			}
		},
	}
}
