package gzip

import (
	"encoding/binary"

	"github.com/klauspost/compress/gzip"
)

// Gzip returns the coding gzip of RFC 1952, at a level from 1, the fastest, to 9,
// the smallest. Zero is 5: level 6 saves half a percent more, and level 7 takes
// twice as long.
func Gzip(level int) Coding { return gzipCoding(levelOf(level, 5)) }

// levelOf returns a level from 1 to 9.
func levelOf(level, usual int) int {
	if level <= 0 {
		return usual
	}
	return min(level, 9)
}

type gzipCoding int

func (gzipCoding) Name() string { return "gzip" }

func (c gzipCoding) NewEncoder() Encoder {
	e := new(gzipEncoder)
	e.make = func() library {
		z, _ := gzip.NewWriterLevel(nil, int(c)) // which fails for other levels only
		return z
	}
	return e
}

type gzipEncoder struct{ foreign }

// Pad implements [Padder] by an extra field (RFC 1952, section 2.3.1.1), which takes
// 6 bytes by itself. A comment would take 1, but package compress/gzip refuses those
// of more than 511.
func (e *gzipEncoder) Pad(n int) {
	const header, most = 4, 1<<16 - 1
	if n <= 0 {
		return
	}
	extra := make([]byte, header+min(n, most-header))
	extra[0], extra[1] = 'P', 'D'
	binary.LittleEndian.PutUint16(extra[2:], uint16(len(extra)-header))
	e.lib.(*gzip.Writer).Extra = extra
}
