package live_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// TestPrometheus checks the text, which is of version 0.0.4 of the format.
func TestPrometheus(t *testing.T) {
	recorder := open(t)
	h := middleware.AppHandler(live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder, Site: "a\"b\\c\nd"}).ServeHTTP)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	for _, header := range []string{"", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"} {
		target := "/debug/latency"
		if header == "" {
			target += "?format=prometheus"
		}
		resp := ask(pages, "GET", target, "Accept", header)
		require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", resp.Header.Get("Content-Type"))
		text := body(t, resp)
		const labels = `site="a\"b\\c\nd",class="2xx"`
		require.Contains(t, text, "# TYPE shallot_request_duration_seconds histogram\n")
		require.Contains(t, text, "shallot_request_duration_seconds_bucket{"+labels+",le=\"+Inf\"} 1\n")
		require.Contains(t, text, "shallot_request_duration_seconds_bucket{"+labels+",le=\"137.438953472\"} 1\n")
		require.Contains(t, text, "shallot_request_duration_seconds_count{"+labels+"} 1\n")
		require.Contains(t, text, `shallot_requests_in_flight{site="a\"b\\c\nd"} 0`+"\n")
	}
}
