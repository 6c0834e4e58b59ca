package gzip_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestPad checks that what pads a stream decodes to nothing, also for package
// compress/gzip, which takes no more than 511 bytes of a comment; that streams are
// longer for it by as much as was asked for; and that it is of one stream only.
func TestPad(t *testing.T) {
	body := testBody(5000)
	for name, coding := range codings() {
		e := coding.NewEncoder()
		padder, ok := e.(gzip.Padder)
		if !ok {
			require.Contains(t, name, "reference")
			continue
		}
		padded := func(n int) int {
			var stream bytes.Buffer
			e.Reset(&stream)
			padder.Pad(n)
			e.Write(body)
			require.NoError(t, e.Close())
			require.Equal(t, string(body), string(decode(t, coding.Name(), stream.Bytes())))
			e.Reset(nil)
			return stream.Len()
		}
		plain := padded(0)
		for _, n := range []int{1, 2, 9, 100, 256, 257, 400, 1024, 65531, 65536, 65537, 100_000} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				switch got := padded(n); coding.Name() {
				case "gzip":
					require.Equal(t, plain+6+min(n, 65531), got, "that is all an extra field has room for")
				case "zstd", "dcz":
					require.Equal(t, plain+8+n, got)
				default:
					require.InDelta(t, plain+n, got, 5)
				}
			})
		}
		e.Reset(new(bytes.Buffer))
		padder.Pad(100) // of a stream that nothing comes of
		require.Equal(t, plain, padded(0), name)
	}
}

// TestPadForPrograms checks that the programs that others use take what pads a
// stream for nothing, too.
func TestPadForPrograms(t *testing.T) {
	body := testBody(5000)
	for program, coding := range map[string]gzip.Coding{"gzip": gzip.Gzip(0), "brotli": gzip.Brotli(0), "zstd": gzip.Zstd(0)} {
		t.Run(program, func(t *testing.T) {
			middlewaretest.Program(t, program)
			for _, n := range []int{1, 512, 1024, 100_000} {
				var stream bytes.Buffer
				e := coding.NewEncoder()
				e.Reset(&stream)
				e.(gzip.Padder).Pad(n)
				e.Write(body)
				require.NoError(t, e.Close())
				cmd := exec.CommandContext(t.Context(), program, "-dc")
				cmd.Stdin = &stream
				got, err := cmd.Output()
				require.NoError(t, err)
				require.Equal(t, string(body), string(got))
			}
		})
	}
}

// TestPadAtOnce checks, with the race detector, that encoders of one dictionary pad
// their own streams only.
func TestPadAtOnce(t *testing.T) {
	coding := gzip.DCZ(longBody)
	body := testBody(5000)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			e := coding.NewEncoder()
			for n := range 20 {
				var stream bytes.Buffer
				e.Reset(&stream)
				e.(gzip.Padder).Pad(n + 1)
				e.Write(body)
				e.Close()
				if got := decode(t, "dcz", stream.Bytes()); !bytes.Equal(body, got) {
					t.Error("it is another stream")
				}
			}
		})
	}
	all.Wait()
}
