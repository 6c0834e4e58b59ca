package static

import (
	"net/http"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Precondition returns what the preconditions of r amount to, for a
// representation with this strong or weak ETag, and modified then: 304, 412, or
// 0 if r is to be carried out. An empty ETag and a zero time are none.
//
// The order is that of RFC 9110, section 13.2.2. A time that cannot be read is
// no precondition.
func Precondition(r *http.Request, etag string, modified time.Time) int {
	if lines := r.Header["If-Match"]; len(lines) > 0 {
		if !anyTag(lines, func(tag string) bool { return tag == "*" || sameStrong(tag, etag) }) {
			return http.StatusPreconditionFailed
		}
	} else if since, ok := timeOf(r, "If-Unmodified-Since"); ok && !modified.IsZero() && modified.Truncate(time.Second).After(since) {
		return http.StatusPreconditionFailed
	}
	if lines := r.Header["If-None-Match"]; len(lines) > 0 {
		switch {
		case !anyTag(lines, func(tag string) bool { return tag == "*" || sameWeak(tag, etag) }):
			return 0
		case middleware.Reads(r):
			return http.StatusNotModified
		}
		return http.StatusPreconditionFailed
	}
	if since, ok := timeOf(r, "If-Modified-Since"); ok && middleware.Reads(r) && !modified.IsZero() && !modified.Truncate(time.Second).After(since) {
		return http.StatusNotModified
	}
	return 0
}

// wantsRange reports whether the Range of r holds for a representation with
// these validators, as RFC 9110, section 13.1.5, has it. A date has to be that of
// the Last-Modified to the second: later is no better.
func wantsRange(r *http.Request, etag string, modified time.Time) bool {
	condition := r.Header.Get("If-Range")
	if condition == "" {
		return true
	}
	if strings.HasPrefix(condition, `"`) || strings.HasPrefix(condition, "W/") {
		return sameStrong(condition, etag)
	}
	date, err := http.ParseTime(condition)
	return err == nil && !modified.IsZero() && modified.Truncate(time.Second).Equal(date)
}

// timeOf returns the time in a field of r.
func timeOf(r *http.Request, field string) (time.Time, bool) {
	value := r.Header.Get(field)
	if value == "" {
		return time.Time{}, false
	}
	t, err := http.ParseTime(value)
	return t, err == nil
}

// anyTag reports whether match does of one of the entity tags of lines. A tag may
// contain commas. What is no tag ends the line.
func anyTag(lines []string, match func(tag string) bool) bool {
	for _, line := range lines {
		for {
			line = strings.TrimLeft(line, " \t,")
			tag, rest := cutTag(line)
			if tag == "" {
				break
			}
			if match(tag) {
				return true
			}
			line = rest
		}
	}
	return false
}

// cutTag takes an entity tag, or an asterisk, off a list.
func cutTag(list string) (tag, rest string) {
	if strings.HasPrefix(list, "*") {
		return list[:1], list[1:]
	}
	start := 0
	if strings.HasPrefix(list, "W/") {
		start = 2
	}
	if !strings.HasPrefix(list[start:], `"`) {
		return "", ""
	}
	n := strings.IndexByte(list[start+1:], '"')
	if n < 0 {
		return "", ""
	}
	end := start + 1 + n + 1
	return list[:end], list[end:]
}

// sameStrong is the strong comparison of RFC 9110, section 8.8.3.2.
func sameStrong(a, b string) bool { return a == b && strings.HasPrefix(a, `"`) }

// sameWeak is the weak one.
func sameWeak(a, b string) bool {
	return b != "" && strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/")
}
