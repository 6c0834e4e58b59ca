package gzip_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// decodeDCZ decodes a stream of dcz.
func decodeDCZ(t testing.TB, dictionary, stream []byte) []byte {
	t.Helper()
	hash := sha256.Sum256(dictionary)
	rest, ok := bytes.CutPrefix(stream, append([]byte("\x5e\x2a\x4d\x18\x20\x00\x00\x00"), hash[:]...))
	require.True(t, ok, "RFC 9842, section 5")
	r, err := zstd.NewReader(bytes.NewReader(rest), zstd.WithDecoderDictRaw(0, dictionary), zstd.WithDecoderMaxWindow(8<<20))
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	return got
}

// decodeDCB decodes a stream of dcb.
func decodeDCB(t testing.TB, dictionary, stream []byte) []byte {
	t.Helper()
	got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(withDictionary(t, dictionary, stream))))
	require.NoError(t, err)
	got, ok := bytes.CutPrefix(got, dictionary)
	require.True(t, ok)
	return got
}

// withDictionary makes a stream of br, which any decoder can decode, of one of
// dcb: of the dictionary first, and then of what is encoded with it. That is the
// same to a decoder as long as all is within the window.
func withDictionary(t testing.TB, dictionary, stream []byte) []byte {
	t.Helper()
	hash := sha256.Sum256(dictionary)
	stream, ok := bytes.CutPrefix(stream, append([]byte("\xffDCB"), hash[:]...))
	require.True(t, ok, "RFC 9842, section 4")

	var w bits
	w.put(uint64(stream[0]&0xf), 4) // the window
	last := len(dictionary) - 1
	for piece := range pieces(dictionary[:last], 1<<16) {
		w.put(0, 3) // not the last block; the length has four digits
		w.put(uint64(len(piece)-1), 16)
		w.put(1, 1) // it is not compressed
		w.align()
		w.buf = append(w.buf, piece...)
	}
	// The header of the stream has four bits, and ends there in the byte. So must
	// what takes its place, which takes a block that is compressed.
	w.put(0, 3+16+1+13) // not the last, of one byte, one code for everything
	literal := uint64(dictionary[last])
	other := literal ^ 1
	w.put(1|1<<2, 4) // a simple code of two literals, in order: RFC 7932, section 3.4
	w.put(min(literal, other), 8)
	w.put(max(literal, other), 8)
	w.put(1|0<<2, 4) // of one command, which takes no bits:
	w.put(136, 10)   // insert one byte, and copy nothing, for the block is over
	w.put(1|1<<2, 4) // of two distances, for the sake of their number of bits
	w.put(0, 6)
	w.put(1, 6)
	w.put(literal&1, 1)
	require.Equal(t, uint(4), w.n%8)

	require.Equal(t, byte(1), stream[0]&1) // a window of 18 to 24 bits
	w.buf[len(w.buf)-1] |= stream[0] &^ 0xf
	return append(w.buf, stream[1:]...)
}

// bits are put into bytes from the lowest on.
type bits struct {
	buf []byte
	n   uint
}

func (w *bits) put(v uint64, n uint) {
	for i := range n {
		if w.n%8 == 0 {
			w.buf = append(w.buf, 0)
		}
		w.buf[len(w.buf)-1] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

func (w *bits) align() { w.n = 8 * uint(len(w.buf)) }
