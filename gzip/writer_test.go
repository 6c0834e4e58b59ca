package gzip_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// A tally is a writer that keeps account of what is asked of it.
type tally struct {
	*httptest.ResponseRecorder
	writes  []int
	flushes int
	fail    error // of the next writes
}

func newTally() *tally { return &tally{ResponseRecorder: httptest.NewRecorder()} }

func (w *tally) Write(p []byte) (int, error) {
	if w.fail != nil {
		return 0, w.fail
	}
	w.writes = append(w.writes, len(p))
	return w.ResponseRecorder.Write(p)
}

func (w *tally) Flush() { w.flushes++; w.ResponseRecorder.Flush() }

// TestPieces checks in how many pieces a body is sent, and whether its length is
// known.
func TestPieces(t *testing.T) {
	large := textOf(1 << 20)
	for _, tt := range []struct {
		name   string
		body   string
		accept string
		most   int // writes
		length bool
	}{
		{"it ends in the buffer", large[:10_000], "gzip", 1, true},
		{"it ends in the buffer, in zstd", large[:64<<10], "zstd", 1, true},
		{"it ends in the buffer, in br", large[:64<<10], "br", 1, true},
		{"it outgrows the buffer, but not what it is encoded to", large[:80<<10], "gzip", 1, true},
		{"it is long", large, "gzip", len(large)/3/(32<<10) + 1, false},
		{"it is long, in zstd", large, "zstd", len(large)/3/(32<<10) + 1, false},
		{"it is long, in br", large, "br", len(large)/3/(32<<10) + 1, false},
		{"it is small", "small", "gzip", 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newTally()
			gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				for rest := tt.body; rest != ""; {
					n := min(len(rest), 3000)
					io.WriteString(w, rest[:n])
					rest = rest[n:]
				}
			})), gzip.Config{}).ServeHTTP(w, ask("GET", tt.accept))
			require.LessOrEqual(t, len(w.writes), tt.most, w.writes)
			for _, n := range w.writes[:len(w.writes)-1] {
				require.Equal(t, 32<<10, n)
			}
			want := ""
			if tt.length {
				want = strconv.Itoa(w.Body.Len())
			}
			require.Equal(t, want, w.Header().Get("Content-Length"))
			got, err := read(w.Header().Get("Content-Encoding"), w.Body)
			require.NoError(t, err)
			require.Equal(t, tt.body, got)
		})
	}
}

// TestEvents checks that every event is out once it is flushed, in every coding.
func TestEvents(t *testing.T) {
	for _, coding := range []string{"gzip", "br", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			w := newTally()
			h := func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "text/event-stream")
				rw.(http.Flusher).Flush()
				require.Equal(t, 1, w.flushes)
				require.Equal(t, coding, w.Result().Header.Get("Content-Encoding"))
				for i := range 10 {
					fmt.Fprintf(rw, "data: %d\n\n", i)
					rw.(http.Flusher).Flush()
					require.Equal(t, i+2, w.flushes)
					got, _ := read(coding, bytes.NewReader(w.Body.Bytes()))
					require.Contains(t, got, fmt.Sprintf("data: %d\n\n", i))
				}
				rw.(http.Flusher).Flush() // of nothing new
			}
			gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(h)), gzip.Config{}).ServeHTTP(w, ask("GET", coding))
			got, err := read(coding, w.Body)
			require.NoError(t, err)
			require.Equal(t, 10, strings.Count(got, "data"))
		})
	}
}

// TestWriterBelowFails checks that whoever waits for a response to be sent is
// told that it was not, and that nobody is told that the server is to blame.
func TestWriterBelowFails(t *testing.T) {
	reason := errors.New("reason")
	for _, tt := range []struct {
		name, body string
	}{
		{"as the body ends", textOf(10_000)},
		{"half way", textOf(1 << 20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newTally()
			w.fail = reason
			h := gzip.NewHandler(middleware.FromHTTP(plain(tt.body)), gzip.Config{})
			status, err := h.ServeHTTP(w, ask("GET", "gzip"))
			require.ErrorIs(t, err, reason)
			require.Equal(t, 500, status)
		})
	}
}

