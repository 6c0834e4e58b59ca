package browse_test

import (
	"net/http/httptest"
	"os"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestTimesThatCannotBeTold checks that a year that has no four digits is not shown
// in part, nor told as what RFC 3339 and HTTP have not.
func TestTimesThatCannotBeTold(t *testing.T) {
	for _, year := range []int{-1, 0, 10_000, 12_345} {
		c := browse.Config{Files: static.Config{FS: fstest.MapFS{"a.txt": {ModTime: time.Date(year, 3, 14, 15, 9, 26, 0, time.UTC)}}}}
		s := serve(t, c)
		require.Empty(t, s.json("/").Items[0].Modified)
		resp := s.get("/", "Accept: text/html")
		require.NotContains(t, resp.body, "<time")
		require.Empty(t, resp.Header.Get("Last-Modified"))
		require.Contains(t, s.get("/?format=json1").body, `"ModTime":"0001-01-01T00:00:00Z"`, "as for any time that is not known")
	}
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -60*60)) // of the year 10,000 in UTC
	c := browse.Config{Files: static.Config{FS: fstest.MapFS{"a.txt": {ModTime: last}, "b.txt": {ModTime: last.Add(-time.Hour)}}}}
	require.Empty(t, serve(t, c).json("/").Items[0].Modified)
	require.Equal(t, "9999-12-31T23:59:59Z", serve(t, c).json("/").Items[1].Modified)
}

// TestOneRepresentationHasADate checks that what one of the representations of a
// URL was modified says nothing of another that the client has not.
func TestOneRepresentationHasADate(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": ""})
	require.NoError(t, os.Chtimes(dir, day, day))
	s := serve(t, in(t, dir))
	const modified = "Sat, 14 Mar 2026 15:09:26 GMT"
	for _, tt := range []struct {
		query, accept, modified string
		status                  int // of what asks whether it was modified since
	}{
		{"", "*/*", modified, 304},
		{"", "text/html", modified, 304},
		{"", "application/json", "", 200},
		{"", "application/x-ndjson", "", 200},
		{"", "text/plain", "", 200},
		{"?format=json", "text/html", modified, 304},
		{"?format=text", "application/json", modified, 304},
	} {
		require.Equal(t, tt.modified, s.get("/"+tt.query, "Accept: "+tt.accept).Header.Get("Last-Modified"), "%s %s", tt.query, tt.accept)
		resp := s.get("/"+tt.query, "Accept: "+tt.accept, "If-Modified-Since: "+modified)
		require.Equal(t, tt.status, resp.StatusCode, "%s %s", tt.query, tt.accept)
		require.NotEmpty(t, resp.Header.Get("Etag"))
	}
}

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
			middlewaretest.Pass(time.Second)
		}
		status, modified := ask()
		require.Equal(t, 304, status)
		require.Equal(t, "Sat, 01 Jan 2000 00:00:00 GMT", modified)
	})
}
