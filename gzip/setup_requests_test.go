package gzip_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

func TestRequestsDirective(t *testing.T) {
	for _, tt := range []struct {
		name, src, codings, body string
		status                   int
	}{
		{"defaults", "decompress", "br", textOf(1 << 20), 0},
		{"the usual limit", "decompress", "zstd", strings.Repeat(noise(1<<20), 10) + "x", 413},
		{"a limit", "decompress {\n limit 1KB\n}", "zstd", textOf(1025), 413},
		{"no limit", "decompress {\n limit none\n}", "zstd", strings.Repeat(noise(1<<20), 10) + "x", 0},
		{"the usual ratio", "decompress", "zstd", string(make([]byte, 2<<20)), 413},
		{"a ratio", "decompress { ratio 2 }", "zstd", textOf(2 << 20), 413},
		{"no ratio", "decompress {\n ratio none\n}", "zstd", string(make([]byte, 2<<20)), 0},
		{"some encodings", "decompress {\n encodings br zstd\n}", "zstd", "text", 0},
		{"not another", "decompress {\n encodings br zstd\n}", "gzip", "text", 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mw, err := caddyfiletest.Setup(t, gzip.RequestsDirective, tt.src)
			require.NoError(t, err)
			h := mw(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
				_, err := io.Copy(io.Discard, r.Body)
				return 0, err
			}))
			rec, r := middleware.Record(httptest.NewRecorder()), post(encode(t, tt.body, tt.codings), tt.codings)
			status, err := h.ServeHTTP(rec, r)
			status, _ = middleware.Settle(rec, r, status, err)
			require.Equal(t, tt.status, status)
		})
	}
}

func TestRequestsDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"an argument", "decompress gzip", `Caddyfile:1:12: decompress: unexpected "gzip"`},
		{"twice", "decompress\ndecompress", `Caddyfile:2:1: decompress: already given at Caddyfile:1:1`},
		{"no encodings", "decompress {\n encodings\n}", `Caddyfile:2:2: decompress: encodings: the coding, one of zstd, br, gzip, is missing`},
		{"an unknown encoding", "decompress {\n encodings gzip deflate\n}",
			`Caddyfile:2:17: decompress: encodings: unknown coding "deflate" (it is one of zstd, br, gzip)`},
		{"an encoding twice", "decompress {\n encodings gzip br gzip\n}", `Caddyfile:2:20: decompress: encodings: gzip is there already`},
		{"no size", "decompress {\n limit much\n}", `Caddyfile:2:8: decompress: limit: "much" is not a size such as 512B, 64KB or 10MB`},
		{"no number", "decompress {\n ratio 0\n}", `Caddyfile:2:8: decompress: ratio: "0" is not a number from 1`},
		{"an unknown property", "decompress {\n max 1\n}", `Caddyfile:2:2: decompress: unknown property "max"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, gzip.RequestsDirective, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
