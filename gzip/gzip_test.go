package gzip_test

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/gzip/gziptest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

const browser = "gzip, deflate, br, zstd"

// text gets smaller in any coding.
var text = strings.Repeat("The quick brown fox jumps over the lazy dog. ", 200)

// TestExchanges is all that other middleware gets wrong.
func TestExchanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		layers []middleware.Middleware
	}{
		{"the zero Config", []middleware.Middleware{gzip.New(gzip.Config{})}},
		{"every knob", []middleware.Middleware{gzip.New(gzip.Config{
			Cache: gzip.NewCache(1 << 20), Jitter: 10, MaxConcurrent: 100, Dictionaries: new(gzip.Dictionaries),
		})}},
		{"between layers that record", []middleware.Middleware{records, gzip.New(gzip.Config{}), records}},
		{"a small buffer", []middleware.Middleware{gzip.New(gzip.Config{Buffer: 9000})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exchanges := gziptest.Exchanges()
			require.GreaterOrEqual(t, len(exchanges), 58)
			for _, e := range exchanges {
				t.Run(e.Name, func(t *testing.T) {
					t.Parallel()
					require.NoError(t, e.Run(t.Context(), func(h http.Handler) http.Handler {
						quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
						return quiet.Handler(middleware.Chain(tt.layers...)(middleware.FromHTTP(h)))
					}), e.Source)
				})
			}
		})
	}
}

// records is a layer with a Recorder of its own.
func records(next middleware.Handler) middleware.Handler {
	return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		return next.ServeHTTP(middleware.Record(struct{ *middleware.Recorder }{middleware.Record(w)}), r)
	})
}

func TestTransparent(t *testing.T) {
	t.Run("skipped", func(t *testing.T) {
		middlewaretest.Transparent(t, gzip.New(gzip.Config{Skip: func(*http.Request) bool { return true }}))
	})
	t.Run("of no type that is encoded", func(t *testing.T) {
		middlewaretest.Transparent(t, gzip.New(gzip.Config{Types: func(string) bool { return false }}))
	})
	t.Run("nothing is accepted", func(t *testing.T) {
		middlewaretest.Transparent(t, gzip.New(gzip.Config{}))
	})
}

var errReason = errors.New("reason")

// TestOutcome checks what becomes of what was held when the handler returns.
func TestOutcome(t *testing.T) {
	little, much := text[:100], strings.Repeat(text, 100)
	for _, tt := range []struct {
		name   string
		write  string
		flush  bool
		status int
		err    error
		begun  bool // whatever was written was sent
		whole  bool // and ended
	}{
		{"all is well", little, false, 0, nil, true, true},
		{"all is well, and much", much, false, 0, nil, true, true},
		{"a status that was written", little, false, 200, nil, true, true},
		{"a page for an error that was written", little, false, 404, nil, true, true},
		{"an error that does not matter", little, false, 0, errReason, true, true},
		{"an error that does not matter, and much", much, false, 0, errReason, true, true},
		{"a failure", little, false, 500, errReason, false, false},
		{"a failure, and enough to encode", text, false, 502, errReason, false, false},
		{"a failure of the client's", text, false, 404, errReason, false, false},
		{"a status there cannot be", text, false, 42, errReason, false, false},
		{"a failure after a flush", little, true, 500, errReason, true, false},
		{"a failure, and much", noise(200_000), false, 500, errReason, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, tt.write)
				if tt.flush {
					http.NewResponseController(w).Flush()
				}
				return tt.status, tt.err
			}), gzip.Config{})
			w := httptest.NewRecorder()
			rec := middleware.Record(w)
			status, err := h.ServeHTTP(rec, ask("GET", browser))
			require.Equal(t, tt.status, status)
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.begun, rec.Begun())
			if !tt.begun {
				require.Equal(t, http.Header{"Content-Type": {"text/plain"}}, w.Header(), "only what the handler has set")
				return
			}
			got, err := read(w.Header().Get("Content-Encoding"), w.Body)
			if tt.whole {
				require.NoError(t, err)
				require.Equal(t, tt.write, got)
				return
			}
			require.Error(t, err, "what is cut off looks whole")
		})
	}
}

// TestOutcomeUnwritten checks that a handler which leaves the response to others
// has them send it as if it had been sent here.
func TestOutcomeUnwritten(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		err    error
		header http.Header
		want   http.Header
	}{
		{"nothing at all", 0, nil, http.Header{}, http.Header{}},
		{"a type", 0, nil, http.Header{"Content-Type": {"text/html"}}, http.Header{"Content-Type": {"text/html"}, "Vary": {"Accept-Encoding"}}},
		{"an error", 404, nil, http.Header{"Content-Type": {"text/html"}}, http.Header{"Content-Type": {"text/html"}}},
		{"an error without a status", 0, errReason, http.Header{"Content-Type": {"text/html"}}, http.Header{"Content-Type": {"text/html"}}},
		{"204", 204, nil, http.Header{"Content-Type": {"text/html"}}, http.Header{"Content-Type": {"text/html"}}},
		{"304", 304, nil, http.Header{"Etag": {`"a"`}}, http.Header{"Etag": {`"a-gzip"`}, "Vary": {"Accept-Encoding"}}},
		{"304 of a picture", 304, nil, http.Header{"Etag": {`"b"`}}, http.Header{"Etag": {`"b"`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				maps.Copy(w.Header(), tt.header)
				return tt.status, tt.err
			}), gzip.Config{})
			w := httptest.NewRecorder()
			rec := middleware.Record(w)
			r := ask("GET", "gzip")
			r.URL.Path = "/picture.png"
			r.Header.Set("If-None-Match", `"a-gzip"`)
			status, err := h.ServeHTTP(rec, r)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.err, err)
			require.False(t, rec.Begun())
			require.Equal(t, tt.want, w.Header())
		})
	}
}

