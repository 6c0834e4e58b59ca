package gzip_test

import (
	"bytes"
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

func TestRequestsThatAreTooLarge(t *testing.T) {
	text := textOf(5000)
	for _, coding := range []string{"gzip", "br", "zstd", "gzip, zstd"} {
		r := post(encode(t, text, coding), coding)
		_, got, status, err := decoded(gzip.RequestsConfig{MaxBytes: 5000}, r)
		require.NoError(t, err)
		require.Equal(t, text, got)
		require.Equal(t, http.StatusNoContent, status)

		r = post(encode(t, text, coding), coding)
		_, got, status, err = decoded(gzip.RequestsConfig{MaxBytes: 4999}, r)
		require.EqualError(t, err, "gzip: cannot decode the request: http: request body too large")
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		require.LessOrEqual(t, len(got), 4999)
		_, ok := errors.AsType[*http.MaxBytesError](err)
		require.True(t, ok, "which handlers know")
	}

	zeros := strings.Repeat("0", 3<<20)
	for coding, limit := range map[string]int{"gzip": 900, "br": 200, "zstd": 200, "gzip, gzip": 900} {
		r := post(encode(t, zeros, coding), coding)
		_, _, status, err := decoded(gzip.RequestsConfig{MaxRatio: limit}, r)
		require.ErrorContains(t, err, "times as long", coding)
		require.Equal(t, http.StatusRequestEntityTooLarge, status)

		r = post(encode(t, zeros[:1<<20], coding), coding)
		_, _, _, err = decoded(gzip.RequestsConfig{MaxRatio: limit}, r)
		require.NoError(t, err, "the first MiB does not count")

		r = post(encode(t, zeros, coding), coding)
		_, got, _, err := decoded(gzip.RequestsConfig{MaxRatio: -1, MaxBytes: -1}, r)
		require.NoError(t, err)
		require.Equal(t, zeros, got)
	}

	// What is in between counts, too: here nothing comes of much.
	var members bytes.Buffer
	for range 1 << 17 {
		members.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00")
	}
	r := post(encode(t, members.String(), "zstd"), "gzip, zstd")
	_, _, status, _ := decoded(gzip.RequestsConfig{MaxBytes: 1 << 20}, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
}

// TestBomb checks that 16 KB of zstd which are 512 MB take no more than the window
// that they declare, and what RFC 9659 permits of that.
func TestBomb(t *testing.T) {
	for _, tt := range []struct {
		name   string
		window int
		status int
		most   uint64
	}{
		{"the window of the zstd program", 2 << 20, http.StatusRequestEntityTooLarge, 2<<20 + 1<<20},
		{"the largest that is allowed", 8 << 20, http.StatusRequestEntityTooLarge, 8<<20 + 1<<20},
		{"a larger one", 128 << 20, http.StatusRequestEntityTooLarge, 1 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bomb := zstdOfZeros(tt.window, 512<<20)
			require.Less(t, len(bomb), 17_000)
			for _, cfg := range []gzip.RequestsConfig{{}, {MaxRatio: -1}} {
				h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
					_, err := io.Copy(io.Discard, r.Body)
					return 0, err
				}), cfg)
				w, r := httptest.NewRecorder(), post(bomb, "zstd")
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				_, err := h.ServeHTTP(w, r)
				runtime.ReadMemStats(&after)
				require.Equal(t, tt.status, middleware.StatusOf(r, err))
				require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, tt.most, "allocated, in all")
			}
		})
	}
}

// zstdOfZeros returns a frame of RFC 8878 of n zeros, in blocks of 128 KiB of one
// repeated byte each.
func zstdOfZeros(window, n int) string {
	const blockLen = 128 << 10
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0}
	exponent := byte(0)
	for 1<<(10+exponent) < window {
		exponent++
	}
	b = append(b, exponent<<3)
	for n > 0 {
		n -= blockLen
		header := blockLen<<3 | 1<<1 // repeated
		if n <= 0 {
			header |= 1
		}
		b = append(b, byte(header), byte(header>>8), byte(header>>16), 0)
	}
	return string(b)
}
