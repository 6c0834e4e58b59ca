package static

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Config says what to serve. The zero Config serves nothing but the root that a
// layer further out may give a request with [middleware.WithRoot]: the working
// directory of a program is not for everybody to see.
type Config struct {
	// Root is the folder to serve, unless the request brings its own.
	Root *middleware.Root

	// FS is what to serve in place of a Root; Symlinks does not apply to it. A
	// file in it that has no modification time must never change, since its ETag
	// is computed but once.
	FS fs.FS

	// Index are the files that stand for their folder, the first that exists.
	// Nil is index.html; an empty list is none.
	Index []string

	// Hide reports whether a file is not to exist. It is asked for what would be
	// served, for the file that this is a compressed sibling of, whose info is nil
	// as that of every folder on the way there is, and again for where links have
	// led. Names are relative to the root and separated by slashes.
	Hide func(name string, info fs.FileInfo) bool

	Dotfiles Dotfiles // those that exist; most do by default
	Symlinks Symlinks // those that are followed; the ones inside the root by default

	// Siblings are the content codings to look for compressed siblings of, in
	// the server's order of preference; the suffix is .br for br, .zst for zstd,
	// .gz for gzip, and a dot and the coding otherwise. Nil is br, zstd, gzip; an
	// empty list is none.
	Siblings []string
}

// New returns the middleware that serves the files that c describes.
func New(c Config) middleware.Middleware {
	files := NewFiles(c)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, files}
	}
}

// A Handler serves files, and passes on requests for which there is none.
type Handler struct {
	next  middleware.Handler
	files *Files
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, NewFiles(c)}
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method == http.MethodConnect {
		return h.next.ServeHTTP(w, r) // its path is a host
	}
	if strings.IndexByte(r.URL.Path, 0) >= 0 {
		return http.StatusBadRequest, nil
	}
	name, ok := nameOf(r.URL.Path)
	if !ok {
		return h.next.ServeHTTP(w, r)
	}
	tree := h.files.For(r)
	tree.near = new(near)
	found, err := tree.open(name)
	folder := err == nil && found.info.IsDir()
	if folder {
		found.Close()
		found, err = h.index(tree, name)
	}
	if err == nil {
		defer tree.near.close()
		defer found.Close()
		return h.serve(w, r, tree, found, folder)
	}
	tree.near.close() // now: the next handler may take its time
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return Fail(w, r, err)
	case folder:
		return h.folder(w, r)
	}
	return h.next.ServeHTTP(w, r)
}

// index opens the file that stands for the folder called name.
func (h *Handler) index(tree Tree, name string) (found, error) {
	for _, index := range h.files.cfg.Index {
		f, err := tree.open(path.Join(name, index))
		switch {
		case err == nil && f.info.IsDir():
			f.Close()
		case err == nil || !errors.Is(err, fs.ErrNotExist):
			return f, err
		}
	}
	return found{}, fs.ErrNotExist
}

// serve answers with a file, which may stand for its folder.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, tree Tree, f found, folder bool) (int, error) {
	if !middleware.Reads(r) {
		return middleware.MethodNotAllowed(w, http.MethodGet, http.MethodHead)
	}
	if location := Canonical(w, r, folder); location != "" {
		return Redirect(w, location)
	}
	c := content{found: f, files: h.files, mediaType: typeOf(f.name)}
	if len(h.files.cfg.Siblings) > 0 && !c.mediaType.dense {
		if sibling, coding, ok := h.sibling(w, r, tree, f); ok {
			defer sibling.Close()
			c.found, c.coding = sibling, coding
		}
	}
	c.etag = h.files.etag(c.found, c.coding)
	return c.serve(w, r)
}

// folder answers for one that no file stands for. It may be that the next
// handler has a route of this name; if not, it gets the slash at its end that
// relative links and a listing need.
func (h *Handler) folder(w http.ResponseWriter, r *http.Request) (int, error) {
	rec := middleware.Record(w)
	status, err := h.next.ServeHTTP(rec, r)
	if status != http.StatusNotFound || err != nil || rec.Begun() {
		return status, err
	}
	if middleware.Reads(r) {
		if location := Canonical(w, r, true); location != "" {
			return Redirect(w, location)
		}
	}
	return status, err
}

// Fail says that a file exists but cannot be served for a reason that
// [Tree.Open] gave, and how long not.
func Fail(w http.ResponseWriter, r *http.Request, err error) (int, error) {
	status := middleware.StatusOf(r, err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5") // seconds, as in Caddy 0.7.1
	}
	return status, err
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Index = slices.Clone(c.Index)
	if c.Index == nil {
		c.Index = []string{"index.html"}
	}
	c.Siblings = slices.Clone(c.Siblings)
	if c.Siblings == nil {
		c.Siblings = []string{"br", "zstd", "gzip"}
	}
	return c
}
