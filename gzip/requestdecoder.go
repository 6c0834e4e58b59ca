package gzip

import (
	"errors"
	"io"
	"math/bits"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxWindow is what the windows of all codings of a body may have, which is what
	// it takes memory for before anything has been decoded. RFC 9659 permits zstd as
	// much.
	maxWindow = 8 << 20

	// keptWindow is the largest window of decoders that are kept for other requests.
	keptWindow = 1 << 20
)

// errWindow is a body's that takes a larger window than there is.
var errWindow = errors.New("the body takes too large a window")

// A decoder decodes one stream after another.
type decoder interface {
	io.Reader

	// open begins a stream, of which the window has at most so many bytes.
	open(r io.Reader, window int) error

	// close forgets the stream, and reports whether the decoder is small still.
	close() bool
}

// A decoderPool keeps decoders of a coding between requests.
type decoderPool struct {
	make     func() decoder
	windowed bool // the window is what the client says
	idle     sync.Pool
}

func (p *decoderPool) get() decoder {
	if d, ok := p.idle.Get().(decoder); ok {
		return d
	}
	return p.make()
}

// put takes a decoder back.
func (p *decoderPool) put(d decoder) {
	if d.close() {
		p.idle.Put(d)
	}
}

// nothing is what idle decoders of gzip read from. It is no io.ByteReader, since they
// would keep what they had before for others.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// A gzipDecoder has a window of 32 KiB.
type gzipDecoder struct{ gzip.Reader }

func (d *gzipDecoder) open(r io.Reader, _ int) error { return d.Reset(r) }

func (d *gzipDecoder) close() bool {
	d.Reset(nothing{})
	return true
}

// A brotliDecoder makes do with a smaller window than the stream declares, as long as
// no more comes of it than that. The declaration does not say much: package brotli and
// the program of that name declare 16 MiB for a few bytes if they do not know how many
// will follow. But a client that lies about the rest of the header has that taken.
type brotliDecoder struct {
	lib   brotli.Reader
	src   io.Reader
	bits  int   // the binary logarithm of the largest window
	begun bool  // there was a header
	most  int64 // that may come of the stream, by its window
	n     int64 // that has come of it
	ended bool  // well
}

func (d *brotliDecoder) open(r io.Reader, window int) error {
	d.src, d.bits = r, bits.Len(uint(window))-1
	d.begun, d.most, d.n, d.ended = false, -1, 0, false
	return d.lib.Reset((*brotliSource)(d))
}

func (d *brotliDecoder) Read(p []byte) (int, error) {
	n, err := d.lib.Read(p)
	d.n += int64(n)
	d.ended = err == io.EOF
	if d.most >= 0 && d.n > d.most {
		return n - int(d.n-d.most), errWindow
	}
	return n, err
}

// close keeps what has decoded little to its end: there was no header that could make
// it take more than twice as much.
func (d *brotliDecoder) close() bool {
	d.src = nil
	return d.ended && d.n <= keptWindow/2
}

// A brotliSource is what a brotliDecoder decodes.
type brotliSource brotliDecoder

func (s *brotliSource) Read(p []byte) (int, error) {
	n, err := s.src.Read(p)
	if n == 0 || s.begun {
		return n, err
	}
	s.begun = true
	const large = 0x11 // in seven bits: RFC 9841, section 8.1
	if p[0]&0x7f == large {
		return 0, errWindow
	}
	// Windows of 18 to 24 bits are all declared in the same way, with a bit that is set
	// and three more (RFC 7932, section 9.1).
	if v := int(p[0] >> 1 & 7); p[0]&1 == 1 && v > 0 && 17+v > s.bits {
		s.most = 1<<s.bits - 16
		p[0] = p[0]&^0xe | byte(s.bits-17)<<1
	}
	return n, err
}

// A zstdDecoder is small if no frame has had a large window.
type zstdDecoder struct {
	lib    *zstd.Decoder
	frames zstdFrames
}

// newZstdDecoder returns a decoder that starts no goroutine, of which there would
// be no end without Close.
func newZstdDecoder() decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecodeBuffersBelow(0),
	)
	if err != nil {
		panic(err) // for options that do not depend on anything
	}
	return &zstdDecoder{lib: d}
}

func (d *zstdDecoder) open(r io.Reader, window int) error {
	d.frames = zstdFrames{src: r}
	return d.lib.ResetWithOptions(&d.frames, zstd.WithDecoderMaxWindow(uint64(window)))
}

func (d *zstdDecoder) Read(p []byte) (int, error) { return d.lib.Read(p) }

func (d *zstdDecoder) close() bool {
	d.frames.src = nil
	return d.frames.window <= keptWindow
}
