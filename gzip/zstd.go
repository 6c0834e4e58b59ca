package gzip

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// Zstd returns the coding zstd of RFC 8878, at a level from 1, the fastest, to 9,
// the smallest. Zero is 1, which takes two thirds of the time of gzip and makes text
// up to 6 percent larger than that; there is a difference between levels 2 and 3, and
// 5 and 6. The window is 128 KiB, of the 8 MiB that RFC 9659 permits: more would save
// one percent.
func Zstd(level int) Coding { return zstdCoding(levelOf(level, 1)) }

type zstdCoding int

func (zstdCoding) Name() string { return "zstd" }

// NewEncoder returns an encoder that makes streams of whole bodies, too. For those
// the library has EncodeAll, which copies less; but it has tables of its own, and
// two sets of them cost more by what they drive out of the processor's cache.
func (c zstdCoding) NewEncoder() Encoder {
	level := zstd.EncoderLevelFromZstd(int(c))
	e := new(zstdEncoder)
	e.large = level > zstd.SpeedDefault
	e.make = func() library {
		// The fastest level has blocks of 64 KiB, and another one keeps them.
		return newZstd(level, 128<<10, zstd.WithEncoderLevel(zstd.SpeedFastest))
	}
	return e
}

// newZstd returns an encoder that writes no checksum, which is four bytes less:
// TCP has one, and TLS a better one.
func newZstd(level zstd.EncoderLevel, window int, first ...zstd.EOption) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, append(first,
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(window),
		zstd.WithEncoderLevel(level),
	)...)
	if err != nil {
		panic(err) // for options that do not depend on anything but the code here
	}
	return e
}

type zstdEncoder struct{ foreign }

// Pad implements [Padder] by a skippable frame (RFC 8878, section 3.1.2), which takes
// 8 bytes by itself.
func (e *zstdEncoder) Pad(n int) {
	const header = 8
	if n <= 0 {
		return
	}
	frame := make([]byte, header+n)
	binary.LittleEndian.PutUint32(frame, 0x184d2a50)
	binary.LittleEndian.PutUint32(frame[4:], uint32(n))
	e.start = append(e.start, frame...)
}
