package directive

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Hide keeps a file from being served by any layer of the site, even if it lies
// below its root: a log, a key, the Caddyfile. The last element of name may be a
// pattern of [path.Match]. A file without one is recognized by what it is, too,
// so that no link leads to it.
func (s *Site) Hide(name string) {
	abs, err := filepath.Abs(name)
	if err != nil {
		abs = name
	}
	s.hidden.files = append(s.hidden.files, hiddenFile{
		name:    abs,
		pattern: strings.ToLower(filepath.Base(abs)),
	})
}

// Hidden reports whether a file is one that [Site.Hide] was told of. Its name is
// relative to the site's root and separated by slashes; info may be nil if it is
// not known.
func (s *Site) Hidden(name string, info fs.FileInfo) bool {
	base := strings.ToLower(path.Base(name))
	for _, f := range s.hidden.files {
		if f.isCalled(base) && f.isIn(filepath.Join(s.Root.Dir, filepath.FromSlash(path.Dir(name)))) {
			return true
		}
	}
	if info == nil {
		return false
	}
	for _, known := range s.hidden.infos() {
		if os.SameFile(known, info) {
			return true
		}
	}
	return false
}

type hidden struct {
	files  []hiddenFile
	latest atomic.Pointer[[]fs.FileInfo]
	until  atomic.Int64 // when to look again, in nanoseconds since started
}

type hiddenFile struct {
	name    string // absolute
	pattern string // of its last element, in lower case: file systems may ignore it
}

// isCalled takes the pattern for a name first: a[1].log is a file like any other.
func (f hiddenFile) isCalled(base string) bool {
	matches, _ := path.Match(f.pattern, base)
	return matches || f.pattern == base
}

// isIn compares names before it asks the file system, which knows that two names
// may mean one folder.
func (f hiddenFile) isIn(dir string) bool {
	own := filepath.Dir(f.name)
	if strings.EqualFold(own, dir) {
		return true
	}
	was, err := os.Stat(own)
	if err != nil {
		return false
	}
	is, err := os.Stat(dir)
	return err == nil && os.SameFile(was, is)
}

const lookInterval = time.Second

var started = time.Now()

// infos returns what the files are that exist. A log is another file after its
// rotation, so that has to be looked up now and then; in between its name tells.
func (h *hidden) infos() []fs.FileInfo {
	latest, until, now := h.latest.Load(), h.until.Load(), int64(time.Since(started))
	if latest != nil && (now < until || !h.until.CompareAndSwap(until, now+int64(lookInterval))) {
		return *latest
	}
	var infos []fs.FileInfo
	for _, f := range h.files {
		if info, err := os.Stat(f.name); err == nil {
			infos = append(infos, info)
		}
	}
	h.latest.Store(&infos)
	h.until.Store(now + int64(lookInterval))
	return infos
}
