package directive

import (
	"fmt"
	"math"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// not records that w is not what it has to be, or that it is missing.
func (l *Line) not(w Word, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if !l.lacks(w, what) {
		l.Errorf(w, "%q is not %s", w.Text, what)
	}
}

// OneOf returns the word if it is one of names. What the word is, such as
// "policy", is for the error if it is not, and then the first name is returned.
func (l *Line) OneOf(w Word, what string, names ...string) string {
	for _, name := range names {
		if w.Text == name {
			return name
		}
	}
	all := strings.Join(names, ", ")
	if l.lacks(w, "the "+what+", one of "+all+",") {
		return names[0]
	}
	hint := Suggest(w.Text, names...)
	if hint == "" {
		hint = fmt.Sprintf(" (it is one of %s)", all)
	}
	l.Errorf(w, "unknown %s %q%s", what, w.Text, hint)
	return names[0]
}

// Int returns the word as a number from min to max.
func (l *Line) Int(w Word, min, max int) int {
	n, err := strconv.Atoi(w.Text)
	switch {
	case err == nil && min <= n && n <= max:
		return n
	case max == math.MaxInt:
		l.not(w, "a number from %d", min)
	default:
		l.not(w, "a number from %d to %d", min, max)
	}
	return min
}

// Duration returns the word as a time span such as 1m30s, which must not be
// negative.
func (l *Line) Duration(w Word) time.Duration {
	d, err := time.ParseDuration(w.Text)
	switch {
	case err == nil && d >= 0:
		return d
	case err == nil:
		l.Errorf(w, "%q is a negative duration", w.Text)
		return 0
	}
	hint := ""
	if _, err := strconv.ParseUint(w.Text, 10, 32); err == nil {
		hint = fmt.Sprintf(` (did you mean "%ss"?)`, w.Text)
	}
	l.not(w, "a duration such as 10s or 1m30s%s", hint)
	return 0
}

// Interval returns the word as a time span that is longer than none.
func (l *Line) Interval(w Word) time.Duration {
	d := l.Duration(w)
	if given, err := time.ParseDuration(w.Text); err == nil && given == 0 {
		l.Errorf(w, "%q is no time at all", w.Text)
	}
	return d
}

// Limit returns the word as Interval does, or -1 for the word none, which is to say
// without limit.
func (l *Line) Limit(w Word) time.Duration {
	if w.Text == "none" {
		return -1
	}
	return l.Interval(w)
}

// Size returns the word as a number of bytes: 512, 64KB, 10MB or 1GB, where a KB
// is 1024 bytes, as in Caddy 1. It is at least 1.
func (l *Line) Size(w Word) int64 {
	text, unit := strings.ToUpper(w.Text), int64(1)
	text = strings.TrimSuffix(text, "B")
	for i, suffix := range [...]string{"K", "M", "G"} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = number, 1<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		l.not(w, "a size such as 512B, 64KB or 10MB")
		return 1
	}
	return n * unit
}

// Extension returns the word as what the names of files end in, in small letters, that
// is not among others. The error if it is none gives an example, such as .html.
func (l *Line) Extension(w Word, example string, others []string) string {
	ext := strings.ToLower(w.Text)
	switch {
	case len(ext) < 2 || ext[0] != '.' || strings.ContainsAny(ext[1:], `./\`):
		l.not(w, "an extension such as %s", example)
	case slices.Contains(others, ext):
		l.Errorf(w, "%s is there already", ext)
	}
	return ext
}

// Path returns the word as a scope. It must begin with a slash, and be decoded and
// clean as the paths are that it is compared with: one that never matches would
// leave bare what it is to protect.
func (l *Line) Path(w Word) middleware.Path {
	clean := path.Clean(w.Text)
	switch {
	case l.lacks(w, "a path"):
	case !strings.HasPrefix(w.Text, "/"):
		hint := matcher(w)
		if hint != "" && w.Text == "*" {
			hint = ", which alone is every path"
		}
		l.Errorf(w, "%q is not a path: a path begins with /%s", w.Text, hint)
	case strings.ContainsAny(w.Text, "?%"):
		l.Errorf(w, "%q has to be written without %%-escapes, and without a query", w.Text)
	case strings.Contains(strings.TrimSuffix(w.Text, "*"), "*"):
		l.Errorf(w, "%q can have a * only at the end", w.Text)
	case w.Text != clean && (w.Text != clean+"/" || clean == "/"):
		l.Errorf(w, "%q has to be written %q", w.Text, clean)
	}
	return middleware.Path(w.Text)
}

// Status returns the word as an HTTP status from min to max.
func (l *Line) Status(w Word, min, max int) int {
	code, err := strconv.Atoi(w.Text)
	if err != nil || len(w.Text) != 3 || code < min || code > max {
		l.not(w, "a status from %d to %d", min, max)
		return min
	}
	return code
}

// Network returns the word as a network such as 10.0.0.0/8, or an address, which
// is a network of one.
func (l *Line) Network(w Word) netip.Prefix {
	if addr, err := netip.ParseAddr(w.Text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	prefix, _ := netip.ParsePrefix(w.Text)
	if addr := prefix.Addr(); addr.Is4In6() {
		// A mapped address is compared as IPv4, and so is what it is compared with.
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
	}
	if !prefix.IsValid() {
		l.not(w, "a network such as 10.0.0.0/8")
		return netip.Prefix{}
	}
	return prefix.Masked()
}
