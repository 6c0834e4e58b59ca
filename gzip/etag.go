package gzip

import (
	"maps"
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accept"
)

// ETagMode says what becomes of the entity tag of a response that is encoded.
type ETagMode int

const (
	// ETagSuffix adds the name of the coding, as in "abc-gzip", and takes it away
	// again from requests. It is the only mode in which conditional requests work
	// as they do without encoding, If-Match included.
	ETagSuffix ETagMode = iota

	// ETagWeak makes it W/"abc", as nginx does. That can be compared, but not
	// with If-Match, which wants a strong one, nor for ranges.
	ETagWeak

	// ETagDrop sends none: what is encoded has to be fetched in full.
	ETagDrop

	// ETagKeep leaves it as it is, for handlers whose tags are about contents
	// rather than bytes. Strong ones are wrong then, strictly speaking.
	ETagKeep
)

// mark changes the entity tag of a response that is to be encoded.
func (m ETagMode) mark(h http.Header, suffix string) {
	tags := h["Etag"]
	if len(tags) == 0 || m == ETagKeep {
		return
	}
	tag := tags[0]
	switch weak := strings.HasPrefix(tag, "W/"); {
	case m == ETagDrop || !isTag(tag):
		delete(h, "Etag")
	case m == ETagSuffix:
		h["Etag"] = []string{tag[:len(tag)-1] + suffix + `"`}
	case !weak:
		h["Etag"] = []string{"W/" + tag}
	}
}

func isTag(s string) bool {
	s = strings.TrimPrefix(s, "W/")
	return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"'
}

// request returns r as the next handler is to see it. To the tags that were
// marked it is added what they were before; they stay themselves, since the
// handler may have encodings of its own. If a dictionary is wanted, Accept-Encoding
// goes, lest the handler finds something encoded, as a sibling of a file. If a part
// is asked for that may not fit what the client has, it gets all. r is not changed.
func (s *settings) request(r *http.Request, accepted accept.Encodings) *http.Request {
	match, none := s.conditions(r, accepted)
	identity := len(accepted) > 0 && s.Dictionaries.wantsIdentity(r)
	whole := len(accepted) > 0 && mayMix(r)
	if match == nil && none == nil && !identity && !whole {
		return r
	}
	clone := new(http.Request)
	*clone = *r
	clone.Header = maps.Clone(r.Header)
	if match != nil {
		clone.Header["If-Match"] = match
	}
	if none != nil {
		clone.Header["If-None-Match"] = none
	}
	if identity {
		delete(clone.Header, "Accept-Encoding")
	}
	if whole {
		delete(clone.Header, "Range")
		delete(clone.Header, "If-Range")
	}
	return clone
}

// mayMix reports whether a part of the response might be added to a part of one
// that was encoded: where there is no tag the date is the same for both.
func mayMix(r *http.Request) bool {
	if len(r.Header["Range"]) == 0 {
		return false
	}
	condition := r.Header.Get("If-Range")
	return condition != "" && !isTag(condition) && !isDensePath(r.URL.Path)
}

// conditions returns the lines of If-Match and If-None-Match with the tags added
// that were marked; nil if there are none.
func (s *settings) conditions(r *http.Request, accepted accept.Encodings) (match, none []string) {
	if s.ETag != ETagSuffix || middleware.Reads(r) && len(accepted) == 0 {
		return nil, nil
	}
	match, none = r.Header["If-Match"], r.Header["If-None-Match"]
	if len(match)+len(none) == 0 {
		return nil, nil
	}
	wanted := decodes(accepted)
	none = s.unmark(none, wanted)
	if !middleware.Reads(r) {
		// Who changes something has got it by another request, with an
		// Accept-Encoding of its own.
		wanted = func(string) bool { return true }
	}
	return s.unmark(match, wanted), none
}

// decodes returns a function that reports whether a client can decode a coding. It
// looks once for each: there may be as many tags in one field as there are
// elements in the other.
func decodes(accepted accept.Encodings) func(coding string) bool {
	known := map[string]bool{}
	return func(coding string) bool {
		can, ok := known[coding]
		if !ok {
			can = accepted.Quality(coding) > 0
			known[coding] = can
		}
		return can
	}
}

// unmark returns lines with the tags added that marked ones were before, or nil
// if there are none. Only the marks of codings that are wanted count: who cannot
// decode what it has stored must not be told that it is still good.
func (s *settings) unmark(lines []string, wanted func(coding string) bool) []string {
	var added []string
	for _, line := range lines {
		for line != "" {
			var tag string
			tag, line = cutTag(line)
			if before, coding := s.before(tag); coding != "" && wanted(coding) {
				added = append(added, before)
			}
		}
	}
	if added == nil {
		return nil
	}
	return []string{strings.Join(lines, ", ") + ", " + strings.Join(added, ", ")}
}

// before returns what a tag was before it was marked, and for which coding; ""
// if it was not.
func (s *settings) before(tag string) (before, coding string) {
	if !isTag(tag) {
		return "", ""
	}
	text := tag[:len(tag)-1]
	for _, p := range s.pools {
		if start, ok := strings.CutSuffix(text, p.suffix); ok {
			return start + `"`, p.name
		}
	}
	if s.Dictionaries == nil || len(text) < dictionarySuffixLen {
		return "", ""
	}
	start, mark := text[:len(text)-dictionarySuffixLen], text[len(text)-dictionarySuffixLen:]
	if name := mark[1:4]; mark[0] == '-' && mark[4] == '-' && (name == "dcb" || name == "dcz") {
		return start + `"`, name
	}
	return "", ""
}

// dictionarySuffixLen is the length of a suffix such as -dcz-0123abcd.
const dictionarySuffixLen = len("-dcz-") + 8

// stored returns the tag under which the client of r has stored what the handler
// knows as tag: tag itself unless only a marked one was sent.
func (s *settings) stored(r *http.Request, accepted accept.Encodings, tag string) string {
	found, wanted := tag, decodes(accepted)
	for _, line := range r.Header["If-None-Match"] {
		for line != "" {
			var sent string
			sent, line = cutTag(line)
			if sent == tag {
				return tag
			}
			if found == tag && s.isStored(sent, tag, wanted) {
				found = sent
			}
		}
	}
	if s.ETag == ETagSuffix && !strings.HasPrefix(tag, "W/") {
		return opaque(found) // it is proxies that weaken tags
	}
	return found
}

// isStored reports whether sent is what tag has been made for a coding that is
// wanted.
func (s *settings) isStored(sent, tag string, wanted func(coding string) bool) bool {
	switch s.ETag {
	case ETagSuffix:
		before, coding := s.before(sent)
		return coding != "" && opaque(before) == opaque(tag) && wanted(coding)
	case ETagWeak:
		return sent == "W/"+tag
	}
	return false
}

func opaque(tag string) string { return strings.TrimPrefix(tag, "W/") }

// cutTag takes the first entity tag off a list of them. A comma may be part of
// one. What is no tag comes back as it is, up to the next comma.
func cutTag(list string) (tag, rest string) {
	list = strings.TrimLeft(list, ", \t")
	start := 0
	if strings.HasPrefix(list, "W/") {
		start = 2
	}
	end := strings.IndexByte(list, ',')
	if start < len(list) && list[start] == '"' {
		if i := strings.IndexByte(list[start+1:], '"'); i >= 0 {
			end = start + 1 + i + 1
		}
	}
	if end < 0 {
		end = len(list)
	}
	return strings.TrimRight(list[:end], " \t"), list[end:]
}
