package static_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/static"
)

const (
	earlier = "Sat, 14 Mar 2026 15:09:25 GMT"
	later   = "Sat, 14 Mar 2026 15:09:27 GMT"
)

// TestPrecondition follows RFC 9110, section 13.
func TestPrecondition(t *testing.T) {
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{"file.txt": "file"}))})
	etag := s.get("/file.txt").Header.Get("Etag")
	require.Regexp(t, `^"[0-9a-f]+-4"$`, etag)

	for _, tt := range []struct {
		name   string
		fields []string
		want   int
	}{
		{"none", nil, 200},
		{"If-None-Match, the same", []string{"If-None-Match: " + etag}, 304},
		{"If-None-Match, another", []string{`If-None-Match: "other"`}, 200},
		{"If-None-Match, weak", []string{"If-None-Match: W/" + etag}, 304},
		{"If-None-Match, in a list", []string{`If-None-Match: "other", W/"a,b",` + etag}, 304},
		{"If-None-Match, in a list without commas", []string{`If-None-Match: "other"` + etag}, 304},
		{"If-None-Match, on another line", []string{`If-None-Match: "other"`, "If-None-Match: " + etag}, 304},
		{"If-None-Match, any", []string{"If-None-Match: *"}, 304},
		{"If-None-Match, without quotes", []string{"If-None-Match: " + etag[1:len(etag)-1]}, 200},
		{"If-None-Match, quoted once", []string{"If-None-Match: " + etag[:len(etag)-1]}, 200},
		{"If-None-Match, empty", []string{"If-None-Match: "}, 200},
		{"If-None-Match, garbage first", []string{"If-None-Match: x, " + etag}, 200},
		{"If-None-Match goes before a date", []string{`If-None-Match: "other"`, "If-Modified-Since: " + later}, 200},
		{"If-None-Match, the same, and a date of old", []string{"If-None-Match: " + etag, "If-Modified-Since: " + earlier}, 304},

		{"If-Modified-Since, the same", []string{"If-Modified-Since: " + lastModified}, 304},
		{"If-Modified-Since, later", []string{"If-Modified-Since: " + later}, 304},
		{"If-Modified-Since, earlier", []string{"If-Modified-Since: " + earlier}, 200},
		{"If-Modified-Since, of RFC 850", []string{"If-Modified-Since: Saturday, 14-Mar-26 15:09:26 GMT"}, 304},
		{"If-Modified-Since, of C", []string{"If-Modified-Since: Sat Mar 14 15:09:26 2026"}, 304},
		{"If-Modified-Since, no date", []string{"If-Modified-Since: yesterday"}, 200},

		{"If-Match, the same", []string{"If-Match: " + etag}, 200},
		{"If-Match, another", []string{`If-Match: "other"`}, 412},
		{"If-Match, weak", []string{"If-Match: W/" + etag}, 412},
		{"If-Match, in a list", []string{`If-Match: "other", ` + etag}, 200},
		{"If-Match, any", []string{"If-Match: *"}, 200},
		{"If-Match, empty", []string{"If-Match: "}, 412},
		{"If-Match, garbage", []string{"If-Match: x"}, 412},
		{"If-Match goes before a date", []string{"If-Match: " + etag, "If-Unmodified-Since: " + earlier}, 200},
		{"If-Match, then If-None-Match", []string{"If-Match: " + etag, "If-None-Match: " + etag}, 304},
		{"If-Match fails first", []string{`If-Match: "other"`, "If-None-Match: " + etag}, 412},

		{"If-Unmodified-Since, the same", []string{"If-Unmodified-Since: " + lastModified}, 200},
		{"If-Unmodified-Since, later", []string{"If-Unmodified-Since: " + later}, 200},
		{"If-Unmodified-Since, earlier", []string{"If-Unmodified-Since: " + earlier}, 412},
		{"If-Unmodified-Since, no date", []string{"If-Unmodified-Since: tomorrow"}, 200},
		{"both dates, the same", []string{"If-Unmodified-Since: " + lastModified, "If-Modified-Since: " + lastModified}, 304},

		{"a range, and If-None-Match", []string{"Range: bytes=0-1", "If-None-Match: " + etag}, 304},
		{"a range, and If-Match", []string{"Range: bytes=0-1", `If-Match: "other"`}, 412},
		{"a range that makes no sense, and If-None-Match", []string{"Range: bytes=9-", "If-None-Match: " + etag}, 304},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := s.get("/file.txt", tt.fields...)
			require.Equal(t, tt.want, resp.StatusCode)
			switch tt.want {
			case 200:
				require.Equal(t, "file", resp.body)
				require.Equal(t, lastModified, resp.Header.Get("Last-Modified"))
				require.Equal(t, etag, resp.Header.Get("Etag"))
			case 304:
				require.Empty(t, resp.body)
				require.Equal(t, etag, resp.Header.Get("Etag"))
				require.Empty(t, resp.Header.Get("Content-Type"))
				require.Empty(t, resp.Header.Get("Content-Length"))
				require.Equal(t, "Accept-Encoding", resp.Header.Get("Vary"))
			case 412:
				require.Empty(t, resp.Header.Get("Etag"))
			}
		})
	}
}

