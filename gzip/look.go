package gzip

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// sniffLen is how many bytes of a body count for its type.
const sniffLen = 512

// look finds out what the header says about the body to come, as far as that
// matters to one that may turn out to be small.
func (w *writer) look() {
	h := w.rw.Header()
	w.state = plain
	if len(h) > 1 && w.isCoded(h) {
		return
	}
	types, typed := h["Content-Type"]
	if typed {
		// One that is nil is not to be sent, and not to be looked for either.
		w.vary = len(types) > 0 && w.isOf(types[0])
	} else if w.isCoded(h) {
		return
	}
	w.alone = typed && len(h) == 1
	switch w.status {
	case http.StatusNotModified:
		w.vary = w.vary || !typed && (w.custom || !isDensePath(w.r.URL.Path))
		return
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusResetContent:
		w.vary = false
		return
	}
	if typed && !w.vary && !w.must {
		return
	}
	w.now = !w.alone && len(h["Trailer"]) > 0
	w.idle = len(w.accepted) == 0
	switch {
	case !typed:
		w.state = sniffing
	case !w.idle:
		w.state = holding
	}
}

// isCoded finds out whether the handler has encoded the body. What that depends on
// is not for us to say.
func (w *writer) isCoded(h http.Header) bool {
	for _, coding := range h["Content-Encoding"] {
		w.coded = w.coded || coding != ""
	}
	return w.coded
}

// sniff finds out the type of a body that begins with what is held and p.
func (w *writer) sniff(p []byte) {
	start := p
	if len(w.held) > 0 {
		start = append(w.held, p[:min(len(p), sniffLen-len(w.held))]...)
	}
	// It is what net/http would find, and what it does find if nothing is done.
	w.sniffed = http.DetectContentType(start)
	w.vary = w.isOf(w.sniffed)
	w.state = plain
	if !w.idle && (w.vary || w.must) {
		w.state = holding
	}
}

// isOf reports whether responses of a type are encoded.
func (w *writer) isOf(contentType string) bool {
	if last := &w.last; !last.known || contentType != last.contentType {
		last.known = true
		mediaType := mediaTypeOf(contentType)
		last.contentType = contentType
		last.encoded = w.encodes(mediaType)
		last.doubt = w.custom && !DefaultTypes(mediaType)
	}
	w.doubt = w.last.doubt
	return w.last.encoded
}

// weigh decides what to do with what is held and p, which follows it.
func (w *writer) weigh(p []byte) error {
	size := len(w.held) + len(p)
	if w.coding == nil {
		if size < w.MinSize && !w.must && !w.now {
			return nil
		}
		if w.negotiate(-1); w.coding == nil {
			w.state = plain
			return nil
		}
	}
	if size > w.Buffer || w.length > int64(w.Buffer) || w.now {
		return w.start(p)
	}
	return nil
}

// negotiate finds the coding for a body of that size, -1 if there is more to
// come. It is nil if the body is not to be encoded.
func (w *writer) negotiate(size int64) {
	w.coding = nil
	h := w.rw.Header()
	w.fields = len(h)
	if w.isAlone(h) {
		h = nil // it has nothing to say here
	}
	if lengths := h["Content-Length"]; len(lengths) > 0 {
		if n, err := strconv.ParseInt(lengths[0], 10, 64); err == nil && n >= 0 {
			w.length = n
		}
	}
	if size < 0 {
		size = w.length
	}
	switch {
	case size >= 0 && size < int64(w.MinSize) && !w.must:
	case w.status == http.StatusPartialContent, len(h["Content-Range"]) > 0, len(h["Transfer-Encoding"]) > 0:
	case isDigested(h), forbidsTransform(h), forbidsTransform(w.r.Header):
	case w.Skip != nil && w.Skip(w.r):
	default:
		w.coding = w.choose(w.r, w.accepted, size)
	}
}

// isAlone reports whether Content-Type, which decides nothing any more, is the only
// field.
func (w *writer) isAlone(h http.Header) bool { return w.alone && len(h) == 1 }

// digests are of the bytes that are sent: RFC 9530, and what there was before.
var digests = [...]string{"Content-Digest", "Repr-Digest", "Digest", "Content-Md5"}

// isDigested reports whether h has a digest, or says that one will follow the body.
func isDigested(h http.Header) bool {
	for _, name := range digests {
		if len(h[name]) > 0 {
			return true
		}
	}
	for _, line := range h["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			if slices.Contains(digests[:], http.CanonicalHeaderKey(strings.TrimSpace(name))) {
				return true
			}
		}
	}
	return false
}

// forbidsTransform looks for the no-transform of RFC 9111, section 5.2.
func forbidsTransform(h http.Header) bool { return hasDirective(h, "no-transform") }

// hasDirective reports whether Cache-Control has a directive.
func hasDirective(h http.Header, name string) bool {
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			directive, _, _ = strings.Cut(directive, "=")
			if strings.EqualFold(strings.TrimSpace(directive), name) {
				return true
			}
		}
	}
	return false
}

// isDensePath reports whether a path is that of a file which is compressed by
// itself. It is asked where there is no type to tell: in a 304.
func isDensePath(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".avif", ".gif", ".heic", ".jpeg", ".jpg", ".jxl", ".png", ".webp", ".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg",
		".opus", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ogv", ".webm", ".woff", ".woff2", ".7z", ".br", ".bz2", ".gz", ".jar",
		".rar", ".tgz", ".xz", ".zip", ".zst", ".docx", ".epub", ".odt", ".pdf", ".pptx", ".xlsx":
		return true
	}
	return false
}
