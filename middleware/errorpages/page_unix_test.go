//go:build unix

package errorpages_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
)

// TestPageBecomesAPipe checks that no request waits for the other end of a pipe
// that takes the place of a page between a look at it and its opening.
func TestPageBecomesAPipe(t *testing.T) {
	root := site(t, map[string]string{"any.html": "<p>sorry"})
	page := filepath.Join(root.Dir, "any.html")
	h := errorpages.New(errorpages.Config{Root: root, Default: "any.html", Log: slog.New(slog.DiscardHandler)})(middleware.Status(404))
	var done atomic.Bool
	var exchanger sync.WaitGroup
	exchanger.Go(func() {
		next := page + ".next"
		for !done.Load() {
			if syscall.Mkfifo(next, 0o600) != nil || os.Rename(next, page) != nil ||
				os.WriteFile(next, []byte("<p>sorry"), 0o600) != nil || os.Rename(next, page) != nil {
				t.Error("cannot exchange the page")
				return
			}
		}
	})
	bodies := map[string]bool{}
	for range 20_000 {
		w := httptest.NewRecorder()
		_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.NoError(t, err)
		bodies[w.Body.String()] = true
	}
	done.Store(true)
	exchanger.Wait()
	require.Equal(t, map[string]bool{"<p>sorry": true, "404 Not Found\n": true}, bodies)
}
