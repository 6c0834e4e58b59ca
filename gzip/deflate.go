package gzip

import (
	"strings"

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

// Pad implements [Padder] by a comment.
func (e *gzipEncoder) Pad(n int) {
	if n > 0 {
		e.lib.(*gzip.Writer).Comment = strings.Repeat(" ", n-1) // a zero ends it
	}
}