// TestShort checks that a body which is shorter than announced is not passed off
// as whole, nor one that is longer.
func TestShort(t *testing.T) {
	body := textOf(200_000)
	announced := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Length", strconv.Itoa(n))
			if _, err := io.WriteString(w, body[:100_000]); err != nil {
				panic(err)
			}
			_, err := io.WriteString(w, body[100_000:])
			if n < len(body) {
				require.ErrorIs(t, err, http.ErrContentLength)
			}
		}
	}
	status, err := gzip.NewHandler(middleware.FromHTTP(announced(300_000)), gzip.Config{}).ServeHTTP(newTally(), ask("GET", "gzip"))
	require.Equal(t, 500, status)
	require.EqualError(t, err, "gzip: the body is shorter than its Content-Length")
	status, err = gzip.NewHandler(middleware.FromHTTP(announced(150_000)), gzip.Config{}).ServeHTTP(newTally(), ask("GET", "gzip"))
	require.Equal(t, 500, status)
	require.Error(t, err)
}

// TestShortAndFailed checks that a body which is not whole is cut off even if the
// handler has failed in a way that commonly does not matter.
func TestShortAndFailed(t *testing.T) {
	reason := errors.New("reason")
	h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "300000")
		io.WriteString(w, textOf(200_000))
		return 0, reason
	}), gzip.Config{})
	status, err := h.ServeHTTP(newTally(), ask("GET", "gzip"))
	require.Equal(t, 500, status)
	require.ErrorIs(t, err, reason)
	require.ErrorContains(t, err, "gzip: the body is shorter than its Content-Length")
}

// TestMaxConcurrent checks that what is too much is sent as it is.
func TestMaxConcurrent(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	h := middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Etag", `"a"`)
		io.WriteString(w, text)
		http.NewResponseController(w).Flush()
		inside <- struct{}{}
		<-leave
	}), gzip.New(gzip.Config{MaxConcurrent: 2}))
	results := make([]*httptest.ResponseRecorder, 5)
	var all sync.WaitGroup
	for i := range results {
		results[i] = httptest.NewRecorder()
		all.Go(func() { h.ServeHTTP(results[i], ask("GET", "gzip")) })
		<-inside
	}
	close(leave)
	all.Wait()
	for i, want := range []string{"gzip", "gzip", "", "", ""} {
		require.Equal(t, want, results[i].Header().Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", results[i].Header().Get("Vary"))
		got, err := read(want, results[i].Body)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
	require.Equal(t, `"a"`, results[2].Header().Get("Etag"))

	w := httptest.NewRecorder()
	all.Go(func() { h.ServeHTTP(w, ask("GET", "gzip")) })
	<-inside
	all.Wait()
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), "those that are done make room")
}

// TestJitter checks that a body is made longer, and always by as much.
func TestJitter(t *testing.T) {
	for _, coding := range []string{"gzip", "br", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			plainly := serve(t, plain(text), gzip.Config{}, ask("GET", coding)).Body.Len()
			mw := gzip.New(gzip.Config{Jitter: 100})
			sizes := map[int]bool{}
			for i := range 20 {
				body := strings.Repeat(text, 1) + strconv.Itoa(i)
				var size int
				for range 2 {
					w := httptest.NewRecorder()
					mw(middleware.FromHTTP(plain(body))).ServeHTTP(w, ask("GET", coding))
					require.Equal(t, coding, w.Header().Get("Content-Encoding"))
					require.True(t, size == 0 || size == w.Body.Len(), "asking again tells more")
					size = w.Body.Len()
					got, err := read(coding, w.Body)
					require.NoError(t, err)
					require.Equal(t, body, got)
				}
				require.Greater(t, size, plainly)
				require.Less(t, size, plainly+130)
				sizes[size] = true
			}
			require.Greater(t, len(sizes), 5)
		})
	}
}

