package gzip_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestRequestsConnectionFails checks that what is the connection's fault is not
// blamed on the client's encoder.
func TestRequestsConnectionFails(t *testing.T) {
	lost := errors.New("connection lost")
	for _, coding := range []string{"gzip", "br", "zstd"} {
		r := post("", coding)
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(encode(t, textOf(100_000), coding)[:5000]), failingReader{lost}))
		_, _, status, err := decoded(gzip.RequestsConfig{}, r)
		require.Equal(t, lost, err)
		require.Equal(t, http.StatusInternalServerError, status)

		r = post(encode(t, textOf(100_000), coding), coding)
		r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 1000)
		_, _, status, _ = decoded(gzip.RequestsConfig{}, r)
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// TestRequestsLater checks that a body that is still read after its request is over
// is not that of another request.
func TestRequestsLater(t *testing.T) {
	var late io.Reader
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		late = r.Body
		r.Body.Read(make([]byte, 1))
		return 0, nil
	}), gzip.RequestsConfig{})
	h.ServeHTTP(httptest.NewRecorder(), post(encode(t, "first", "gzip"), "gzip"))
	first := late
	h.ServeHTTP(httptest.NewRecorder(), post(encode(t, "second", "gzip"), "gzip"))
	_, err := first.Read(make([]byte, 10))
	require.Equal(t, http.ErrBodyReadAfterClose, err)
}

// TestRequestsBegin checks that a client that waits for it is told to go on when
// the body is read, and not if it is not.
func TestRequestsBegin(t *testing.T) {
	body := encode(t, "text", "gzip")
	reads := 0
	r := post("", "gzip")
	r.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
		reads++
		n := copy(p, body)
		body = body[n:]
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}))
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		require.Zero(t, reads)
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "text", string(text))
		require.NoError(t, r.Body.Close())
		_, err = r.Body.Read(make([]byte, 1))
		require.Equal(t, http.ErrBodyReadAfterClose, err)
		return 0, nil
	}), gzip.RequestsConfig{})
	_, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestRequestsLeakNothing checks that decoders which are dropped leave no goroutine
// behind.
func TestRequestsLeakNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 50 {
		for _, coding := range []string{"gzip", "br", "zstd"} {
			_, _, _, err := decoded(gzip.RequestsConfig{}, post(encode(t, textOf(10_000), coding)[:1000], coding))
			require.Error(t, err)
		}
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}
