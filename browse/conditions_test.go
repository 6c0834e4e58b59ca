package browse_test

import (
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
)

// TestLastModifiedIsOld checks that a listing that changed within the last two
// seconds has an ETag only: it may change again in the second that is told.
func TestLastModifiedIsOld(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": ""})
	c := in(t, dir)
	synctest.Test(t, func(t *testing.T) {
		h := browse.NewHandler(middleware.Status(404), c)
		changed := time.Now()
		require.NoError(t, os.Chtimes(dir+"/a.txt", changed, changed))
		require.NoError(t, os.Chtimes(dir, changed, changed))
		ask := func() (int, string) {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			r.Header.Set("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")
			status, err := h.ServeHTTP(w, r)
			require.NoError(t, err)
			require.NotEmpty(t, w.Header().Get("Etag"))
			return status, w.Header().Get("Last-Modified")
		}
		for range 2 {
			status, modified := ask()
			require.Equal(t, 200, status)
			require.Empty(t, modified)
			pass(time.Second)
		}
		status, modified := ask()
		require.Equal(t, 304, status)
		require.Equal(t, "Sat, 01 Jan 2000 00:00:00 GMT", modified)
	})
}
