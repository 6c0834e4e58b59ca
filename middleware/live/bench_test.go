package live_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// BenchmarkHandler is the layer alone, in front of one that does nothing, at the edge
// of a chain: what it adds is the difference to edge.
func BenchmarkHandler(b *testing.B) {
	nothing := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
	closed := live.Open()
	closed.Close()
	for _, bb := range []struct {
		name   string
		config func(b *testing.B) live.Config
	}{
		{"none", func(*testing.B) live.Config { return live.Config{} }},
		{"closed", func(*testing.B) live.Config { return live.Config{Recorder: closed} }},
		{"open", func(b *testing.B) live.Config { return live.Config{Recorder: open(b)} }},
		{"open, slow", func(b *testing.B) live.Config { return live.Config{Recorder: open(b), Slow: 1} }},
		{"open, reader that stalls", func(b *testing.B) live.Config {
			recorder := open(b)
			if _, err := recorder.Tap(live.Filter{}); err != nil {
				b.Fatal(err)
			}
			return live.Config{Recorder: recorder}
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			h := middleware.AppHandler(live.NewHandler(nothing, bb.config(b)).ServeHTTP)
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/some/page?x=y", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("edge", func(b *testing.B) {
		h := middleware.AppHandler(nothing)
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/some/page?x=y", nil)
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(w, r)
		}
	})
}

// BenchmarkInFlight lists 10,000 requests that are under way.
func BenchmarkInFlight(b *testing.B) {
	const n = 10_000
	recorder := open(b)
	var (
		arrived = make(chan struct{})
		leave   = make(chan struct{})
		left    = make(chan struct{})
	)
	h := middleware.AppHandler(live.NewHandler(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		arrived <- struct{}{}
		<-leave
		return 0, nil
	}), live.Config{Recorder: recorder}).ServeHTTP)
	for i := range n {
		go func() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", fmt.Sprint("/", i), nil))
			left <- struct{}{}
		}()
		<-arrived
	}
	defer func() {
		close(leave)
		for range n {
			<-left
		}
	}()
	b.Run("list", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, got := recorder.InFlight(live.Filter{}, n); got != n {
				b.Fatal(got)
			}
		}
	})
	b.Run("page", func(b *testing.B) {
		pages := live.Pages(live.PagesConfig{Recorder: recorder})
		for b.Loop() {
			if resp := ask(pages, "GET", "/debug/requests"); resp.StatusCode != 200 {
				b.Fatal(resp.StatusCode)
			}
		}
	})
}

func open(t testing.TB) *live.Recorder {
	recorder := live.Open()
	t.Cleanup(func() { recorder.Close() })
	return recorder
}
