package gzip

import "io"

// A foreign encoder is that of a library.
type foreign struct {
	make  func() library
	large bool // too large to be kept idle

	lib   library
	w     io.Writer
	start []byte // of the stream, not yet written
	whole []byte // what Append has so far
}

// A library is what its encoders have in common.
type library interface {
	io.WriteCloser
	Reset(io.Writer)
	Flush() error
}

// Reset implements [Encoder]. The library is told of no writer but this one, for
// some take their time to begin.
func (f *foreign) Reset(w io.Writer) {
	f.w, f.start, f.whole = w, nil, nil
	switch {
	case w != nil:
		f.open().Reset((*outlet)(f))
	case f.large:
		f.lib = nil
	}
}

// open returns the encoder of the library, which is made when it is needed.
func (f *foreign) open() library {
	if f.lib == nil {
		f.lib = f.make()
	}
	return f.lib
}

func (f *foreign) Write(p []byte) (int, error) { return f.lib.Write(p) }
func (f *foreign) Flush() error                { return f.lib.Flush() }
func (f *foreign) Close() error                { return f.lib.Close() }

// Append implements [Appender].
func (f *foreign) Append(dst, src []byte) []byte {
	f.whole = dst
	lib := f.open()
	lib.Reset((*collector)(f))
	lib.Write(src) // neither fails, as a collector does not
	lib.Close()
	dst = f.whole
	f.Reset(nil)
	return dst
}

// An outlet is what the library of a foreign encoder writes to.
type outlet foreign

func (o *outlet) Write(p []byte) (int, error) {
	if o.start != nil {
		if _, err := o.w.Write(o.start); err != nil {
			return 0, err
		}
		o.start = nil
	}
	return o.w.Write(p)
}

// A collector is where a foreign encoder writes to when it appends.
type collector foreign

func (c *collector) Write(p []byte) (int, error) {
	c.whole = append(c.whole, p...)
	return len(p), nil
}
