package static

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A byteRange is the part of a representation from start up to, but not
// including, end.
type byteRange struct{ start, end int64 }

func (b byteRange) length() int64 { return b.end - b.start }

// contentRange is the value of the field of that name for a size.
func (b byteRange) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", b.start, b.end-1, size)
}

// maxRanges is how many ranges are served at once. More are ignored, as
// nginx's max_ranges does: each costs a part with a header of its own.
const maxRanges = 16

var errUnsatisfiable = errors.New("range not satisfiable")

// parseRanges returns the ranges that a Range field asks for of size bytes. None
// and no error is all of it: the field is of a unit other than bytes, or asks
// for more than it is worth, or there is nothing to take a part of.
func parseRanges(field string, size int64) ([]byteRange, error) {
	unit, list, ok := strings.Cut(field, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || size == 0 {
		return nil, nil
	}
	var (
		ranges []byteRange
		total  int64
		n      int
	)
	for spec := range strings.SplitSeq(list, ",") {
		if spec = strings.TrimSpace(spec); spec == "" {
			continue // RFC 9110, section 5.6.1.2
		}
		n++
		b, err := parseRange(spec, size)
		if err != nil {
			return nil, err
		}
		if b.length() > 0 {
			ranges = append(ranges, b)
			total += b.length()
		}
		if n > maxRanges || total > size {
			return nil, nil
		}
	}
	if len(ranges) == 0 {
		return nil, errUnsatisfiable
	}
	return merge(ranges), nil
}

// parseRange returns the range that spec stands for: an empty one if it lies
// outside of size.
func parseRange(spec string, size int64) (byteRange, error) {
	first, last, ok := strings.Cut(spec, "-")
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if !ok || first == "" && last == "" {
		return byteRange{}, errUnsatisfiable
	}
	if first == "" { // the last bytes, as many as that
		n, err := parseOffset(last)
		return byteRange{size - min(n, size), size}, err
	}
	start, err := parseOffset(first)
	if err != nil {
		return byteRange{}, err
	}
	end := size
	if last != "" {
		n, err := parseOffset(last)
		if err != nil || n < start {
			return byteRange{}, errUnsatisfiable
		}
		end = min(n, size-1) + 1
	}
	return byteRange{min(start, end), end}, nil
}

// parseOffset returns the number that s is, or the greatest there is if it is
// even greater.
func parseOffset(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errUnsatisfiable
	}
	n, _ := strconv.ParseInt(s, 10, 64) // which is the greatest if s is out of range
	return n, nil
}

// merge unites ranges that overlap. Others stay in the order asked for, which
// may be that of importance.
func merge(ranges []byteRange) []byteRange {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b byteRange) int { return cmp.Compare(a.start, b.start) })
	united := sorted[:1]
	for _, b := range sorted[1:] {
		last := &united[len(united)-1]
		if b.start < last.end {
			last.end = max(last.end, b.end)
			continue
		}
		united = append(united, b)
	}
	if len(united) == len(ranges) {
		return ranges
	}
	return united
}
