package gzip_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// mixed returns bytes of many kinds: text, noise, runs, and what was there before.
func mixed(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		switch r.IntN(6) {
		case 0:
			b = append(b, make([]byte, r.IntN(600))...)
		case 1:
			for range r.IntN(300) {
				b = append(b, byte(r.Uint32()))
			}
		case 2, 3:
			start := r.IntN(len(b) + 1)
			b = append(b, b[start:min(len(b), start+r.IntN(3000))]...)
		case 4:
			for range r.IntN(500) {
				b = append(b, "etaoin <>/=\"\n"[r.IntN(13)])
			}
		case 5:
			b = append(b, bytes.Repeat([]byte("<td class=x>"), r.IntN(30))...)
		}
	}
	return b[:n]
}

// encodeInPieces encodes body in pieces of random sizes, and calls flushed, with
// how much it was and what became of it, after those that are flushed.
func encodeInPieces(t testing.TB, e gzip.Encoder, r *rand.Rand, body []byte, flushed func(n int, stream []byte)) []byte {
	t.Helper()
	var stream bytes.Buffer
	e.Reset(&stream)
	largest := []int{10, 300, 5000, 100_000}[r.IntN(4)]
	done := 0
	for done < len(body) {
		k := min(len(body)-done, 1+r.IntN(largest))
		n, err := e.Write(body[done : done+k])
		require.NoError(t, err)
		require.Equal(t, k, n)
		done += k
		if r.IntN(4) == 0 {
			require.NoError(t, e.Flush())
			flushed(done, stream.Bytes())
		}
	}
	require.NoError(t, e.Close())
	e.Reset(nil)
	return stream.Bytes()
}

// end is what ends a stream of br after a Flush: a last block, which is empty.
const end = "\x03"

// FuzzBrotli checks that streams of br, and what there is of them after each
// Flush, can be decoded.
func FuzzBrotli(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(seed), []byte(nil), 1000<<seed)
	}
	f.Add(uint64(1), uint8(1), []byte("hello hello hello hello hello"), 0)
	f.Add(uint64(2), uint8(2), bytes.Repeat([]byte{0}, 300), 0)
	encoders := []gzip.Encoder{
		gzip.Brotli(1).NewEncoder(), gzip.Brotli(5).NewEncoder(), gzip.Brotli(9).NewEncoder(),
	}
	f.Fuzz(func(t *testing.T, seed uint64, level uint8, text []byte, n int) {
		r := rand.New(rand.NewPCG(seed, 0))
		body := append(text, mixed(r, max(n, -n)%500_000)...)
		e := encoders[int(level)%len(encoders)]
		checked := 0
		stream := encodeInPieces(t, e, r, body, func(n int, stream []byte) {
			if checked++; checked > 10 {
				return
			}
			got, err := io.ReadAll(brotli.NewReader(strings.NewReader(string(stream) + end)))
			require.NoError(t, err)
			require.True(t, bytes.Equal(body[:n], got), "after a Flush at %d", n)
		})
		require.True(t, bytes.Equal(body, decode(t, "br", stream)))
		require.True(t, bytes.Equal(body, decode(t, "br", e.(gzip.Appender).Append(nil, body))))
	})
}

// FuzzDCB does the same with a dictionary, of which the body has more or less.
func FuzzDCB(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte("a dictionary"), []byte("a body"), 100<<seed, 1000<<seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64, dictionary, body []byte, dictionaryLen, n int) {
		r := rand.New(rand.NewPCG(seed, 0))
		dictionary = append(dictionary, mixed(r, 1+max(dictionaryLen, -dictionaryLen)%400_000)...)
		body = append(body, edited(r, dictionary, max(n, -n)%400_000)...)
		e := gzip.DCB(dictionary).NewEncoder()
		checked := 0
		for range 2 {
			stream := encodeInPieces(t, e, r, body, func(n int, stream []byte) {
				if checked++; checked > 5 {
					return
				}
				got := decodeDCB(t, dictionary, []byte(string(stream)+end))
				require.True(t, bytes.Equal(body[:n], got), "after a Flush at %d", n)
			})
			require.True(t, bytes.Equal(body, decodeDCB(t, dictionary, stream)))
		}
		require.True(t, bytes.Equal(body, decodeDCB(t, dictionary, e.(gzip.Appender).Append(nil, body))))
	})
}

