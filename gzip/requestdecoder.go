package gzip

import (
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A decoder decodes one stream after another.
type decoder interface {
	io.Reader
	Reset(r io.Reader) error
}

func newGzipDecoder() decoder   { return new(gzip.Reader) }
func newBrotliDecoder() decoder { return new(brotli.Reader) }

// newZstdDecoder returns a decoder that starts no goroutine, of which there would
// be no end without Close, and refuses windows that RFC 9659 forbids.
func newZstdDecoder() decoder {
	const maxWindow = 8 << 20
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecodeBuffersBelow(0),
	)
	if err != nil {
		panic(err) // for options that do not depend on anything
	}
	return d
}

// A decoderPool keeps decoders of a coding between requests.
type decoderPool struct {
	make func() decoder
	idle sync.Pool
}

func (p *decoderPool) get() decoder {
	if d, ok := p.idle.Get().(decoder); ok {
		return d
	}
	return p.make()
}

// put takes a decoder back, which forgets what it was reading from.
func (p *decoderPool) put(d decoder) {
	d.Reset(strings.NewReader(""))
	p.idle.Put(d)
}
