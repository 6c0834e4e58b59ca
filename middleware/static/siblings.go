package static

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"time"

	"github.com/shallot-http/shallot/middleware/accept"
)

// sibling opens the one of f's siblings that suits r best, if there is any, and
// has the response say that r has been asked.
func (h *Handler) sibling(w http.ResponseWriter, r *http.Request, tree Tree, f found) (sibling found, coding string, ok bool) {
	accept.Vary(w.Header(), "Accept-Encoding")
	codings := h.files.cfg.Siblings
	var room [8]string
	order := accept.EncodingsOf(r.Header).Order(room[:0], codings...)
	if len(order) > 0 {
		tree.scout(f, codings)
	}
	for _, coding := range order {
		bit := bitOf(codings, coding)
		if f.fact != nil && f.fact.declined.Load()&bit != 0 {
			continue
		}
		sibling, err := tree.open(f.name + suffixOf(coding))
		if err == nil {
			if fits(sibling, f, coding) {
				return sibling, coding, true
			}
			sibling.Close()
		}
		if f.fact != nil && (err == nil || errors.Is(err, fs.ErrNotExist)) {
			f.fact.declined.Or(bit)
		}
	}
	return found{}, "", false
}

// scout marks the siblings that f does not have, for requests to come as well.
func (t Tree) scout(f found, codings []string) {
	if f.fact == nil || f.fact.scouted.Swap(true) {
		return
	}
	name := f.name
	if dir, base := path.Split(f.name); dir != "" {
		parent, _, err := t.look(dir[:len(dir)-1])
		if err != nil || parent.outside {
			return
		}
		name = path.Join(parent.real, base)
	}
	for _, coding := range codings {
		if _, err := t.lstat(name + suffixOf(coding)); errors.Is(err, fs.ErrNotExist) {
			f.fact.declined.Or(bitOf(codings, coding))
		}
	}
}

// bitOf returns the bit that stands for a coding: 0 if there are too many.
func bitOf(codings []string, coding string) uint64 {
	for i, c := range codings {
		if c == coding {
			return 1 << i
		}
	}
	return 0
}

func suffixOf(coding string) string {
	switch coding {
	case "zstd":
		return ".zst"
	case "gzip":
		return ".gz"
	}
	return "." + coding
}

// fits reports whether sibling is a file that can be sent in place of original.
func fits(sibling, original found, coding string) bool {
	if !sibling.info.Mode().IsRegular() {
		return false
	}
	made, of := sibling.info.ModTime(), original.info.ModTime()
	if made.Nanosecond() == 0 {
		of = of.Truncate(time.Second) // whoever copied the time knew but seconds
	}
	if made.Before(of) {
		return false
	}
	return coding != "zstd" || fitsWindow(sibling.File)
}

// fitsWindow reports whether a file is a zstd frame that a browser can decode.
func fitsWindow(file fs.File) bool {
	ra, ok := file.(io.ReaderAt)
	if !ok {
		return false
	}
	var start [frameHeaderLen]byte
	n, err := ra.ReadAt(start[:], 0)
	if err != nil && err != io.EOF {
		return false
	}
	window, ok := zstdWindow(start[:n])
	return ok && window <= maxWindow
}