// TestReadFrom checks that what is copied arrives, whichever way it takes.
func TestReadFrom(t *testing.T) {
	reason := errors.New("reason")
	for _, tt := range []struct {
		name, contentType, body string
		err                     error
		coding                  string
	}{
		{"nothing", "text/plain", "", nil, ""},
		{"little", "text/plain", "little", nil, ""},
		{"much", "text/plain", textOf(300_000), nil, "gzip"},
		{"much, of no type", "", textOf(300_000), nil, "gzip"},
		{"little, of no type", "", "little", nil, ""},
		{"much, of a type that is not encoded", "image/png", textOf(300_000), nil, ""},
		{"much, and no type to be told", "", "\x89PNG\x0D\x0A\x1A\x0A" + textOf(300_000), nil, ""},
		{"half of it", "text/plain", textOf(1000), reason, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			rec := middleware.Record(w)
			status, err := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				src := io.Reader(strings.NewReader(tt.body))
				if tt.err != nil {
					src = io.MultiReader(src, iotest.ErrReader(tt.err))
				}
				n, err := io.Copy(w, struct{ io.Reader }{src})
				require.Equal(t, int64(len(tt.body)), n)
				require.Equal(t, tt.err, err)
				if err != nil {
					return 502, err
				}
				return 0, nil
			}), gzip.Config{}).ServeHTTP(rec, ask("GET", "gzip"))
			if tt.err != nil {
				require.Equal(t, 502, status)
				require.Equal(t, tt.err, err)
				require.False(t, rec.Begun())
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.body != "", rec.Begun())
			require.Equal(t, tt.coding, w.Header().Get("Content-Encoding"))
			got, err := read(tt.coding, w.Body)
			require.NoError(t, err)
			require.Equal(t, tt.body, got)
		})
	}
}

// FuzzWriter writes pieces, flushes and copies in any order, and compares what
// arrives.
func FuzzWriter(f *testing.F) {
	f.Add(uint64(1), uint16(3), []byte{1, 2, 3, 4, 5})
	f.Add(uint64(2), uint16(2000), []byte{0, 0, 7, 9, 0, 255, 255})
	accept := []string{"gzip", "br", "zstd", "", "gzip, identity;q=0", browser}
	types := []string{"text/plain", "", "image/png", "application/json"}
	h := gzip.New(gzip.Config{Buffer: 5000, Cache: gzip.NewCache(1 << 20)})
	f.Fuzz(func(t *testing.T, seed uint64, size uint16, steps []byte) {
		r := rand.New(rand.NewPCG(seed, 1))
		contentType := types[r.IntN(len(types))]
		body := textOf(len(steps) * int(size))
		if r.IntN(8) == 0 {
			body = noise(len(body))
		}
		w := httptest.NewRecorder()
		_, err := h(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			if r.IntN(3) == 0 {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			}
			if r.IntN(3) == 0 {
				w.WriteHeader(http.StatusAccepted)
			}
			rest := body
			for _, step := range steps {
				piece := rest[:min(len(rest), int(size))]
				rest = rest[len(piece):]
				switch step % 5 {
				case 0:
					http.NewResponseController(w).Flush()
					w.Write([]byte(piece))
				case 1:
					io.Copy(w, struct{ io.Reader }{strings.NewReader(piece)})
				case 2:
					io.WriteString(w, piece)
				default:
					w.Write([]byte(piece))
				}
			}
		}))).ServeHTTP(w, ask("GET", accept[r.IntN(len(accept))]))
		require.NoError(t, err)
		got, err := read(w.Header().Get("Content-Encoding"), w.Body)
		require.NoError(t, err)
		require.True(t, body == got)
	})
}
