package gzip_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestLeftAsItIs checks what a handler says by which a text is not encoded.
func TestLeftAsItIs(t *testing.T) {
	for _, tt := range []struct {
		name, method, field string
		status              int
	}{
		{"parts of a type of their own", "GET", "", 206},
		{"a part that does not say so", "GET", "Content-Range: bytes 0-9/10", 200},
		{"a coding of the connection", "GET", "Transfer-Encoding: chunked", 200},
		{"an old digest", "GET", "Content-Md5: x", 200},
		{"a digest", "GET", "Repr-Digest: x", 200},
		{"no transformation", "GET", "Cache-Control: public, No-Transform", 200},
		{"HEAD of who knows what", "HEAD", "", 200},
		{"HEAD of nothing", "HEAD", "Content-Length: 0", 200},
		{"HEAD of little", "HEAD", "Content-Length: 10", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.Header().Set("Etag", `"a"`)
				if name, value, ok := strings.Cut(tt.field, ": "); ok {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
				if r.Method != "HEAD" {
					io.WriteString(w, text)
				}
			}, gzip.Config{}, ask(tt.method, browser))
			require.Empty(t, w.Header().Get("Content-Encoding"))
			require.Equal(t, `"a"`, w.Header().Get("Etag"))
			require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
			require.Equal(t, tt.status, w.Code)
			if tt.method == "GET" {
				require.Equal(t, text, w.Body.String())
			}
		})
	}
}

// TestLeftAsItIsLate checks the same of what is said once the body is there, but not
// yet sent.
func TestLeftAsItIsLate(t *testing.T) {
	for _, typed := range []bool{true, false} {
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if typed {
				w.Header().Set("Content-Type", "text/plain")
			}
			io.WriteString(w, text)
			w.Header().Set("Content-Digest", "x")
		}, gzip.Config{}, ask("GET", browser))
		require.Empty(t, w.Header().Get("Content-Encoding"))
		require.Equal(t, text, w.Body.String())
	}
}

// TestCopyOfNothing checks that it leaves no trace on what is answered by others.
func TestCopyOfNothing(t *testing.T) {
	for _, accept := range []string{"", "gzip"} {
		for _, before := range []http.Header{
			{"Content-Type": {"text/plain"}}, {}, {"Content-Type": {"text/plain"}, "Vary": {"Origin"}},
		} {
			h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
				maps.Copy(w.Header(), before)
				n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("")})
				require.Zero(t, n)
				require.NoError(t, err)
				return http.StatusNotFound, nil
			}), gzip.Config{})
			w := httptest.NewRecorder()
			rec := middleware.Record(w)
			status, err := h.ServeHTTP(rec, ask("GET", accept))
			require.NoError(t, err)
			require.Equal(t, 404, status)
			require.False(t, rec.Begun())
			require.Equal(t, before, w.Header())
		}
	}
}

// TestHijacked checks that nothing is sent to a connection that has been handed over.
func TestHijacked(t *testing.T) {
	w := hijacked{httptest.NewRecorder()}
	h := gzip.NewHandler(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain(text)(w, r)
		conn, _, err := w.(http.Hijacker).Hijack()
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})), gzip.Config{})
	status, err := h.ServeHTTP(w, ask("GET", "gzip"))
	require.Zero(t, status)
	require.NoError(t, err)
	require.Zero(t, w.Body.Len())
}

// A hijacked writer has a connection to hand over.
type hijacked struct{ *httptest.ResponseRecorder }

func (hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, _ := net.Pipe()
	return conn, nil, nil
}
