package gzip_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestLateOverHTTP2 has a handler's writer be written to while another client is
// served, and checks that this one gets nothing of it.
func TestLateOverHTTP2(t *testing.T) {
	late := make(chan http.ResponseWriter, 1)
	server := httptest.NewUnstartedServer(middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain(text)(w, r)
		if r.URL.Path == "/first" {
			late <- w
			return
		}
		_, err := io.WriteString(<-late, "SECRET")
		if err == nil {
			t.Error("it could be written")
		}
	}), gzip.New(gzip.Config{})))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for range 20 {
		for _, path := range []string{"/first", "/second"} {
			resp, err := server.Client().Get(server.URL + path)
			require.NoError(t, err)
			require.Equal(t, 2, resp.ProtoMajor)
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			require.NoError(t, err)
			require.Equal(t, text, string(got))
		}
	}
}

// stumbles is a writer that fails once and then goes on, which net/http's do not.
type stumbles struct {
	http.ResponseWriter
	calls, at int
}

func (w *stumbles) Write(p []byte) (int, error) {
	if w.calls++; w.calls == w.at {
		return 0, errors.New("reason")
	}
	return w.ResponseWriter.Write(p)
}

func (w *stumbles) Flush() {}

// TestWriteThatFailed checks that a stream a piece of which is missing does not go
// on, even if the handler does.
func TestWriteThatFailed(t *testing.T) {
	for _, coding := range []string{"gzip", "br", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			w := &stumbles{ResponseWriter: httptest.NewRecorder(), at: 2}
			h := gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				for range 4 {
					io.WriteString(w, text)
					w.(http.Flusher).Flush()
				}
			})), gzip.Config{})
			status, err := h.ServeHTTP(w, ask("GET", coding))
			require.Equal(t, 500, status)
			require.EqualError(t, err, "reason")
			require.Equal(t, 2, w.calls, "it has gone on")
		})
	}
}

// TestLessonThatIsCut has a client of a file go away, of which the handler learns
// nothing.
func TestLessonThatIsCut(t *testing.T) {
	for _, accept := range []string{"", "gzip"} {
		d := new(gzip.Dictionaries)
		require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
		h := gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Etag", `"1"`)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(release1))
		})), gzip.Config{Dictionaries: d})
		h.ServeHTTP(&stumbles{ResponseWriter: httptest.NewRecorder(), at: 1}, request("/app.js", "Accept-Encoding: "+accept))
		require.False(t, knows(t, d, release1))
		h.ServeHTTP(httptest.NewRecorder(), request("/app.js"))
		require.True(t, knows(t, d, release1))
	}
}

// TestLessonThatIsShort checks that what was announced to be longer is no
// dictionary.
func TestLessonThatIsShort(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
	teach(t, d, "/app.js", release1, "Content-Length: 1000000", "Content-Type: image/png")
	require.False(t, knows(t, d, release1))
}

// TestHijackTeachesNothing checks that what was sent before a connection was taken
// over is no dictionary.
func TestHijackTeachesNothing(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
	taken := make(chan error, 1)
	server := httptest.NewServer(middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writes("text/javascript", release1)(w, r)
		w.(http.Flusher).Flush()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		taken <- err
	}), gzip.New(gzip.Config{Dictionaries: d})))
	resp, err := http.Get(server.URL + "/app.js")
	require.NoError(t, err)
	resp.Body.Close()
	require.NoError(t, <-taken)
	server.Close()
	require.False(t, knows(t, d, release1))
}

// copied is a writer that says what was copied to it at once.
type copied struct {
	http.ResponseWriter
	n int64
}

func (w *copied) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(w.ResponseWriter, src)
	w.n += n
	return n, err
}

// TestFileTooLargeToLearn checks that the rest of it goes by sendfile again.
func TestFileTooLargeToLearn(t *testing.T) {
	d := &gzip.Dictionaries{MaxSize: 10_000}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	w := &copied{ResponseWriter: httptest.NewRecorder()}
	gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("picture ", 100_000)), 800_000))
	})), gzip.Config{Dictionaries: d}).ServeHTTP(w, request("/picture.png"))
	require.Greater(t, w.n, int64(700_000))
}

