package gzip

import "io"

// A Coding is a content coding, such as [Gzip], or one of your own.
type Coding interface {
	// Name is what the coding is called in Accept-Encoding and
	// Content-Encoding, in lower case.
	Name() string

	// NewEncoder returns an Encoder, of which Reset is called before anything
	// else. Encoders are kept for later responses, as long as the garbage
	// collector lets them; there is no limit to their number but that of
	// the responses that are encoded at a time.
	NewEncoder() Encoder
}

// An Encoder encodes one stream after another. It may also be an [Appender] or a
// [Padder].
type Encoder interface {
	io.WriteCloser // Close ends the stream, but not the writer it goes to

	// Reset begins a stream, and forgets about the one before. With nil it only
	// forgets.
	Reset(w io.Writer)

	// Flush writes all that it takes to decode what has been written so far.
	Flush() error
}

// An Appender is an [Encoder] that can do without a stream if it is given all at
// once.
type Appender interface {
	// Append appends src, encoded, to dst. It is not called between Reset and
	// Close.
	Append(dst, src []byte) []byte
}

// A Padder is an [Encoder] that can put something into a stream that decodes to
// nothing, so that its length does not give away what it is of.
type Padder interface {
	// Pad adds n bytes, besides those that it takes to say so: 6 for gzip and 8
	// for zstd. It is called after Reset and before the first Write.
	Pad(n int)
}