// TestPreconditionOfOthers has what a layer that changes something would ask.
func TestPreconditionOfOthers(t *testing.T) {
	r := httptest.NewRequest("PUT", "/", nil)
	r.Header.Set("If-None-Match", "*")
	require.Equal(t, 412, static.Precondition(r, `"x"`, day))
	require.Zero(t, static.Precondition(httptest.NewRequest("PUT", "/", nil), `"x"`, day))

	r = httptest.NewRequest("PUT", "/", nil)
	r.Header.Set("If-Modified-Since", later)
	require.Zero(t, static.Precondition(r, `"x"`, day), "which is for GET and HEAD only")

	r = httptest.NewRequest("GET", "/", nil)
	r.Header.Set("If-None-Match", `"x"`)
	require.Equal(t, 304, static.Precondition(r, `W/"x"`, time.Time{}))
	require.Zero(t, static.Precondition(r, "", time.Time{}))
}

// TestTimes has files of times that say nothing, and of one that says too much.
func TestTimes(t *testing.T) {
	dir := folder(t, map[string]string{"zero": "x", "one": "x", "two": "x", "future": "x", "before": "x"})
	for name, modified := range map[string]time.Time{
		"zero": time.Unix(0, 0), "one": time.Unix(1, 0), "two": time.Unix(2, 0), "future": time.Now().Add(time.Hour), "before": time.Unix(-1, 0),
	} {
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), modified, modified))
	}
	s := serve(t, static.Config{Root: pinned(t, dir)})
	for _, name := range []string{"/zero", "/one"} {
		resp := s.get(name)
		require.Empty(t, resp.Header.Get("Etag"))
		require.Empty(t, resp.Header.Get("Last-Modified"))
		require.Equal(t, 200, s.get(name, "If-Modified-Since: "+later).StatusCode)
		require.Equal(t, 200, s.get(name, `If-None-Match: "1-1"`, `If-None-Match: ""`).StatusCode)
		require.Equal(t, 304, s.get(name, "If-None-Match: *").StatusCode)
		require.Equal(t, 200, s.get(name, "If-Match: *").StatusCode)
		require.Equal(t, 412, s.get(name, `If-Match: ""`).StatusCode)
		require.Equal(t, 206, s.get(name, "Range: bytes=0-0").StatusCode)
		require.Equal(t, 200, s.get(name, "Range: bytes=0-0", `If-Range: ""`).StatusCode)
		require.Equal(t, 200, s.get(name, "Range: bytes=0-0", "If-Range: Thu, 01 Jan 1970 00:00:00 GMT").StatusCode)
	}
	require.Equal(t, `"77359400-1"`, s.get("/two").Header.Get("Etag"))
	require.Equal(t, "Thu, 01 Jan 1970 00:00:02 GMT", s.get("/two").Header.Get("Last-Modified"))
	require.Equal(t, `"-3b9aca00-1"`, s.get("/before").Header.Get("Etag"))
	require.Empty(t, s.get("/future").Header.Get("Last-Modified"))
	etag := s.get("/future").Header.Get("Etag")
	require.Equal(t, 304, s.get("/future", "If-None-Match: "+etag).StatusCode)
}

// TestETagsDiffer has pairs of time and size that run together if they are put
// together without a separator, as Caddy 1 did.
func TestETagsDiffer(t *testing.T) {
	dir := folder(t, map[string]string{"a": string(make([]byte, 0x641)), "b": "x"})
	// Windows keeps a time in units of 100 ns.
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a"), day, time.Unix(0, 0x174876e800)))
	require.NoError(t, os.Chtimes(filepath.Join(dir, "b"), day, time.Unix(0, 0x174876e80064)))
	s := serve(t, static.Config{Root: pinned(t, dir)})
	require.Equal(t, `"174876e800-641"`, s.get("/a").Header.Get("Etag"))
	require.Equal(t, `"174876e80064-1"`, s.get("/b").Header.Get("Etag"))
}
