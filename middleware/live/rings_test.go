package live_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/probe"
)

// sleeps answers after the time that is asked for, and so that the path says whether
// it fails.
func sleeps(_ http.ResponseWriter, r *http.Request) (int, error) {
	d, err := time.ParseDuration(r.FormValue("for"))
	if err != nil {
		return 400, err
	}
	time.Sleep(d)
	if r.URL.Path == "/fail" {
		return 500, errors.New("it was to fail")
	}
	return 204, nil
}

// TestSlow checks that the slow do not push out the very slow.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := live.Open()
		defer recorder.Close()
		h := middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(live.NewHandler(middleware.HandlerFunc(sleeps), live.Config{Recorder: recorder}))
		ask := func(path string, d time.Duration) {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path+"?for="+d.String(), nil))
		}
		ask("/first", 2*time.Minute)
		for i := range 25 {
			ask("/"+strconv.Itoa(i), 20*time.Millisecond)
		}
		ask("/fast", 9*time.Millisecond)

		got := map[time.Duration][]string{}
		totals := map[time.Duration]uint64{}
		for _, r := range recorder.Slow(live.Filter{}) {
			for _, q := range r.Requests {
				got[r.From] = append(got[r.From], strings.Split(q.URI, "?")[0])
			}
			totals[r.From] = r.Total
		}
		require.Equal(t, map[time.Duration][]string{
			100 * time.Second:     {"/first"},
			10 * time.Millisecond: {"/24", "/23", "/22", "/21", "/20", "/19", "/18", "/17", "/16", "/15"},
		}, got)
		require.EqualValues(t, 25, totals[10*time.Millisecond])

		for range 70 {
			ask("/fail", 0)
		}
		last, total := recorder.Errors(live.Filter{})
		require.Len(t, last, 64)
		require.EqualValues(t, 70, total)
		if probe.Watchable {
			require.Equal(t, "it was to fail", last[0].Error)
		}
	})
}

// TestClientsDoNotDecideWhatIsKept checks that a long URI does not stay in memory.
func TestClientsDoNotDecideWhatIsKept(t *testing.T) {
	recorder := open(t)
	serve(recorder, "/"+strings.Repeat("x", 100_000))
	all := recorder.Slow(live.Filter{})
	kept := all[len(all)-1].Requests[0].URI
	require.Less(t, len(kept), 3000)
	require.True(t, strings.HasSuffix(kept, "x…"))
}
