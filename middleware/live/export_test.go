package live

import (
	"net/url"
	"time"
)

// For tests of what is counted where.
var (
	BucketOf = bucketOf
	Lower    = lower
)

const Buckets = buckets

// Add counts as requests do.
func (h *Histogram) Add(ds ...time.Duration) {
	var c histogram
	for i, d := range ds {
		c.add(uint64(i), d)
	}
	all := c.read()
	h.merge(&all)
}

var (
	WithoutQuery   = withoutQuery
	WithoutQueries = withoutQueries
	ParseChange    = func(q url.Values) error { _, err := parseChange(q); return err }
)
