package gzip

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// A zstdFrames finds out, while it is read, the largest window that the frames of a
// stream declare: RFC 8878, section 3.1. The decoder allocates it, and does not say.
type zstdFrames struct {
	src    io.Reader
	window uint64

	head   [18]byte // of a frame, at the longest, or of a block
	n      int      // how much of it there is
	skip   int64    // how much follows that is neither
	inside bool     // a frame
	sum    bool     // it ends with a checksum
	lost   bool     // it is no stream of frames, and goes no further
}

func (f *zstdFrames) Read(p []byte) (int, error) {
	n, err := f.src.Read(p)
	f.see(p[:n])
	return n, err
}

// see goes on with p.
func (f *zstdFrames) see(p []byte) {
	for len(p) > 0 && !f.lost {
		if f.skip > 0 {
			n := min(f.skip, int64(len(p)))
			f.skip -= n
			p = p[n:]
			continue
		}
		f.head[f.n] = p[0]
		f.n++
		p = p[1:]
		switch {
		case !f.inside:
			f.frame()
		case f.n == 3:
			f.block()
		}
	}
}

// frame understands the header of a frame, if it is there.
func (f *zstdFrames) frame() {
	var h zstd.Header
	switch err := h.Decode(f.head[:f.n]); {
	case err == io.ErrUnexpectedEOF:
		return
	case err != nil:
		f.lost = true
	case h.Skippable:
		f.skip = int64(h.SkippableSize)
	case h.SingleSegment:
		f.inside, f.window = true, max(f.window, h.FrameContentSize)
	default:
		f.inside, f.window = true, max(f.window, h.WindowSize)
	}
	f.sum, f.n = h.HasCheckSum, 0
}

// block understands the header of a block.
func (f *zstdFrames) block() {
	const last, repeated, checksum = 1, 1, 4
	header := uint32(f.head[0]) | uint32(f.head[1])<<8 | uint32(f.head[2])<<16
	if f.skip = int64(header >> 3); header>>1&3 == repeated {
		f.skip = 1
	}
	if f.inside = header&last == 0; !f.inside && f.sum {
		f.skip += checksum
	}
	f.n = 0
}
