package gzip

import (
	"io"
	"math/bits"

	"github.com/andybalholm/brotli"
)

// Brotli returns the coding br of RFC 7932, at a level from 1, the fastest, to 9,
// the smallest. Zero is 5, which takes 1.1 to 1.7 times as long as gzip and makes what
// is larger than a few kilobytes 2 to 7 percent smaller than that; there is a
// difference between levels 3 and 4, and 6 and 7. It is made of parts of package
// brotli that are new; [BrotliReference] is their elder.
func Brotli(level int) Coding {
	switch level = levelOf(level, 5); {
	case level <= 3:
		return brotliCoding(quick)
	case level <= 6:
		return brotliCoding(usual)
	}
	return brotliCoding(thorough)
}

type brotliCoding effort

func (brotliCoding) Name() string { return "br" }

func (c brotliCoding) NewEncoder() Encoder {
	return newBrotli(effort(c), windowBits, blockLen)
}

func newBrotli(effort effort, windowBits uint, blockLen int) *brotliEncoder {
	e := &brotliEncoder{window: windowBits}
	e.matcher.effort, e.matcher.block = effort, blockLen
	e.matcher.reach = 1<<windowBits - 16 // RFC 7932, section 9.1
	return e
}

// BrotliReference returns the coding br as the encoder does it that is a
// translation of Google's, at a level from 0, the fastest, to 11, the smallest.
// From level 4 it takes about five times as long as [Brotli], and encoders are
// too large to be kept for later.
func BrotliReference(level int) Coding { return brotliReference(min(max(level, 0), 11)) }

type brotliReference int

func (brotliReference) Name() string { return "br" }

func (c brotliReference) NewEncoder() Encoder {
	return &foreign{
		large: c == 1 || c >= 4,
		make: func() library {
			return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: int(c), LGWin: windowBits})
		},
	}
}

// A brotliEncoder is brotli.Encoder with a matcher of our own, a window that is
// declared as small as it is, and Flush, for which a stream of package
// matchfinder has no way.
type brotliEncoder struct {
	window uint   // its binary logarithm, as declared
	magic  []byte // what precedes the stream

	matcher matcher
	enc     brotli.Encoder
	w       io.Writer
	out     []byte
	begun   bool // there is a header
	dirty   bool // something was encoded that has not been flushed
	err     error
}

// Reset implements [Encoder].
func (e *brotliEncoder) Reset(w io.Writer) {
	e.w = w
	if w != nil {
		e.begin(e.out[:0])
	}
}

// begin begins a stream behind what is in out.
func (e *brotliEncoder) begin(out []byte) {
	e.matcher.reset()
	e.enc.Reset()
	e.out = append(out, e.magic...)
	e.begun, e.dirty, e.err = false, false, nil
}

func (e *brotliEncoder) Write(p []byte) (n int, err error) {
	for n < len(p) && e.err == nil {
		n += e.matcher.fill(p[n:])
		if e.matcher.isFull() {
			e.encode()
			e.send()
		}
	}
	return n, e.err
}

// Append implements [Appender].
func (e *brotliEncoder) Append(dst, src []byte) []byte {
	own := e.out
	e.begin(dst)
	for len(src) > 0 {
		src = src[e.matcher.fill(src):]
		e.encode()
	}
	e.end()
	dst, e.out = e.out, own[:0]
	return dst
}

// Flush implements [Encoder].
func (e *brotliEncoder) Flush() error {
	e.encode()
	if e.dirty {
		e.metadata(0)
		e.dirty = false
	}
	e.send()
	return e.err
}

// Close implements [Encoder].
func (e *brotliEncoder) Close() error {
	e.encode()
	e.end()
	e.send()
	return e.err
}

// Pad implements [Padder] by a block of metadata.
func (e *brotliEncoder) Pad(n int) {
	if n > 0 {
		e.metadata(min(n, 1<<24))
	}
}

// send writes what there is.
func (e *brotliEncoder) send() {
	if e.err == nil && len(e.out) > 0 {
		_, e.err = e.w.Write(e.out)
	}
	e.out = e.out[:0]
}

// encode encodes what the matcher has been filled with.
func (e *brotliEncoder) encode() {
	for len(e.matcher.pending()) > 0 {
		before, at := e.enc, len(e.out)
		matches, n := e.matcher.find()
		block := e.matcher.pending()[:n]
		e.out = e.enc.Encode(e.out, block, matches, false)
		if len(e.out)-at > n { // it has become more
			e.enc, e.out = before, e.out[:at]
			e.store(block)
		}
		e.head(at)
		e.matcher.next += n
		e.dirty = true
	}
}

// end ends the stream.
func (e *brotliEncoder) end() {
	at := len(e.out)
	e.out = e.enc.Encode(e.out, nil, nil, true)
	e.head(at)
}

// head puts the window into the header, which is the first four bits (RFC 7932,
// section 9.1), once they are at e.out[at]. The encoder has said 16 MiB.
func (e *brotliEncoder) head(at int) {
	if !e.begun && len(e.out) > at {
		e.out[at] = e.out[at]&^0xf | byte(e.window-17)<<1 | 1
		e.begun = true
	}
}

// store appends a block of at most 1 MiB as it is (RFC 7932, section 9.2).
func (e *brotliEncoder) store(block []byte) {
	digits := 4 // of 16, at least
	if len(block) > 1<<16 {
		digits = 5
	}
	header := uint64(digits-4) << 1 // behind a bit: not the last
	header |= uint64(len(block)-1) << 3
	header |= 1 << (3 + 4*digits) // not compressed
	e.splice(header, 4+4*digits)
	e.out = append(e.out, block...)
}

// metadata appends a block that decodes to nothing, with n bytes of zeros in it.
// As it ends with a byte, all that is before it can be decoded.
func (e *brotliEncoder) metadata(n int) {
	const empty = 3 << 1 // behind a bit: not the last, no length
	at := len(e.out)
	if n == 0 {
		e.splice(empty, 6)
	} else {
		size := max(bits.Len(uint(n-1))+7, 8) / 8 // of what follows, in bytes
		e.splice(empty|uint64(size)<<4|uint64(n-1)<<6, 6+8*size)
		e.out = append(e.out, make([]byte, n)...)
	}
	e.head(at)
}

// splice appends n bits, filled up to a byte.
//
// The encoder keeps the bits that do not make a byte yet. It lets go of them when
// it is told that the stream ends: by two bits, both set, and the rest of a byte
// in zeros. These are cut off, and the encoder goes on at the next byte.
func (e *brotliEncoder) splice(v uint64, n int) {
	e.out = e.enc.Encode(e.out, nil, nil, true)
	last := len(e.out) - 1
	end := 8*last + bits.Len8(e.out[last]) - 2
	v = v<<(end%8) | uint64(e.out[end/8])&(1<<(end%8)-1)
	e.out = e.out[:end/8]
	for n += end % 8; n > 0; n -= 8 {
		e.out = append(e.out, byte(v))
		v >>= 8
	}
}
