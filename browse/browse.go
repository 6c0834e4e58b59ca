package browse

import (
	"cmp"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says what to list, and how. The zero Config lists nothing but the root
// that a layer further out may give a request with [middleware.WithRoot].
type Config struct {
	// Files are the files there are, as for the layer that serves them.
	Files static.Config

	// Path is the part of the site whose folders are listed; "" is all of it. It
	// is of whole segments, see [middleware.Path.Within].
	Path middleware.Path

	// Unlist reports whether a file that there is is not to be listed. It is
	// asked what [static.Config].Hide is.
	Unlist func(name string, info fs.FileInfo) bool

	ShowDotfiles bool // of those that there are; they are unlisted otherwise
	ShowTargets  bool // where links lead
	SI           bool // sizes in kB, which is 1000, instead of KiB, which is 1024

	Sort   Sort   // unless the client says how; the zero Sort has folders first
	Order  Order  // ascending by default
	Layout Layout // of the page; a list by default
	Page   int    // entries on a page, 10,000 at most; 0 is 1,000

	// Search is how much may be spent on finding names in all folders below one.
	// The zero Budget has names looked for in the folder itself only.
	Search Budget

	// Readme has the text of a README shown below the listing. Markdown makes
	// HTML of one called .md or .markdown, of which the result must be safe; nil
	// has it shown as it is written.
	Readme   bool
	Markdown func(text []byte) (template.HTML, error)

	// Thumbnails is the size in bytes up to which images are shown in a grid;
	// 0 is none.
	Thumbnails int64

	// Template renders the page in place of the one that there is.
	Template *Template

	// Sandbox takes from pages and images that can run scripts, by their types, the
	// right to: it is for folders that others may put files in. It is said in their
	// Content-Security-Policy, so that links to them still work.
	Sandbox bool

	// Archives are the formats that a folder can be downloaded in; nil is none.
	Archives []Archive

	// ArchiveBytes and ArchiveEntries are the most of an archive, before it is
	// compressed; 0 is 4 GiB and 50,000. What is more is answered 403, with a text
	// that says so.
	ArchiveBytes   int64
	ArchiveEntries int

	// ArchiveTime is how long it may take to make one and send it; 0 is 2 hours, in
	// which 4 GiB are sent at 5 Mbit/s. What takes longer is cut off.
	ArchiveTime time.Duration
}

// A Budget is the most that is spent on something that may take forever.
type Budget struct {
	Time    time.Duration // 0 is no time: nothing is looked for
	Entries int           // looked at; 0 is 100,000
}

// mostOnPage is how many entries are on one page of HTML, whatever the client
// asks for, and in a response with an ETag: it is made in memory.
const mostOnPage = 10_000

// New returns the middleware that lists folders as c says.
func New(c Config) middleware.Middleware { return Join(c) }

// A Handler lists folders, and passes on all other requests.
type Handler struct {
	next  middleware.Handler
	files *static.Files
	cfg   Config
	known *cache
	rooms *sync.Pool // of *[]byte, for responses

	searching chan struct{} // has one for each walk under way
	packing   chan struct{} // and one for each archive

	parts []*Handler // of the site: this one, and what it was joined with
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return New(c)(next).(*Handler)
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method == http.MethodConnect || strings.IndexByte(r.URL.Path, 0) >= 0 {
		return h.next.ServeHTTP(w, r)
	}
	if !h.cfg.Path.Within(r) {
		h.sandboxOutside(w, r)
		return h.next.ServeHTTP(w, r)
	}
	tree := h.files.For(r)
	if !tree.IsFolder(r.URL.Path) {
		return h.pass(w, r, tree, "")
	}
	folder, err := tree.OpenFolder(r.URL.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h.next.ServeHTTP(w, r)
	case err != nil:
		return static.Fail(w, r, err)
	}
	if index := h.index(folder); index != "" {
		folder.Close()
		return h.pass(w, r, tree, index)
	}
	if !middleware.Reads(r) {
		folder.Close()
		return h.refuse(w, r)
	}
	defer folder.Close()
	if !strings.HasSuffix(r.URL.Path, "/") {
		if location := static.Canonical(w, r, true); location != "" {
			return static.Redirect(w, location)
		}
		if !strings.HasSuffix("/"+middleware.OriginalURL(w, r).Path, "/") {
			return http.StatusNotFound, nil // relative links would lead astray
		}
	}
	return h.list(w, r, tree, folder)
}

// refuse answers r, whose method nothing is listed for, unless the next handler
// does: it may have a route of this name.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request) (int, error) {
	rec := middleware.Record(w)
	status, err := h.next.ServeHTTP(rec, r)
	if status != http.StatusNotFound || err != nil || rec.Begun() {
		return status, err
	}
	return middleware.MethodNotAllowed(w, http.MethodGet, http.MethodHead)
}

// index returns the file that stands for a folder; "" if there is none. The next
// handler knows what to do with it, even if that is to fail.
func (h *Handler) index(folder *static.Folder) string {
	for _, name := range h.cfg.Files.Index {
		info, _, err := folder.Stat(name)
		if err == nil && !info.IsDir() || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// list answers r with what is in a folder.
func (h *Handler) list(w http.ResponseWriter, r *http.Request, tree static.Tree, folder *static.Folder) (int, error) {
	q, err := h.parse(r)
	if err != nil {
		return http.StatusBadRequest, err
	}
	if q.archive != "" {
		return h.archive(w, r, tree, folder, q)
	}
	l, err := h.collect(r, tree, folder, q)
	if err != nil {
		return static.Fail(w, r, err)
	}
	if l.rows != nil {
		folder.Close() // now: the client may take its time
	}
	return h.send(w, r, l)
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Files.Index = slices.Clone(c.Files.Index)
	if c.Files.Index == nil {
		c.Files.Index = []string{"index.html"} // as static has it
	}
	c.Path = cmp.Or(c.Path, "/")
	c.Page = min(cmp.Or(max(c.Page, 0), 1000), mostOnPage)
	c.Search.Entries = cmp.Or(c.Search.Entries, 100_000)
	c.Archives = slices.Clone(c.Archives)
	c.ArchiveBytes = cmp.Or(c.ArchiveBytes, 4<<30)
	c.ArchiveEntries = cmp.Or(c.ArchiveEntries, 50_000)
	c.ArchiveTime = cmp.Or(c.ArchiveTime, 2*time.Hour)
	return c
}
