package static_test

import (
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// frame is the start of a zstd frame with a window of 8 MiB.
const frame = "\x28\xb5\x2f\xfd\x00\x68"

func TestSiblings(t *testing.T) {
	dir := folder(t, map[string]string{
		"all.js": "plain", "all.js.br": "br", "all.js.zst": frame, "all.js.gz": "gz",
		"gz.css": "plain", "gz.css.gz": "gz", "none.html": "plain",
		"picture.png": "plain", "picture.png.gz": "gz", "unknown": "plain", "unknown.br": "br",
		"folder.js": "plain", "folder.js.br/x": "x", "folder.js.gz": "gz",
		"stale.js": "plain", "stale.js.br": "br", "stale.js.gz": "gz",
		"wide.js": "plain", "wide.js.zst": "\x28\xb5\x2f\xfd\x00\x69", "wide.js.gz": "gz",
		"bad.js": "plain", "bad.js.zst": "no frame at all", "short.js": "plain", "short.js.zst": "\x28\xb5",
		"page/index.html": "plain", "page/index.html.br": "br", "orphan.js.gz": "gz", "empty.js": "", "empty.js.br": "",
	})
	require.NoError(t, os.Chtimes(filepath.Join(dir, "stale.js.br"), day, day.Add(-time.Millisecond)))
	require.NoError(t, os.Chtimes(filepath.Join(dir, "stale.js.gz"), day, day.Truncate(time.Second)))
	root := pinned(t, dir)

	const browser = "gzip, deflate, br, zstd"
	for _, tt := range []struct {
		name, path, accept string
		want               string
		vary               bool
	}{
		{"the server's order", "/all.js", browser, "br", true},
		{"the client's weights", "/all.js", "br;q=0.5, zstd;q=0.7, gzip", "gzip", true},
		{"the client's weights that tie", "/all.js", "gzip;q=0.7, zstd;q=0.7", "zstd", true},
		{"one coding", "/all.js", "gzip", "gzip", true},
		{"one coding by its old name", "/all.js", "x-gzip", "gzip", true},
		{"the only one there is", "/gz.css", browser, "gzip", true},
		{"the only one there is, and not accepted", "/gz.css", "br, zstd", "", true},
		{"none there is", "/none.html", browser, "", true},
		{"none accepted", "/all.js", "", "", true},
		{"no field", "/all.js", "-", "", true},
		{"refused", "/all.js", "gzip;q=0, br;q=0", "", true},
		{"anything", "/all.js", "*", "br", true},
		{"anything but", "/all.js", "*, br;q=0", "zstd", true},
		{"identity preferred", "/all.js", "gzip;q=0.5, identity", "", true},
		{"identity refused", "/all.js", "gzip;q=0.5, identity;q=0", "gzip", true},
		{"identity refused, and nothing else", "/none.html", "gzip, identity;q=0", "", true},
		{"a part of a name", "/gz.css", "x-gzip-not", "", true},
		{"a type that is compressed already", "/picture.png", browser, "", false},
		{"a type that is not known", "/unknown", browser, "br", true},
		{"a folder is no sibling", "/folder.js", browser, "gzip", true},
		{"one older than its original, and one whose time has been cut", "/stale.js", browser, "gzip", true},
		{"one of too wide a window", "/wide.js", browser, "gzip", true},
		{"one that is no frame", "/bad.js", browser, "", true},
		{"one that is too short", "/short.js", browser, "", true},
		{"of an index page", "/page/", browser, "br", true},
		{"a sibling by its own name", "/all.js.gz", browser, "", false},
		{"a sibling without its original", "/orphan.js", browser, "404", false},
		{"of nothing", "/empty.js", browser, "br", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, static.Config{Root: root})
			for range 2 { // the second time it is remembered
				var fields []string
				if tt.accept != "-" {
					fields = append(fields, "Accept-Encoding: "+tt.accept)
				}
				resp := s.get(tt.path, fields...)
				if tt.want == "404" {
					require.Equal(t, 404, resp.StatusCode)
					return
				}
				require.Equal(t, 200, resp.StatusCode)
				require.Equal(t, tt.want, resp.Header.Get("Content-Encoding"))
				require.Equal(t, fmt.Sprint(len(resp.body)), resp.Header.Get("Content-Length"))
				require.Equal(t, tt.vary, resp.Header.Get("Vary") == "Accept-Encoding")
				if tt.want != "" {
					require.NotEqual(t, "plain", resp.body)
				}
			}
		})
	}
}