// TestVaryOfCustomTypes checks that a 304 says what the 200 it stands for does,
// where it is not known which types are encoded (RFC 9110, section 15.4.5).
func TestVaryOfCustomTypes(t *testing.T) {
	cfg := gzip.Config{Types: gzip.Types("*")}
	for path, want := range map[string]string{"/a.pdf": "Accept-Encoding", "/a.html": "Accept-Encoding"} {
		r := request(path)
		w := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, cfg, r)
		require.Equal(t, want, w.Header().Get("Vary"), path)
	}
	for range 2 { // whatever came before
		w := serve(t, writes("", text), cfg, ask("GET", "gzip"))
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
	}
}

// panics is a coding that cannot be had at first.
type panics struct{ calls int }

func (*panics) Name() string { return "gzip" }

func (c *panics) NewEncoder() gzip.Encoder {
	if c.calls++; c.calls == 1 {
		panic("reason")
	}
	return gzip.Gzip(1).NewEncoder()
}

// TestPlaceAfterPanic checks that MaxConcurrent counts no body that is not encoded.
func TestPlaceAfterPanic(t *testing.T) {
	h := gzip.NewHandler(middleware.FromHTTP(plain(text)), gzip.Config{MaxConcurrent: 1, Codings: []gzip.Coding{new(panics)}})
	require.PanicsWithValue(t, "reason", func() { h.ServeHTTP(httptest.NewRecorder(), ask("GET", "gzip")) })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, ask("GET", "gzip"))
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
}

// TestDateForTwo checks that no part of a file is sent to who may have the other
// part of it encoded, for a date is the same for both.
func TestDateForTwo(t *testing.T) {
	modified := time.Unix(1_600_000_000, 0)
	date := modified.UTC().Format(http.TimeFormat)
	for _, tt := range []struct {
		name, path, accept, condition string
		status                        int
	}{
		{"a date", "/a.txt", "gzip", date, 200},
		{"a date, and no codings", "/a.txt", "", date, 206},
		{"a date of what is not encoded", "/a.png", "gzip", date, 206},
		{"a tag", "/a.txt", "gzip", `"a"`, 206},
		{"no condition", "/a.txt", "gzip", "", 206},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ask("GET", tt.accept)
			r.URL.Path = tt.path
			r.Header.Set("Range", "bytes=1000-")
			if tt.condition != "" {
				r.Header.Set("If-Range", tt.condition)
			}
			w := serve(t, func(w http.ResponseWriter, seen *http.Request) {
				w.Header().Set("Etag", `"a"`)
				http.ServeContent(w, seen, tt.path, modified, strings.NewReader(text))
			}, gzip.Config{}, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, "bytes=1000-", r.Header.Get("Range"), "it is the caller's")
		})
	}
}

// TestJitterOfStreams checks that asking again tells no more of what does not end
// in the buffer, either, and asking for something else does.
func TestJitterOfStreams(t *testing.T) {
	body := textOf(100_000)
	for name, write := range map[string]func(http.ResponseWriter){
		"in one go":       func(w http.ResponseWriter) { io.WriteString(w, body) },
		"flushed at once": func(w http.ResponseWriter) { w.(http.Flusher).Flush(); io.WriteString(w, body) },
		"of a length that is told": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100000")
			for i := 0; i < len(body); i += 4000 {
				io.WriteString(w, body[i:i+4000])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				write(w)
			})), gzip.Config{Jitter: 100})
			sizes := map[int]int{}
			for range 3 {
				for query := range strings.SplitSeq("abcdefghijklmnopqrst", "") {
					w, r := httptest.NewRecorder(), ask("GET", "gzip")
					r.URL.RawQuery = query
					h.ServeHTTP(w, r)
					sizes[w.Body.Len()]++
				}
			}
			require.Greater(t, len(sizes), 5)
			for size, n := range sizes {
				require.Zero(t, n%3, "%d of %d bytes: it is another size each time", n, size)
			}
		})
	}
}
