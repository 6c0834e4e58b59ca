package gzip

import (
	"io"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// dcb is brotli with a dictionary (RFC 9842, section 4). To brotli the dictionary
// lies before the stream, so what is as far into the one as into the other is as
// far apart as the dictionary is long.
type dcb struct {
	index *dictionaryIndex
	magic []byte
}

func newDCB(data []byte, hash [32]byte) *dcb {
	return &dcb{indexDictionary(data), append([]byte{0xff, 'D', 'C', 'B'}, hash[:]...)}
}

func (*dcb) Name() string { return "dcb" }

// NewEncoder returns an encoder whose window is four times the dictionary's
// length: so far into the stream it can be referred to.
func (c *dcb) NewEncoder() Encoder {
	const largest = 24 // 16 MiB
	window := uint(min(max(bits.Len(uint(len(c.index.data)))+2, windowBits), largest))
	e := newBrotli(usual, window, longBlockLen)
	e.magic, e.matcher.dict = c.magic, c.index
	return e
}

// dcz is zstd with a dictionary (RFC 9842, section 5).
type dcz struct {
	data  []byte
	magic []byte
}

// dczMost is how long a dictionary may be that encoders are kept for.
const dczMost = 800 << 10

func newDCZ(data []byte, hash [32]byte) *dcz {
	const skippable, length = "\x5e\x2a\x4d\x18", "\x20\x00\x00\x00" // a frame that other decoders skip
	magic := append([]byte(skippable+length), hash[:]...)
	return &dcz{data, slices.Clip(magic)} // for what Pad appends is not for all encoders
}

func (*dcz) Name() string { return "dcz" }

// NewEncoder returns an encoder whose window has room for a quarter more than the
// dictionary, but for no more than 1 MiB, so that it is not too large to be kept.
func (c *dcz) NewEncoder() Encoder {
	window := min(max(1<<bits.Len(uint(len(c.data)+len(c.data)/4)), 128<<10), 1<<20)
	e := &dczEncoder{magic: c.magic}
	e.make = func() library {
		return newZstd(zstd.SpeedFastest, window, zstd.WithEncoderDictRaw(0, c.data))
	}
	return e
}

type dczEncoder struct {
	zstdEncoder
	magic []byte
}

// Reset implements [Encoder].
func (e *dczEncoder) Reset(w io.Writer) {
	e.zstdEncoder.Reset(w)
	if w != nil {
		e.start = e.magic
	}
}

// Append implements [Appender].
func (e *dczEncoder) Append(dst, src []byte) []byte {
	return e.zstdEncoder.Append(append(dst, e.magic...), src)
}
