package gzip_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
)

// longBody is what testBody begins with, and the dictionary of dcb and dcz here.
var longBody = testBody(300_000)

// codings are all there are, at levels that differ.
func codings() map[string]gzip.Coding {
	all := map[string]gzip.Coding{
		"dcb": gzip.DCB(longBody),
		"dcz": gzip.DCZ(longBody),
	}
	for _, level := range []int{0, 1, 2, 9} {
		all[fmt.Sprint("gzip ", level)] = gzip.Gzip(level)
	}
	for _, level := range []int{0, 3, 100} {
		all[fmt.Sprint("zstd ", level)] = gzip.Zstd(level)
	}
	for _, level := range []int{-1, 1, 7} {
		all[fmt.Sprint("br ", level)] = gzip.Brotli(level)
	}
	for _, level := range []int{1, 2, 5} {
		all[fmt.Sprint("br reference ", level)] = gzip.BrotliReference(level)
	}
	return all
}

// testBody returns text that can be compressed, more of the same for a larger n.
func testBody(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, `{"id":%d,"name":"item %d","price":%d.%02d,"tags":["%x","%x"]}`+"\n",
			len(b), r.IntN(1000), r.IntN(100), r.IntN(100), r.IntN(50), r.Uint32())
	}
	return b[:n]
}

// decode returns what a stream decodes to by a decoder of another make than the
// encoder, where Go has one.
func decode(t testing.TB, coding string, stream []byte) []byte {
	t.Helper()
	var r io.Reader
	switch coding {
	case "gzip":
		z, err := stdgzip.NewReader(bytes.NewReader(stream))
		require.NoError(t, err)
		r = z
	case "br":
		r = brotli.NewReader(bytes.NewReader(stream))
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(stream), zstd.WithDecoderMaxWindow(8<<20))
		require.NoError(t, err)
		defer z.Close()
		r = z
	case "dcb":
		return decodeDCB(t, longBody, stream)
	case "dcz":
		return decodeDCZ(t, longBody, stream)
	}
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	return got
}

func TestCodings(t *testing.T) {
	random := make([]byte, 200_000)
	rand.NewChaCha8([32]byte{}).Read(random)
	bodies := map[string][]byte{
		"nothing":            {},
		"a byte":             {'x'},
		"ten bytes":          []byte("0123456789"),
		"zeros":              make([]byte, 100_000),
		"a page":             testBody(10_000),
		"a block":            testBody(64 << 10),
		"a block and a byte": testBody(64<<10 + 1),
		"several windows":    testBody(700_000),
		"random":             random,
		"random after text":  append(testBody(70_000), random...),
	}
	for name, coding := range codings() {
		t.Run(name, func(t *testing.T) {
			e := coding.NewEncoder()
			for range 2 { // the second time with what the first has left behind
				for name, body := range bodies {
					whole := e.(gzip.Appender).Append([]byte("before"), body)
					require.Equal(t, "before", string(whole[:6]))
					require.True(t, bytes.Equal(body, decode(t, coding.Name(), whole[6:])), "%s, whole", name)
					require.Less(t, len(whole), len(body)+len(body)/1000+100, name)

					var stream bytes.Buffer
					e.Reset(&stream)
					for piece := range pieces(body, 7001) {
						n, err := e.Write(piece)
						require.NoError(t, err)
						require.Len(t, piece, n)
					}
					require.NoError(t, e.Close())
					require.True(t, bytes.Equal(body, decode(t, coding.Name(), stream.Bytes())), "%s, streamed", name)
					e.Reset(nil)
				}
			}
		})
	}
}

// pieces returns parts of b of up to n bytes.
func pieces(b []byte, n int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}