// edited returns n bytes that are mostly those of another version, and its end and
// beginning now and then.
func edited(r *rand.Rand, version []byte, n int) []byte {
	var b []byte
	at := 0
	for len(b) < n {
		switch r.IntN(5) {
		case 0:
			b = append(b, mixed(r, r.IntN(50))...)
		case 1:
			at += r.IntN(20)
		case 2:
			at = len(version) - r.IntN(min(len(version), 30))
			b = append(b, version[at:]...)
			b = append(b, b[:min(len(b), r.IntN(40))]...)
			at = r.IntN(len(version))
		default:
			at %= len(version)
			k := min(len(version)-at, r.IntN(4000))
			b = append(b, version[at:at+k]...)
			at += k
		}
	}
	return b[:n]
}

// TestBrotliByTheReference has the reference implementation decode our streams,
// in which every Flush is checked, by ending the stream there.
func TestBrotliByTheReference(t *testing.T) {
	tool := middlewaretest.Program(t, "brotli")
	dir := t.TempDir()
	var files []string
	want := map[string][]byte{}
	add := func(body, stream []byte) {
		name := filepath.Join(dir, "x"+string(rune('a'+len(files)%26))+strings.Repeat("x", len(files)/26))
		require.NoError(t, os.WriteFile(name+".br", stream, 0o600))
		files = append(files, name+".br")
		want[name] = body
	}
	encoders := []gzip.Encoder{
		gzip.Brotli(1).NewEncoder(), gzip.Brotli(5).NewEncoder(), gzip.Brotli(9).NewEncoder(),
	}
	for i := range 60 {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		body := mixed(r, r.IntN(200_000)*(i%3)/2)
		e, flushes := encoders[i%3], 0
		stream := encodeInPieces(t, e, r, body, func(n int, stream []byte) {
			if flushes++; flushes%10 == 1 && flushes < 50 {
				add(body[:n], []byte(string(stream)+end))
			}
		})
		add(body, bytes.Clone(stream))

		dictionary := mixed(r, 1+r.IntN(200_000))
		body = edited(r, dictionary, r.IntN(300_000))
		e = gzip.DCB(dictionary).NewEncoder()
		stream = encodeInPieces(t, e, r, body, func(int, []byte) {})
		add(append(dictionary, body...), withDictionary(t, dictionary, stream))
	}
	out, err := exec.CommandContext(t.Context(), tool, append([]string{"-d", "-k", "-f"}, files...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name, body := range want {
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, got), name)
	}
	t.Logf("%d streams decoded by %s", len(files), tool)
}

// TestDictionariesByTheReferences has the reference implementations decode streams
// with a dictionary, as far as they are installed and know how.
func TestDictionariesByTheReferences(t *testing.T) {
	for _, tt := range []struct {
		tool, option string
		header       int
		coding       func([]byte) gzip.Coding
	}{
		{"brotli", "--dictionary", 36, gzip.DCB}, // from brotli 1.1 on
		{"zstd", "-D", 40, gzip.DCZ},
	} {
		t.Run(tt.tool, func(t *testing.T) {
			tool := middlewaretest.Program(t, tt.tool)
			help, err := exec.CommandContext(t.Context(), tool, "--help").CombinedOutput()
			require.NoError(t, err)
			if !strings.Contains(string(help), tt.option) {
				t.Skip(tool, "is too old to know dictionaries")
			}
			dir := t.TempDir()
			for i := range 40 {
				r := rand.New(rand.NewPCG(uint64(i), 2))
				dictionary := mixed(r, 1+r.IntN(300_000))
				body := edited(r, dictionary, 1+r.IntN(400_000))
				e := tt.coding(dictionary).NewEncoder()
				stream := encodeInPieces(t, e, r, body, func(int, []byte) {})
				if i%2 == 0 {
					stream = e.(gzip.Appender).Append(nil, body)
				}
				require.NoError(t, os.WriteFile(filepath.Join(dir, "dictionary"), dictionary, 0o600))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "stream"), stream[tt.header:], 0o600))
				cmd := exec.CommandContext(t.Context(), tool, "-d", "-c", "-D", "dictionary", "stream")
				cmd.Dir = dir
				got, err := cmd.Output()
				require.NoError(t, err, i)
				require.True(t, bytes.Equal(body, got), i)
			}
		})
	}
}
