package errorpages

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/shallot-http/shallot/middleware"
)

// MaxPageSize is the most bytes a page may have. Pages are held in memory while
// they are written, so that nothing about them can fail half way.
const MaxPageSize = 1 << 20

// complete returns a Config of its own, with names as an fs.FS takes them.
func (c Config) complete() Config {
	c.Pages = maps.Clone(c.Pages)
	for status, name := range c.Pages {
		c.Pages[status] = local(name)
	}
	c.Default = local(c.Default)
	return c
}

// local returns a name relative to the root, for /404.html means that too.
func local(name string) string {
	if name == "" {
		return ""
	}
	return path.Clean(strings.TrimLeft(name, "/"))
}

// pages are the pages of a Config. What keeps one from being read would be said
// over and over again, once for each request that fails.
type pages struct {
	Config
	made    time.Time
	silence atomic.Int64 // until when, in nanoseconds since made
}

func newPages(c Config) *pages { return &pages{Config: c, made: time.Now()} }

const silenceInterval = time.Second

// forStatus returns the page for status, or the plain one if there is none or if
// it cannot be had, which goes to the log.
func (p *pages) forStatus(w http.ResponseWriter, r *http.Request, status int) page {
	name := cmp.Or(p.Pages[status], p.Default)
	if name == "" {
		return plain(status)
	}
	text, err := p.read(r, name)
	if err == nil {
		return page{typeOf(name), text}
	}
	now, until := int64(time.Since(p.made)), p.silence.Load()
	if now >= until && p.silence.CompareAndSwap(until, now+int64(silenceInterval)) {
		middleware.Logger(w).LogAttrs(r.Context(), slog.LevelWarn, "error page cannot be shown",
			slog.Int("status", status), slog.Any("error", err))
	}
	return plain(status)
}

func (p *pages) read(r *http.Request, name string) ([]byte, error) {
	return p.readIn(middleware.RootOf(r, p.Root), name)
}

func (c *Config) readIn(root *middleware.Root, name string) ([]byte, error) {
	switch {
	case c.Hide != nil && c.Hide(name, nil):
		return nil, fmt.Errorf("reading %s: it is a script, or hidden for another reason", name)
	case c.FS != nil:
		return readPage(name, c.FS.Open)
	}
	return readFile(root, name)
}

func readFile(root *middleware.Root, name string) ([]byte, error) {
	if root.FS == nil {
		return nil, fmt.Errorf("reading %s: there is no folder %q to read it from", name, root.Dir)
	}
	name = filepath.FromSlash(name)
	info, err := root.FS.Stat(name) // before it is opened: to open a device may have effects
	if err := check(name, info, err); err != nil {
		return nil, fmt.Errorf("in %s: %w", root.Dir, err)
	}
	text, err := readPage(name, func(name string) (fs.File, error) { return root.FS.OpenFile(name, openFlags, 0) })
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", root.Dir, err)
	}
	return text, nil
}

func readPage(name string, open func(name string) (fs.File, error)) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // now that nobody can exchange it
	if err := check(name, info, err); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, MaxPageSize))
}

// check reports what keeps a file from being a page.
func check(name string, info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("reading %s: it is not a regular file", name)
	case info.Size() > MaxPageSize:
		return fmt.Errorf("reading %s: it is larger than %d bytes", name, MaxPageSize)
	}
	return nil
}

const (
	html      = "text/html; charset=utf-8"
	plainText = "text/plain; charset=utf-8"
)

func typeOf(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case "", ".html", ".htm": // whatever this machine has been told of them
		return html
	default:
		return cmp.Or(mime.TypeByExtension(ext), html)
	}
}

// A page is a response to a request that failed.
type page struct {
	contentType string
	text        []byte
}

func (p page) write(w http.ResponseWriter, r *http.Request, status int) error {
	middleware.ClearHeader(w.Header())
	w.Header().Set("Content-Type", p.contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if w.Header().Get("Content-Encoding") == "" { // else another length is on its way
		w.Header().Set("Content-Length", strconv.Itoa(len(p.text)))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(p.text)
	return err
}

// plain returns the page that [middleware.Error] would write.
func plain(status int) page {
	return page{plainText, fmt.Appendf(nil, "%d %s\n", status, cmp.Or(http.StatusText(status), "Error"))}
}

// reveal returns the page that shows err. It is text, and stays harmless if a
// browser takes it for HTML or a terminal for commands all the same.
func reveal(status int, err error, stack []byte) page {
	p := plain(status)
	p.text = fmt.Appendf(p.text, "\n%s\n", escape(err.Error()))
	if len(stack) > 0 {
		p.text = fmt.Appendf(p.text, "\n%s", escape(string(stack)))
	}
	return p
}

func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '\n', c == '\t', c != utf8.RuneError && strconv.IsPrint(c):
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
