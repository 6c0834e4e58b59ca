package fastcgi

import (
	"path"
	"strings"
)

// A pathname is the path of a request, decoded and free of dots. It begins with a
// slash; where it ends in one, a folder was asked for.
type pathname string

// nameOf returns the pathname of a decoded path, and false if there is a control
// byte in it: nobody means one, and what cuts paths up by regular expressions takes
// a line feed for an end (CVE-2019-11043), what is written in C a NUL (caddy#4574).
func nameOf(p string) (pathname, bool) {
	dots := false
	for i := range len(p) {
		switch {
		case p[i] < ' ' || p[i] == 0x7f:
			return "", false
		case p[i] == '.':
			dots = true
		}
	}
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	if dots && hasDots(p) {
		clean := path.Clean(p)
		if clean != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
			clean += "/"
		}
		p = clean
	}
	return pathname(p), true
}

// hasDots reports whether a segment of p is "." or "..".
func hasDots(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// isFolder reports whether it is a folder that was asked for.
func (p pathname) isFolder() bool { return strings.HasSuffix(string(p), "/") }

// file returns the name as a file system has it: without doubled slashes, or one at
// the end.
func (p pathname) file() string {
	for i := 1; i < len(p); i++ {
		if p[i] == '/' && p[i-1] == '/' {
			return path.Clean(string(p))
		}
	}
	if len(p) > 1 {
		return strings.TrimSuffix(string(p), "/")
	}
	return string(p)
}

// isHidden reports whether an element begins with a dot, other than the one that
// sites are asked for by others, RFC 8615.
func (p pathname) isHidden() bool {
	for i := range len(p) - 1 {
		if p[i] != '/' || p[i+1] != '.' {
			continue
		}
		if rest, ok := strings.CutPrefix(string(p[i+1:]), ".well-known"); !ok || rest != "" && rest[0] != '/' {
			return true
		}
	}
	return false
}

// splits yields where the path of a script may end in p: behind each segment that
// ends in one of the suffixes. Bytes are compared as they are, so that no letter
// that merely looks like another, or becomes it in lower case, is taken for it
// (CVE-2026-27590, CVE-2026-45135), and in whole segments, so that /x.php.jpg is
// no script called /x.php.
func (p pathname) splits(suffixes []string, fold bool) func(yield func(end int) bool) {
	return func(yield func(int) bool) {
		for start := 1; start < len(p); {
			end := len(p)
			if n := strings.IndexByte(string(p[start:]), '/'); n >= 0 {
				end = start + n
			}
			for _, suffix := range suffixes {
				if hasSuffix(string(p[start:end]), suffix, fold) {
					if !yield(end) {
						return
					}
					break
				}
			}
			start = end + 1
		}
	}
}

// hasSuffix is strings.HasSuffix, or ignores the case of ASCII letters.
func hasSuffix(s, suffix string, fold bool) bool {
	if !fold {
		return strings.HasSuffix(s, suffix)
	}
	if len(s) < len(suffix) {
		return false
	}
	s = s[len(s)-len(suffix):]
	for i := range len(s) {
		if lower(s[i]) != lower(suffix[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// isScript reports whether the last element of a name is, or may be taken to be,
// one of a script. That is so in whatever case, and behind what Windows
// drops from the end of names or takes for a stream of the file: none of these is
// ever to be seen as text.
func isScript(name string, exts []string) bool {
	base := path.Base(name)
	stream, _, _ := strings.Cut(base, ":")
	return endsIn(base, exts) || stream != base && endsIn(stream, exts)
}

func endsIn(base string, exts []string) bool {
	base = strings.TrimRight(base, ". ")
	for _, ext := range exts {
		if ext = strings.TrimRight(ext, ". "); ext != "" && hasSuffix(base, ext, true) {
			return true
		}
	}
	return false
}
