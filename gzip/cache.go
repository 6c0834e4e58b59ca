package gzip

import (
	"bytes"
	"cmp"
	"container/list"
	"hash/maphash"
	"net/http"
	"sync"
	"weak"
)

// A Cache holds encoded bodies together with what they are of, so that a body
// that is sent again need not be encoded again. Whether it is the same is
// decided by its bytes, not by its URL or a hash, so there is nothing to expire
// and no way to be wrong. Several layers may share one.
//
// A body has to be held to be found, and so it must fit into the Buffer of the
// [Config]. Responses that set a cookie, or are marked private or no-store, are
// not kept. What is seen for the first time is not kept either.
//
// The zero Cache is one of 64 MiB. It must not be copied.
type Cache struct {
	max  int64
	made sync.Once
	seed maphash.Seed

	mu      sync.Mutex
	size    int64
	entries map[cacheKey]*list.Element // of *cached
	recent  list.List                  // the one used last in front
	seen    [1 << 10]uint64            // hashes of what was not kept, at their remainders
}

type cacheKey struct {
	coding weak.Pointer[pool] // of a dictionary, for one, that must not be kept for this
	sum    uint64
}

type cached struct {
	key           cacheKey
	body, encoded []byte
}

// overhead is about what a body takes apart from its bytes.
const overhead = 256

func (c *cached) cost() int64 { return int64(cap(c.body) + cap(c.encoded) + overhead) }

const defaultCacheSize = 64 << 20

// NewCache returns a Cache of at most so many bytes, bodies and what they were
// encoded to taken together; zero is 64 MiB.
func NewCache(size int64) *Cache { return &Cache{max: size} }

// sum returns the hash of a body.
func (c *Cache) sum(body []byte) uint64 {
	c.made.Do(func() {
		c.max = cmp.Or(c.max, defaultCacheSize)
		c.seed = maphash.MakeSeed()
		c.entries = make(map[cacheKey]*list.Element)
	})
	return maphash.Bytes(c.seed, body)
}

// get returns what a body is encoded to, if that is known. It must not be
// changed.
func (c *Cache) get(coding *pool, sum uint64, body []byte) (encoded []byte, ok bool) {
	c.mu.Lock()
	e, ok := c.entries[cacheKey{weak.Make(coding), sum}]
	if !ok {
		c.mu.Unlock()
		return nil, false
	}
	c.recent.MoveToFront(e)
	c.mu.Unlock()
	found := e.Value.(*cached) // which is never changed
	if !bytes.Equal(found.body, body) {
		return nil, false
	}
	return found.encoded, true
}

// put has a body and what it is encoded to kept, if there is reason to think that
// it is not the last of its kind.
func (c *Cache) put(coding *pool, sum uint64, body, encoded []byte) {
	key := cacheKey{weak.Make(coding), sum}
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := &c.seen[sum%uint64(len(c.seen))]; *place != sum {
		*place = sum
		return
	}
	if int64(len(body)+len(encoded)+overhead) > c.max {
		return
	}
	if e, ok := c.entries[key]; ok {
		c.remove(e) // another has come first, or it is the hash of two bodies
	}
	entry := &cached{key, bytes.Clone(body), bytes.Clone(encoded)}
	c.size += entry.cost()
	for c.size > c.max && c.recent.Len() > 0 {
		c.remove(c.recent.Back())
	}
	c.entries[key] = c.recent.PushFront(entry)
}

func (c *Cache) remove(e *list.Element) {
	entry := c.recent.Remove(e).(*cached)
	c.size -= entry.cost()
	delete(c.entries, entry.key)
}

// isPublic reports whether a response may be kept for others, by what it says.
func isPublic(h http.Header) bool {
	return len(h["Set-Cookie"]) == 0 && !hasDirective(h, "private") && !hasDirective(h, "no-store")
}