// TestSiblingIsARepresentation has all that is done with a file done with its
// sibling.
func TestSiblingIsARepresentation(t *testing.T) {
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{"app.js": "plain", "app.js.gz": "gzipp", "app.js.br": "brot"}))})
	const gzip = "Accept-Encoding: gzip"
	plain, zipped := s.get("/app.js"), s.get("/app.js", gzip)
	require.Equal(t, "gzipp", zipped.body)
	require.Equal(t, "text/javascript; charset=utf-8", zipped.Header.Get("Content-Type"))
	etag := zipped.Header.Get("Etag")
	require.Regexp(t, `^"[0-9a-f]+-5-gzip"$`, etag)
	require.Regexp(t, `^"[0-9a-f]+-5"$`, plain.Header.Get("Etag"))

	for _, tt := range []struct {
		name     string
		fields   []string
		status   int
		body     string
		encoding string
		ranges   string
	}{
		{"a range", []string{gzip, "Range: bytes=1-2"}, 206, "zi", "gzip", "bytes 1-2/5"},
		{"a range of another sibling", []string{"Accept-Encoding: br", "Range: bytes=-2"}, 206, "ot", "br", "bytes 2-3/4"},
		{"several ranges", []string{gzip, "Range: bytes=0-0,2-2"}, 200, "gzipp", "gzip", ""},
		{"a range outside", []string{gzip, "Range: bytes=5-"}, 416, "416 Requested Range Not Satisfiable\n", "", "bytes */5"},
		{"If-Range", []string{gzip, "Range: bytes=1-2", "If-Range: " + etag}, 206, "zi", "gzip", "bytes 1-2/5"},
		{"If-Range of the original", []string{gzip, "Range: bytes=1-2", "If-Range: " + plain.Header.Get("Etag")}, 200, "gzipp", "gzip", ""},
		{"If-None-Match", []string{gzip, "If-None-Match: " + etag}, 304, "", "", ""},
		{"If-None-Match of the original", []string{gzip, "If-None-Match: " + plain.Header.Get("Etag")}, 200, "gzipp", "gzip", ""},
		{"If-None-Match, by a client without gzip", []string{"If-None-Match: " + etag}, 200, "plain", "", ""},
		{"If-Match of the original", []string{gzip, "If-Match: " + plain.Header.Get("Etag")}, 412, "412 Precondition Failed\n", "", ""},
		{"If-Modified-Since", []string{gzip, "If-Modified-Since: " + lastModified}, 304, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := s.get("/app.js", tt.fields...)
			require.Equal(t, tt.status, resp.StatusCode)
			require.Equal(t, tt.body, resp.body)
			require.Equal(t, tt.encoding, resp.Header.Get("Content-Encoding"))
			require.Equal(t, tt.ranges, resp.Header.Get("Content-Range"))
			require.Equal(t, "Accept-Encoding", resp.Header.Get("Vary"))
		})
	}
}

func TestSiblingsConfigured(t *testing.T) {
	root := pinned(t, folder(t, map[string]string{"app.js": "plain", "app.js.gz": "gz", "app.js.br": "br", "app.js.xz": "xz"}))
	for _, tt := range []struct {
		name     string
		siblings []string
		hide     string
		want     string
		vary     string
	}{
		{"the default", nil, "", "br", "Accept-Encoding"},
		{"none", []string{}, "", "plain", ""},
		{"another order", []string{"gzip", "br"}, "", "gz", "Accept-Encoding"},
		{"another coding", []string{"xz"}, "", "xz", "Accept-Encoding"},
		{"one that is hidden", nil, "app.js.br", "gz", "Accept-Encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, static.Config{Root: root, Siblings: tt.siblings, Hide: func(name string, _ fs.FileInfo) bool { return name == tt.hide }})
			resp := s.get("/app.js", "Accept-Encoding: gzip, br, xz")
			require.Equal(t, tt.want, resp.body)
			require.Equal(t, tt.vary, resp.Header.Get("Vary"))
		})
	}
}

// TestSiblingsComeAndGo checks what is remembered of siblings.
func TestSiblingsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := folder(t, map[string]string{"app.js": "plain"})
		h := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
		get := func() string {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/app.js", nil)
			r.Header.Set("Accept-Encoding", "gzip, br")
			_, err := h.ServeHTTP(w, r)
			require.NoError(t, err)
			return w.Body.String()
		}
		require.Equal(t, "plain", get())
		write(t, filepath.Join(dir, "app.js.gz"), "gz")
		require.Equal(t, "plain", get(), "for a second")
		time.Sleep(time.Second)
		require.Equal(t, "gz", get())
		write(t, filepath.Join(dir, "app.js.br"), "br")
		require.Equal(t, "gz", get(), "for a second")
		time.Sleep(time.Second)
		require.Equal(t, "br", get())
		require.NoError(t, os.Remove(filepath.Join(dir, "app.js.br")))
		require.Equal(t, "gz", get(), "at once")
		require.NoError(t, os.Chtimes(filepath.Join(dir, "app.js"), day, day.Add(time.Hour)))
		require.Equal(t, "plain", get(), "at once: it is stale")
		require.NoError(t, os.Remove(filepath.Join(dir, "app.js")))
		require.Empty(t, get())
	})
}

func TestZstdWindow(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		name   string
		start  string
		window uint64
		ok     bool
	}{
		{"the least", "\x00\x00", 1 << 10, true},
		{"8 MiB", "\x00\x68", 8 * mib, true},
		{"8 MiB and an eighth", "\x00\x69", 9 * mib, true},
		{"128 MiB", "\x04\x88", 128 * mib, true},
		{"the most", "\x00\xff", 1<<41 + 1<<41/8*7, true},
		{"no room for the window", "\x00", 0, false},
		{"a single segment of one byte", "\x20\x07", 7, true},
		{"a single segment of two bytes", "\x60\x00\x01", 512, true},
		{"a single segment of four bytes", "\xa0\x00\x00\x80\x00", 8 * mib, true},
		{"a single segment of eight bytes", "\xe0\x00\x00\x00\x00\x01\x00\x00\x00", 1 << 32, true},
		{"a single segment cut off", "\xe0\x00\x00\x00", 0, false},
		{"a dictionary", "\x01\x68\x05", 8 * mib, false},
		{"no dictionary, at length", "\x03\x68\x00\x00\x00\x00", 8 * mib, true},
		{"a dictionary of four bytes", "\x03\x68\x00\x00\x00\x01", 8 * mib, false},
		{"a dictionary cut off", "\x03\x68\x00", 0, false},
		{"a dictionary of a single segment", "\x22\x01\x00\x07", 7, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			window, ok := static.ZstdWindow([]byte(frame[:4] + tt.start))
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.window, window)
		})
	}
	for _, start := range []string{"", "\x28", frame[:4], "\x1f\x8b\x08\x00\x00\x00", "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + frame} {
		_, ok := static.ZstdWindow([]byte(start))
		require.False(t, ok, "%q", start)
	}
}
