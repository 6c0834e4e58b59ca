package live_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestGuarded checks that nobody sees a page, or changes something, who is not let in.
func TestGuarded(t *testing.T) {
	recorder := open(t)
	var level middleware.LogLevel
	live.New(live.Config{Recorder: recorder, Site: "s", Level: &level})
	var paths []string
	for _, name := range []string{"", "requests", "slow", "errors", "latency", "upstreams", "log?level=debug", "trace", "trace.out", "tap", "probes", "probes/latency.bt", "style.css", "none"} {
		paths = append(paths, "/debug/"+name)
	}
	middlewaretest.Guarded(t, func(a middleware.Access) middleware.Handler {
		return middleware.FromHTTP(live.Pages(live.PagesConfig{Recorder: recorder, Access: a}))
	}, paths...)
	_, set := level.Get()
	require.False(t, set)
}

// TestGuardedUnlessSaid checks that the zero PagesConfig lets in this machine alone.
func TestGuardedUnlessSaid(t *testing.T) {
	pages := live.Pages(live.PagesConfig{Recorder: open(t)})
	require.Equal(t, 200, ask(pages, "GET", "/debug/").StatusCode)
	r := httptest.NewRequest("GET", "/debug/", nil) // by 192.0.2.1
	r.Host = "localhost"
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	require.Equal(t, 404, w.Code)
}

// TestNothingIsChangedByGET checks that only PUT changes a level.
func TestNothingIsChangedByGET(t *testing.T) {
	recorder := open(t)
	var level middleware.LogLevel
	live.New(live.Config{Recorder: recorder, Site: "s", Level: &level})
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	require.Equal(t, 400, ask(pages, "GET", "/debug/log?level=debug").StatusCode)
	require.Equal(t, 405, ask(pages, "POST", "/debug/log?level=debug").StatusCode)
	require.Equal(t, 405, ask(pages, "PUT", "/debug/requests?level=debug").StatusCode)
	_, set := level.Get()
	require.False(t, set)
}
