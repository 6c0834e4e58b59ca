package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// chainRows are about what Chain adds to layers, on which there is nothing but
// the layers to hide it.
func chainRows() (rows []pair.Row) {
	for _, layers := range []int{1, 4, 8} {
		limit := pair.MaxRatio(1.05)
		if probe.Watchable {
			limit = pair.MaxExtra(time.Duration(layers) * 5 * time.Nanosecond) // a call more for each layer
		}
		rows = append(rows, pair.Row{
			Name:   fmt.Sprintf("chain/%d", layers),
			Peer:   "handlers nested by hand",
			Bounds: []pair.Bound{limit, pair.MaxExtraAllocs(0)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				var (
					mw     []middleware.Middleware
					nested middleware.Handler = nothing
				)
				for range layers {
					mw = append(mw, func(next middleware.Handler) middleware.Handler { return &empty{next} })
					nested = &empty{nested}
				}
				chained := middleware.Chain(mw...)(nothing)
				w, r := newSink(), get("/")
				call := func(h middleware.Handler) pair.Op {
					return pair.Op{Do: func() {
						if _, err := h.ServeHTTP(w, r); err != nil {
							t.Fatal(err)
						}
					}}
				}
				return call(chained), call(nested)
			},
		})
	}
	return rows
}

// An empty layer does nothing.
type empty struct{ next middleware.Handler }

func (e *empty) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	return e.next.ServeHTTP(w, r)
}

// Nothing is what lies behind all layers where they alone matter.
var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
