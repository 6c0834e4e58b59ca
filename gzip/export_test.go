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

// IsFound reports whether a cache takes body for another one that is in it, and has
// the same hash.
func IsFound(c *Cache, other, body []byte) (found bool) {
	p := newPool(Gzip(1))
	c.sum(nil)
	for range 2 {
		c.put(p, 1, other, []byte("encoded"))
	}
	_, found = c.get(p, 1, body)
	return found
}
