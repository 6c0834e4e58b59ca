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
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// drain is a handler that reads the body of a request.
var drain = middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return 0, err
})

// brotliOf returns the beginning of a stream of a window of so many bits, from 18 to
// 24: the header of a block of 16 MiB that is not compressed, and what there is of it.
// The stream ends there if it is of less.
func brotliOf(windowBits uint64, content string) string {
	var w bits
	w.put((windowBits-17)<<1|1, 4)
	w.put(0, 1)        // not the last block
	w.put(2, 2)        // its length has six digits
	w.put(1<<24-1, 24) // of which this is one less
	w.put(1, 1)        // it is not compressed
	return string(w.buf) + content
}

// brotliOfNoise returns a whole stream of n bytes, which are not compressed.
func brotliOfNoise(windowBits uint64, n int) string {
	var w bits
	w.put((windowBits-17)<<1|1, 4)
	for piece := range pieces([]byte(strings.Repeat(noise(1<<16), n>>16+1)[:n]), 1<<16) {
		w.put(0, 3) // not the last block; its length has four digits
		w.put(uint64(len(piece)-1), 16)
		w.put(1, 1)
		w.align()
		w.buf = append(w.buf, piece...)
	}
	w.put(3, 2) // the last block, which is empty
	return string(w.buf)
}

// zstdOf returns a frame of zstd of one block, with a window of 1<<windowBits.
func zstdOf(windowBits int, content string) string {
	header := len(content)<<3 | 1
	return "\x28\xb5\x2f\xfd\x00" + string([]byte{byte(windowBits-10) << 3, byte(header), byte(header >> 8), byte(header >> 16)}) + content
}

// zstdOfPieces returns frames of small windows.
func zstdOfPieces(content string) (frames string) {
	for piece := range pieces([]byte(content), 100_000) {
		frames += zstdOf(20, string(piece))
	}
	return frames
}

// stalled is a body that there is no more of until end, when the connection is lost.
func stalled(body string, read chan<- bool, end <-chan bool) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(body), readerFunc(func([]byte) (int, error) {
		read <- true
		<-end
		return 0, errors.New("lost")
	})))
}

// TestRequestsThatStall measures what clients have held that say little and then
// nothing, and what is kept of it when they have gone.
func TestRequestsThatStall(t *testing.T) {
	cut := zstdOf(10, "x")[:10] // another frame, so that there is more to come
	for _, tt := range []struct {
		name, codings, body string
		most                int64 // that is held, in MiB
	}{
		{"gzip", "gzip", encode(t, textOf(5000), "gzip")[:500], 1},
		{"brotli", "br", brotliOf(24, "abc"), 9},
		{"brotli in brotli", "br, br", brotliOf(24, brotliOf(24, "abc")), 9},
		{"brotli in brotli in brotli", "br, br, br", brotliOf(24, brotliOf(24, brotliOf(24, "abc"))), 7},
		{"zstd", "zstd", zstdOf(23, "abc") + cut, 9},
		{"brotli in zstd", "br, zstd", zstdOf(22, brotliOf(24, "abc")) + cut, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewRequestsHandler(drain, gzip.RequestsConfig{})
			read, end, done := make(chan bool), make(chan bool), make(chan error)
			before := heap()
			r := post("", tt.codings)
			r.Body = stalled(tt.body, read, end)
			go func() {
				_, err := h.ServeHTTP(httptest.NewRecorder(), r)
				done <- err
			}()
			<-read
			require.LessOrEqual(t, (heap()-before)>>20, tt.most, "MiB held")
			close(end)
			require.EqualError(t, <-done, "lost")
			var m runtime.MemStats
			runtime.GC() // but once: pools are not emptied then
			runtime.ReadMemStats(&m)
			require.LessOrEqual(t, int64(m.HeapAlloc)-before, int64(2<<20), "kept")
			runtime.KeepAlive(h)
		})
	}
}

// TestRequestsWindows checks which windows there is room for.
func TestRequestsWindows(t *testing.T) {
	const tooLarge = "gzip: cannot decode the request: the body takes too large a window"
	for _, tt := range []struct{ name, codings, body, err string }{
		{"zstd of 8 MiB", "zstd", zstdOf(23, "abc"), ""},
		{"zstd of 16 MiB", "zstd", zstdOf(24, "abc"), "gzip: cannot decode the request: window size exceeded"},
		{"zstd of 8 MiB in brotli", "zstd, br", encode(t, zstdOf(23, "abc"), "br"), "gzip: cannot decode the request: window size exceeded"},
		{"zstd of 4 MiB in brotli", "zstd, br", encode(t, zstdOf(22, "abc"), "br"), ""},
		{"zstd of 8 MiB in gzip", "zstd, gzip", encode(t, zstdOf(23, "abc"), "gzip"), ""},
		{"brotli of 16 MiB for little", "br", encode(t, textOf(300_000), "br of 24 bits"), ""},
		{"brotli of 16 MiB for 8 MiB", "br", brotliOfNoise(24, 8<<20-16), ""},
		{"brotli of 16 MiB for more", "br", brotliOfNoise(24, 8<<20-15), tooLarge},
		{"brotli of 4 MiB for more", "br", brotliOfNoise(22, 9<<20), ""},
		{"brotli of 16 MiB in zstd, for 4 MiB", "br, zstd", zstdOfPieces(brotliOfNoise(24, 4<<20-16)), ""},
		{"brotli of 16 MiB in zstd, for more", "br, zstd", zstdOfPieces(brotliOfNoise(24, 4<<20-15)), tooLarge},
		{"large window brotli", "br", "\x91\x19\x03abc", tooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, status, err := decoded(gzip.RequestsConfig{}, post(tt.body, tt.codings))
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.err)
			require.Equal(t, http.StatusRequestEntityTooLarge, status)
		})
	}
}