// TestPanic checks that a handler that panics leaves no trace if it can be helped.
func TestPanic(t *testing.T) {
	var (
		late http.ResponseWriter
		used []http.ResponseWriter
	)
	h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		late = w
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, text)
		panic(errReason)
	}), gzip.Config{MaxConcurrent: 1})
	for range 3 {
		w := httptest.NewRecorder()
		require.PanicsWithValue(t, errReason, func() { h.ServeHTTP(w, ask("GET", browser)) })
		for _, w := range used {
			require.NotSame(t, w, late, "what may still be written to is not used again")
		}
		used = append(used, late)
		require.Empty(t, w.Body.String())
		require.Equal(t, http.Header{"Content-Type": {"text/plain"}}, w.Header())
	}
}

// TestStrict checks who is told that there is nothing for them.
func TestStrict(t *testing.T) {
	for _, tt := range []struct {
		name, accept string
		strict       bool
		status       int
		coding       string
	}{
		{"everything is refused", "*;q=0", true, 406, ""},
		{"identity is refused, and what we lack accepted", "identity;q=0, compress", true, 406, ""},
		{"identity is refused, and what we have accepted", "identity;q=0, gzip", true, 0, "gzip"},
		{"everything but identity is refused", "*;q=0, identity", true, 0, ""},
		{"nothing is said", "", true, 0, ""},
		{"everything is refused, and we are not strict", "*;q=0", false, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewHandler(middleware.FromHTTP(plain(text)), gzip.Config{Strict: tt.strict})
			w := httptest.NewRecorder()
			status, err := h.ServeHTTP(w, ask("GET", tt.accept))
			require.NoError(t, err)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.coding, w.Header().Get("Content-Encoding"))
			require.Equal(t, []string{"Accept-Encoding"}, w.Header()["Vary"])
			require.Equal(t, tt.status == 0, w.Body.Len() > 0)
		})
	}
}

// TestRefusedIdentity checks that a client which wants nothing else is sent
// encoded what would not be otherwise.
func TestRefusedIdentity(t *testing.T) {
	for _, tt := range []struct{ name, contentType, body string }{
		{"too small", "text/plain", "small"},
		{"of a type that is compressed already", "image/png", text},
		{"of an unknown type", "", "\x00\x01\x02\x03"},
		{"no smaller", "text/plain", noise(8000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				io.WriteString(w, tt.body)
			}, gzip.Config{}, ask("GET", "gzip, identity;q=0"))
			require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
			require.Equal(t, []string{"Accept-Encoding"}, w.Header()["Vary"])
			got, err := read("gzip", w.Body)
			require.NoError(t, err)
			require.Equal(t, tt.body, got)
		})
	}
}

// TestRefusedIdentityFlushed checks that such a client is not sent identity because
// a header is flushed that does not tell a type.
func TestRefusedIdentityFlushed(t *testing.T) {
	w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		io.WriteString(w, "small")
	}, gzip.Config{}, ask("GET", "gzip, identity;q=0"))
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	got, err := read("gzip", w.Body)
	require.NoError(t, err)
	require.Equal(t, "small", got)
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	codings := []gzip.Coding{gzip.Gzip(1)}
	h := gzip.NewHandler(middleware.FromHTTP(plain(text)), gzip.Config{Codings: codings})
	codings[0] = gzip.Zstd(1)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, ask("GET", browser))
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
}

// TestCrossSite checks whose requests are taken for those of other sites.
func TestCrossSite(t *testing.T) {
	for site, want := range map[string]bool{"": false, "none": false, "same-origin": false, "same-site": false, "cross-site": true} {
		r := ask("GET", browser)
		r.Header.Set("Sec-Fetch-Site", site)
		require.Equal(t, want, gzip.CrossSite(r), site)
		w := serve(t, plain(text), gzip.Config{Skip: gzip.CrossSite}, r)
		require.Equal(t, want, w.Header().Get("Content-Encoding") == "")
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
	}
}

// TestLate checks that who goes on writing when its handler has returned does
// nobody any harm, as long as nothing else has come up.
func TestLate(t *testing.T) {
	var late http.ResponseWriter
	w := serve(t, func(w http.ResponseWriter, r *http.Request) {
		late = w
		plain(text)(w, r)
	}, gzip.Config{}, ask("GET", "gzip"))
	size := w.Body.Len()
	n, err := io.WriteString(late, text)
	require.Zero(t, n)
	require.EqualError(t, err, "gzip: the handler has returned")
	late.WriteHeader(500)
	late.Header().Set("X-Late", "1")
	require.Error(t, http.NewResponseController(late).Flush())
	_, err = io.Copy(late, strings.NewReader(text))
	require.Error(t, err)
	_, _, err = http.NewResponseController(late).Hijack()
	require.Error(t, err)
	require.Equal(t, size, w.Body.Len())
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Header().Get("X-Late"))
}