// TestFlush checks that all that was written can be decoded after a Flush, by
// reading no further than there.
func TestFlush(t *testing.T) {
	body := testBody(200_000)
	for name, coding := range codings() {
		if coding.Name() == "dcb" {
			continue // FuzzDCB does
		}
		t.Run(name, func(t *testing.T) {
			in, out := io.Pipe()
			defer in.Close()
			e := coding.NewEncoder()
			e.Reset(out)
			go func() {
				defer out.Close()
				e.Flush() // of nothing
				for piece := range pieces(body, 20_011) {
					e.Write(piece)
					e.Flush()
					e.Flush() // of nothing more
				}
				e.Close()
			}()
			r := newReader(t, coding.Name(), in)
			for piece := range pieces(body, 20_011) {
				got := make([]byte, len(piece))
				_, err := io.ReadFull(r, got)
				require.NoError(t, err)
				require.True(t, bytes.Equal(piece, got))
			}
			rest, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Empty(t, rest)
		})
	}
}

// newReader returns a reader that reads no more from in than it has to.
func newReader(t *testing.T, coding string, in io.Reader) io.Reader {
	t.Helper()
	switch coding {
	case "gzip":
		r, err := stdgzip.NewReader(in)
		require.NoError(t, err)
		return r
	case "br":
		return brotli.NewReader(in)
	case "dcz":
		_, err := io.ReadFull(in, make([]byte, 40))
		require.NoError(t, err)
		r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderDictRaw(0, longBody))
		require.NoError(t, err)
		return r
	}
	r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	require.NoError(t, err)
	return r
}

// TestWriterFails checks that who cannot be written to is heard of, by the next
// call at the latest, and that the encoder is as good as new after.
func TestWriterFails(t *testing.T) {
	broken := errors.New("broken")
	body := testBody(300_000)
	for name, coding := range codings() {
		t.Run(name, func(t *testing.T) {
			e := coding.NewEncoder()
			e.Reset(failing{broken})
			_, err := e.Write(body)
			if err == nil {
				err = e.Flush()
			}
			if err == nil {
				err = e.Close()
			}
			require.ErrorIs(t, err, broken)
			e.Reset(nil)

			var stream bytes.Buffer
			e.Reset(&stream)
			e.Write(body)
			require.NoError(t, e.Close())
			require.True(t, bytes.Equal(body, decode(t, coding.Name(), stream.Bytes())))
		})
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestIdleEncodersAreSmall measures what an encoder holds that waits for the next
// response.
func TestIdleEncodersAreSmall(t *testing.T) {
	const most = 2 << 20
	body := testBody(500_000)
	for name, coding := range codings() {
		t.Run(name, func(t *testing.T) {
			idle := make([]gzip.Encoder, 3)
			var out counter
			before := heap()
			for i := range idle {
				e := coding.NewEncoder()
				e.Reset(&out)
				e.Write(body)
				e.Close()
				e.(gzip.Appender).Append(nil, body[:64<<10])
				e.Reset(nil)
				idle[i] = e
			}
			each := (heap() - before) / int64(len(idle))
			t.Logf("%d KiB", each>>10)
			require.LessOrEqual(t, each, int64(most))
			runtime.KeepAlive(idle)
		})
	}
}

// counter counts what is written.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestEncodersDoNotAllocate checks that an encoder that has been used costs nothing
// to use again.
func TestEncodersDoNotAllocate(t *testing.T) {
	body := testBody(50_000)
	for name, coding := range codings() {
		e := coding.NewEncoder()
		if gzip.IsDropped(e) || strings.Contains(name, "reference") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			out := e.(gzip.Appender).Append(nil, body)
			require.Zero(t, testing.AllocsPerRun(10, func() {
				e.(gzip.Appender).Append(out[:0], body)
			}), "whole")

			var sink counter
			require.LessOrEqual(t, testing.AllocsPerRun(10, func() {
				e.Reset(&sink)
				e.Write(body[:20_000])
				e.Flush()
				e.Write(body[20_000:])
				e.Close()
				e.Reset(nil)
			}), 2.0, "streamed")
		})
	}
}