// TestRequestsOfNothing checks that what nothing comes of has an end.
func TestRequestsOfNothing(t *testing.T) {
	for coding, piece := range map[string]string{
		"zstd": "\x50\x2a\x4d\x18\x00\x00\x01\x00" + strings.Repeat("x", 1<<16),
		"gzip": strings.Repeat("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00", 1<<10),
	} {
		for limit, want := range map[int64]int{1000: http.StatusRequestEntityTooLarge, 1 << 20: http.StatusNoContent, -1: http.StatusNoContent} {
			n := 3 << 19 / len(piece) // 1.5 MiB
			_, text, status, _ := decoded(gzip.RequestsConfig{MaxBytes: limit}, post(strings.Repeat(piece, n), coding))
			require.Equal(t, want, status, "%s, %d", coding, limit)
			require.Empty(t, text)
		}
	}
}

// TestRequestsKeepDecoders measures what a request allocates once there have been
// others: decoders of small windows are used again, whatever was between the frames.
func TestRequestsKeepDecoders(t *testing.T) {
	small := func(text string) string { return zstdOf(17, text) }
	for _, tt := range []struct{ name, coding, body string }{
		{"gzip", "gzip", encode(t, textOf(20_000), "gzip")},
		{"brotli", "br", encode(t, textOf(20_000), "br")},
		{"brotli of 16 MiB", "br", encode(t, textOf(20_000), "br of 24 bits")},
		{"zstd", "zstd", encode(t, textOf(20_000), "zstd")},
		{"zstd in frames", "zstd", small("a") + "\x5f\x2a\x4d\x18\x03\x00\x00\x00abc" + zstdOfZeros(1<<17, 1<<18) + encode(t, textOf(20_000), "zstd") + small("b")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewRequestsHandler(drain, gzip.RequestsConfig{})
			allocated := func() int64 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := h.ServeHTTP(httptest.NewRecorder(), post(tt.body, tt.coding))
				require.NoError(t, err)
				runtime.ReadMemStats(&after)
				return int64(after.TotalAlloc - before.TotalAlloc)
			}
			first := allocated()
			again := first
			for range 10 { // the race detector has pools lose some
				again = min(again, allocated())
			}
			require.Less(t, again, first/2)
		})
	}
}

// TestRequestsDropDecoders measures what is kept of the decoders of large windows.
func TestRequestsDropDecoders(t *testing.T) {
	for _, tt := range []struct{ name, coding, body string }{
		{"zstd", "zstd", zstdOf(23, "abc")},
		{"zstd behind a small frame", "zstd", zstdOf(10, "abc") + zstdOf(23, "abc")},
		{"zstd behind what is skipped", "zstd", "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstdOf(23, "abc")},
		{"zstd behind blocks and a checksum", "zstd", encode(t, textOf(200_000), "zstd of 1 MiB") + zstdOf(23, "abc")},
		{"zstd behind bytes that repeat", "zstd", zstdOfZeros(1<<17, 1<<18) + zstdOf(23, "abc")},
		{"zstd of the longest header", "zstd", "\x28\xb5\x2f\xfd\xc3\x68\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00abc"},
		{"brotli", "br", encode(t, textOf(3<<20), "br")},
		{"brotli that is cut", "br", brotliOf(23, "abc")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := gzip.NewRequestsHandler(drain, gzip.RequestsConfig{})
			before := heap()
			for range 3 {
				h.ServeHTTP(httptest.NewRecorder(), post(tt.body, tt.coding))
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			require.Less(t, int64(m.HeapAlloc)-before, int64(2<<20))
			runtime.KeepAlive(h)
		})
	}
}

// TestRequestsForgetBodies checks that idle decoders hold on to nobody's body.
func TestRequestsForgetBodies(t *testing.T) {
	type body struct {
		bytes.Reader
		large [1 << 10]byte
	}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		h := gzip.NewRequestsHandler(drain, gzip.RequestsConfig{})
		forgotten := func() weak.Pointer[body] {
			b := new(body)
			b.Reset([]byte(encode(t, text, coding)))
			r := post("", coding)
			r.Body = io.NopCloser(b)
			_, err := h.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			return weak.Make(b)
		}()
		runtime.GC()
		require.Nil(t, forgotten.Value(), coding)
		runtime.KeepAlive(h)
	}
}

// TestRequestsReadBehindTheHandler checks that a request is over when its handler is,
// although somebody else waits for more of the body.
func TestRequestsReadBehindTheHandler(t *testing.T) {
	in, out := io.Pipe()
	watchdog := time.AfterFunc(time.Minute, func() { out.CloseWithError(errors.New("it waits")) })
	defer watchdog.Stop()
	late := make(chan error)
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		go func() {
			_, err := io.Copy(io.Discard, r.Body)
			late <- err
		}()
		io.WriteString(out, encode(t, textOf(100_000), "gzip")[:5000]) // all of which is read then
		return http.StatusNoContent, nil
	}), gzip.RequestsConfig{})
	r := post("", "gzip")
	r.Body = in
	status, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, status)
	lost := errors.New("lost")
	out.CloseWithError(lost)
	require.ErrorIs(t, <-late, lost)
}
