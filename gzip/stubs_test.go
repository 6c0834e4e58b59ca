package gzip_test

import (
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// ask returns a request that accepts these codings, "" being none.
func ask(method, accept string) *http.Request {
	r := httptest.NewRequest(method, "/page", nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	return r
}

// plain returns a handler that writes text.
func plain(text string) http.HandlerFunc { return writes("text/plain", text) }

func writes(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, text)
	}
}

// serve has a handler answer r from behind a layer of this package.
func serve(t testing.TB, h http.HandlerFunc, cfg gzip.Config, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	status, err := gzip.NewHandler(middleware.FromHTTP(h), cfg).ServeHTTP(w, r)
	require.NoError(t, err)
	require.Zero(t, status)
	return w
}

// read returns what was encoded, up to where that breaks off.
func read(coding string, r io.Reader) (string, error) {
	var err error
	switch coding {
	case "":
	case "gzip":
		if r, err = stdgzip.NewReader(r); err != nil {
			return "", err
		}
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return "", err
		}
		defer d.Close()
		r = d
	default:
		return "", fmt.Errorf("unknown coding %q", coding)
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// noise returns n bytes that no coding makes any fewer.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// textOf returns n bytes that become a third as many or so.
func textOf(n int) string {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, `{"id": %d, "name": "%c%c%c", "value": %d}`+"\n", b.Len(), 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), r.IntN(1e6))
	}
	return b.String()[:n]
}
