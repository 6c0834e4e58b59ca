package main

import (
	"log"
	"net/http"
	"time"

	chi "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

// accesslogRows are about a line for each request, of which the time is that of
// the whole request.
func accesslogRows() []pair.Row {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(page1K) })
	row := func(peer string, limits []pair.Bound, other func(http.Handler) http.Handler) pair.Row {
		return pair.Row{
			Name:   "accesslog/combined",
			Peer:   peer,
			Bounds: append(limits, pair.MaxTime(1500*time.Nanosecond), pair.MaxAllocs(2)),
			Setup: func(t pair.TB) (ours, theirs pair.Op) {
				logged := accesslog.New(accesslog.Config{Output: nowhere{}, Format: accesslog.Compile("{combined}")})
				return serve(t, middleware.Wrap(page, logged), get("/some/page?x=y"), 1<<10),
					serve(t, other(page), get("/some/page?x=y"), 1<<10)
			},
		}
	}
	return []pair.Row{
		row("gorilla's CombinedLoggingHandler", []pair.Bound{pair.MaxRatio(0.6)}, func(h http.Handler) http.Handler {
			return handlers.CombinedLoggingHandler(nowhere{}, h)
		}),
		row("chi's RequestLogger", []pair.Bound{pair.MaxRatio(0.6)}, chi.RequestLogger(&chi.DefaultLogFormatter{
			Logger: log.New(nowhere{}, "", log.LstdFlags), NoColor: true,
		})),
	}
}

var page1K = make([]byte, 1<<10)

// Nowhere discards what is written to it, as io.Discard does, for which package
// log would not even format a line.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
