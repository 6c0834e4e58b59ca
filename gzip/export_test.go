package gzip

import "crypto/sha256"

// DCB and DCZ are the codings with a dictionary, which otherwise only Dictionaries
// makes.
func DCB(data []byte) Coding { return newDCB(data, sha256.Sum256(data)) }
func DCZ(data []byte) Coding { return newDCZ(data, sha256.Sum256(data)) }

// IsDropped reports whether of an encoder nothing is kept between streams.
func IsDropped(e Encoder) bool {
	f, ok := e.(*foreign)
	if z, isZstd := e.(*zstdEncoder); isZstd {
		f, ok = &z.foreign, true
	}
	return ok && f.large
}
