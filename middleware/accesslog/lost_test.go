package accesslog_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

// TestLostLinesAreReportedOnce lets the log's disk be full for a while.
func TestLostLinesAreReportedOnce(t *testing.T) {
	for _, name := range []string{"lines", "records"} {
		t.Run(name, func(t *testing.T) {
			var report strings.Builder
			out := &sometimes{full: true}
			c := accesslog.Config{Output: out, Format: accesslog.Compile("{status}")}
			if name == "records" {
				c = accesslog.Config{Logger: slog.New(slog.NewTextHandler(out, nil))}
			}
			h := middleware.Edge{Log: plainLogger(&report)}.Handler(accesslog.New(c)(hello))
			serve := func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				require.Equal(t, "hello", w.Body.String())
			}
			serve()
			serve()
			require.Equal(t, "level=ERROR msg=\"access log cannot be written\" error=\"disk full\"\n", report.String())
			report.Reset()
			out.full = false
			serve()
			serve()
			require.Equal(t, "level=WARN msg=\"access log can be written again\" lost=2\n", report.String())
			require.Equal(t, 2, out.lines)
			report.Reset()
			out.full = true
			serve()
			require.Contains(t, report.String(), "level=ERROR")
		})
	}
}

var errFull = errors.New("disk full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

type sometimes struct {
	full  bool
	lines int
}

func (w *sometimes) Write(p []byte) (int, error) {
	if w.full {
		return 0, errFull
	}
	w.lines++
	return len(p), nil
}
