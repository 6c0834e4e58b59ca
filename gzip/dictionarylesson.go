package gzip

import (
	"cmp"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
)

// A lesson is a response that is about to become a dictionary. All its methods do
// nothing if it is nil.
type lesson struct {
	d       *Dictionaries
	path    string
	tag     string
	length  int64 // as declared, or -1
	body    []byte
	tooLong bool
}

// learn returns where the body of the response to r, which is a whole one, is to be
// written to as well, before it is encoded; nil if nothing is to be learned from it.
func (d *Dictionaries) learn(r *http.Request, h http.Header) *lesson {
	if d.learner(r) == nil || r.Method != http.MethodGet || !isForAll(r, h) {
		return nil
	}
	l := &lesson{d: d, path: r.URL.Path, tag: cmp.Or(h.Get("Etag"), h.Get("Last-Modified")), length: -1}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
		l.length = n
	}
	if d.knows(l.path, l.tag) {
		return nil
	}
	if l.length > d.maxSize() {
		d.note(l.path, origin{tag: l.tag, tooLarge: true})
		return nil
	}
	return l
}

// knows reports whether what is at path is a dictionary already, or will not be.
func (d *Dictionaries) knows(path, tag string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	from, ok := d.known[path]
	return ok && from.tag == tag && d.isOver(from)
}

// knowsAny reports whether something that is or was at path is a dictionary, or too
// large for one.
func (d *Dictionaries) knowsAny(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	from, ok := d.known[path]
	return ok && d.isOver(from)
}

// isOver reports whether there is nothing to learn from there.
func (d *Dictionaries) isOver(from origin) bool { return from.tooLarge || d.byHash[from.hash] != nil }

func (d *Dictionaries) maxSize() int64 { return cmp.Or(d.MaxSize, defaultMaxSize) }

// Write takes a part of the body.
func (l *lesson) Write(p []byte) (int, error) {
	if l == nil || l.tooLong {
		return len(p), nil
	}
	if int64(len(l.body)+len(p)) > l.d.maxSize() {
		l.d.note(l.path, origin{tag: l.tag, tooLarge: true})
		l.Drop()
		return len(p), nil
	}
	l.body = append(l.body, p...)
	if l.d.lessons.Add(int64(len(p))) > l.d.maxBytes() {
		l.Drop()
	}
	return len(p), nil
}

// Drop says that nothing is to be learned after all.
func (l *lesson) Drop() {
	if l != nil {
		l.d.lessons.Add(int64(-len(l.body)))
		l.tooLong, l.body = true, nil
	}
}

// Close says that the body has ended well, as far as the handler has noticed.
func (l *lesson) Close() error {
	if l == nil || len(l.body) == 0 {
		return nil
	}
	if l.length >= 0 && int64(len(l.body)) != l.length {
		l.Drop()
		return nil
	}
	hash := sha256.Sum256(l.body)
	if l.d.get(hash) != nil || l.d.keep(newDictionary(slices.Clone(l.body), hash)) {
		l.d.note(l.path, origin{tag: l.tag, hash: hash})
	}
	l.Drop()
	return nil
}

// note remembers where something was learned from, of which there may be many
// places, with names as long as clients like.
func (d *Dictionaries) note(path string, from origin) {
	const longest = 1 << 10
	if from.tag == "" || len(path) > longest || len(from.tag) > longest {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= 2*cmp.Or(d.MaxCount, defaultMaxCount) {
		d.known = make(map[string]origin)
	}
	d.known[path] = from
}
