package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestRecorder checks what is remembered of a response, and what gets through.
func TestRecorder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		do     func(t *testing.T, w *middleware.Recorder)
		begun  bool
		status int
		size   int64
		sent   string // what the writer underneath was told
	}{
		{"nothing", func(*testing.T, *middleware.Recorder) {}, false, 200, 0, ""},
		{"a field of the header", func(_ *testing.T, w *middleware.Recorder) { w.Header().Set("A", "b") }, false, 200, 0, ""},
		{"a status", func(_ *testing.T, w *middleware.Recorder) { w.WriteHeader(404) }, true, 404, 0, "404 "},
		{"informational statuses", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(100)
			w.WriteHeader(103)
		}, false, 200, 0, "100 103 "},
		{"a final status after an informational one", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(103)
			w.WriteHeader(304)
		}, true, 304, 0, "103 304 "},
		{"switching protocols", func(_ *testing.T, w *middleware.Recorder) { w.WriteHeader(101) }, true, 101, 0, "101 "},
		{"two statuses", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(404)
			w.WriteHeader(500)
		}, true, 404, 0, "404 500 "},
		{"a status after the body", func(_ *testing.T, w *middleware.Recorder) {
			io.WriteString(w, "a")
			w.WriteHeader(500)
		}, true, 200, 1, `"a" 500 `},
		{"a status there cannot be", func(t *testing.T, w *middleware.Recorder) {
			require.Panics(t, func() { w.WriteHeader(1000) })
		}, false, 200, 0, ""},
		{"a body", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.Write([]byte("abc"))
			require.NoError(t, err)
			require.Equal(t, 3, n)
		}, true, 200, 3, `"abc" `},
		{"a body of strings", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.WriteString("abc")
			require.NoError(t, err)
			require.Equal(t, 3, n)
			io.WriteString(w, "de")
		}, true, 200, 5, `"abc" "de" `},
		{"a body of a status", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(206)
			io.WriteString(w, "abc")
		}, true, 206, 3, `206 "abc" `},
		{"an empty write", func(_ *testing.T, w *middleware.Recorder) { w.Write(nil) }, true, 200, 0, `"" `},
		{"a body that is not all taken", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.Write([]byte(strings.Repeat("x", 70)))
			require.ErrorIs(t, err, io.ErrShortWrite)
			require.Equal(t, 64, n)
		}, true, 200, 64, `"` + strings.Repeat("x", 64) + `" `},
		{"a copy", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.ReadFrom(io.LimitReader(strings.NewReader("abcdef"), 3))
			require.NoError(t, err)
			require.EqualValues(t, 3, n)
		}, true, 200, 3, `"abc" `},
		{"a copy of nothing", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.ReadFrom(io.LimitReader(strings.NewReader("abcdef"), 0))
			require.NoError(t, err)
			require.Zero(t, n)
		}, false, 200, 0, ""},
		{"a copy that fails at once", func(t *testing.T, w *middleware.Recorder) {
			_, err := w.ReadFrom(io.MultiReader(strings.NewReader(""), fails{}))
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}, false, 200, 0, ""},
		{"a copy that fails half way", func(t *testing.T, w *middleware.Recorder) {
			n, err := w.ReadFrom(io.MultiReader(strings.NewReader("abc"), fails{}))
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.EqualValues(t, 3, n)
		}, true, 200, 3, `"abc" `},
		{"a copy that panics half way", func(t *testing.T, w *middleware.Recorder) {
			require.Panics(t, func() { w.ReadFrom(io.MultiReader(strings.NewReader("abc"), panics{})) })
		}, true, 200, 0, `"abc" `}, // it has begun, though nobody knows by how much
		{"a copy of nothing after a status", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(201)
			w.ReadFrom(io.LimitReader(fails{}, 0))
		}, true, 201, 0, "201 "},
		{"a flush", func(t *testing.T, w *middleware.Recorder) { require.NoError(t, w.FlushError()) }, true, 200, 0, "flush "},
		{"a flush of those who cannot take an answer", func(_ *testing.T, w *middleware.Recorder) { w.Flush() }, true, 200, 0, "flush "},
		{"a flush of a status", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(404)
			w.Flush()
		}, true, 404, 0, "404 flush "},
		{"a hijack", func(t *testing.T, w *middleware.Recorder) {
			_, _, err := w.Hijack()
			require.NoError(t, err)
		}, true, 101, 0, "hijack "},
		{"a hijack after a status", func(_ *testing.T, w *middleware.Recorder) {
			w.WriteHeader(200)
			w.Hijack()
		}, true, 200, 0, "200 hijack "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			under := &spy{header: http.Header{}}
			rec := middleware.Record(under)
			tt.do(t, rec)
			require.Equal(t, tt.begun, rec.Begun())
			require.Equal(t, tt.status, rec.Status())
			require.Equal(t, tt.size, rec.Size())
			require.Equal(t, tt.sent, under.told.String())
		})
	}
}

// TestRecorderOverAWriterThatHasNothing checks that what is absent underneath is
// reported as absent, and begins nothing.
func TestRecorderOverAWriterThatHasNothing(t *testing.T) {
	under := struct{ http.ResponseWriter }{httptest.NewRecorder()}
	rec := middleware.Record(under)
	require.ErrorIs(t, rec.FlushError(), errors.ErrUnsupported)
	rec.Flush()
	_, _, err := rec.Hijack()
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.False(t, rec.Begun())

	_, err = rec.WriteString("ab")
	require.NoError(t, err, "which is a mere optimization")
	n, err := rec.ReadFrom(io.LimitReader(strings.NewReader("cd"), 2))
	require.NoError(t, err, "as is this")
	require.EqualValues(t, 2, n)
	require.EqualValues(t, 4, rec.Size())
	require.Equal(t, "abcd", under.ResponseWriter.(*httptest.ResponseRecorder).Body.String())
}

// TestHijackThatFails checks that a connection that could not be had is answered.
func TestHijackThatFails(t *testing.T) {
	rec := middleware.Record(unhijackable{httptest.NewRecorder()})
	_, _, err := rec.Hijack()
	require.EqualError(t, err, "busy")
	require.False(t, rec.Begun())
}

func TestRecordIsShared(t *testing.T) {
	w := httptest.NewRecorder()
	outer := middleware.Record(w)
	require.Same(t, outer, middleware.Record(outer))
	inner := middleware.Record(wrapper{outer})
	require.NotSame(t, outer, inner)
	require.Equal(t, wrapper{outer}, inner.Unwrap())
	io.WriteString(inner, "a")
	require.True(t, outer.Begun())
}

// TestRecorderOverHTTP2 checks it over a writer that cannot be hijacked.
func TestRecorderOverHTTP2(t *testing.T) {
	type fact struct {
		begun  bool
		status int
		size   int64
	}
	var hijack error
	facts := make(chan fact, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := middleware.Record(w)
		_, _, hijack = rec.Hijack()
		if rec.Begun() {
			t.Error("a hijack that was not begins nothing")
		}
		rec.WriteHeader(http.StatusEarlyHints)
		rec.Header().Set("Trailer", "Sum")
		rec.WriteHeader(http.StatusAccepted)
		rec.ReadFrom(io.LimitReader(strings.NewReader("abc"), 3))
		if err := rec.FlushError(); err != nil {
			t.Error(err)
		}
		io.WriteString(rec, "def")
		rec.Header().Set("Sum", "6")
		facts <- fact{rec.Begun(), rec.Status(), rec.Size()}
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(t.Output(), "", 0)
	srv.StartTLS()
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", resp.Proto)
	require.Equal(t, 202, resp.StatusCode)
	require.Equal(t, "abcdef", string(body))
	require.Equal(t, "6", resp.Trailer.Get("Sum"))
	require.Equal(t, fact{true, 202, 6}, <-facts)
	require.ErrorIs(t, hijack, errors.ErrUnsupported)
}

// TestNote checks that a note goes all the way out, past other writers and
// their Recorders, and from there into the log.
func TestNote(t *testing.T) {
	var log logged
	h := middleware.Edge{Log: log.logger()}.Handler(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			inner := middleware.Record(wrapper{w})
			middleware.Note(inner, slog.String("user", "ada"))
			require.Equal(t, []slog.Attr{slog.String("user", "ada")}, middleware.Notes(w))
			require.Equal(t, middleware.Notes(w), middleware.Notes(inner))
			return http.StatusForbidden, errors.New("reason")
		}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Contains(t, log.String(), "error=reason user=ada\n")
}

func TestNoteForNobody(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.Note(w, slog.String("user", "ada"))
	require.Empty(t, middleware.Notes(w))
	require.Equal(t, slog.Value{}, middleware.NoteValue(w, "user"))
}

func TestNoteValue(t *testing.T) {
	w := middleware.Record(httptest.NewRecorder())
	require.Equal(t, slog.Value{}, middleware.NoteValue(w, middleware.NoteUpstream), "nothing is noted")
	middleware.Note(w, slog.String(middleware.NoteUpstream, "10.0.0.1:80"))
	middleware.Note(w, slog.Bool(middleware.NoteAborted, true))
	middleware.Note(middleware.Record(wrapper{w}), slog.String(middleware.NoteUpstream, "10.0.0.2:80"))
	require.Equal(t, "10.0.0.2:80", middleware.NoteValue(w, middleware.NoteUpstream).String(), "the last counts")
	require.True(t, middleware.NoteValue(w, middleware.NoteAborted).Bool())
	require.Len(t, middleware.Notes(w), 3, "though all are kept")
	require.Equal(t, slog.Value{}, middleware.NoteValue(w, middleware.NoteUser))
}

func BenchmarkRecord(b *testing.B) {
	var w http.ResponseWriter = discard{}
	b.ReportAllocs()
	for b.Loop() {
		rec := middleware.Record(w)
		rec.WriteHeader(200)
		io.WriteString(rec, "body")
	}
}

// A spy is a writer that notes down what it is told, and takes 64 bytes at once.
type spy struct {
	header http.Header
	told   strings.Builder
}

func (s *spy) Header() http.Header { return s.header }

func (s *spy) WriteHeader(status int) {
	if status > 999 {
		panic("as net/http does")
	}
	fmt.Fprintf(&s.told, "%d ", status)
}

func (s *spy) Write(p []byte) (int, error) {
	n := min(len(p), 64)
	s.told.WriteString(`"` + string(p[:n]) + `" `)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func (s *spy) Flush() { s.told.WriteString("flush ") }

func (s *spy) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	s.told.WriteString("hijack ")
	return nil, nil, nil
}

type unhijackable struct{ http.ResponseWriter }

func (unhijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, errors.New("busy")
}

type fails struct{}

func (fails) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("reading") }

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }
