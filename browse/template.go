package browse

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A Template renders a [Page] by package html/template, in place of the page that
// there is. The policy that comes with a page permits no style or script but those
// that have its nonce, <style nonce="{{.Nonce}}">, and no style="…" and onclick="…":
// what others have named files must not run in a page of one's own, either.
type Template struct {
	file string // "" if it never changes

	mu      sync.Mutex
	parsed  *template.Template
	id      string // of what was parsed: the same for the same text
	checked time.Time
	info    os.FileInfo // of what was looked at last, even if it could not be parsed
}

// NewTemplate returns the Template that executes t.
func NewTemplate(t *template.Template) *Template { return &Template{parsed: t, id: rand.Text()} }

// ReadTemplate returns the Template in a file. It is tried on a folder with a file
// and a folder in it, and on an empty one, so that what it asks of a [Page] that a
// Page has not is an error here. It is read again, at most once a second, when the
// file has changed. If there is a mistake in it then, the one before stays in use,
// and the log says so.
func ReadTemplate(file string) (*Template, error) {
	t := &Template{file: file, checked: time.Now()}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	t.info = info
	return t, t.parse()
}

// maxTemplate is more than any template needs.
const maxTemplate = 16 << 20

// parse replaces what was parsed if it succeeds.
func (t *Template) parse() error {
	text, err := directive.ReadFile(t.file, maxTemplate)
	if err != nil {
		return err
	}
	parsed, err := template.New(t.file).Parse(string(text))
	for _, p := range samples() {
		if err == nil {
			err = parsed.Execute(io.Discard, p)
		}
	}
	if err == nil {
		sum := sha256.Sum256(text)
		t.parsed, t.id = parsed, string(sum[:])
	}
	return err
}

// samples returns what a template is tried on.
func samples() []*Page {
	now := time.Now()
	return []*Page{{
		Name: "photos", Path: "/photos/", CanGoUp: true,
		Items: []Item{
			{IsDir: true, Name: "2026", URL: "./2026/", ModTime: now, Mode: os.ModeDir | 0o755},
			{IsSymlink: true, Name: "a.jpg", Size: 1 << 20, URL: "./a.jpg", ModTime: now, Mode: 0o644},
		},
		Total: 6, NumDirs: 3, NumFiles: 3, Truncated: true, Sort: "name", Order: "asc", Layout: "list", Limit: 2, Offset: 2, Query: "a",
		First: "?offset=0", Prev: "?offset=0", Next: "?offset=4", Last: "?offset=4",
		ReadmeName: "README.md", Readme: "text", ReadmeHTML: "<p>text", Nonce: "nonce",
	}, {
		Name: "/", Path: "/", Sort: "name", Order: "asc", Layout: "list", Limit: 2, Nonce: "nonce",
	}}
}

// latest returns what the file says now, and what tells it from other texts.
func (t *Template) latest(w http.ResponseWriter) (parsed *template.Template, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.file != "" && now.Sub(t.checked) >= time.Second {
		t.checked = now
		info, err := os.Stat(t.file)
		changed := !middleware.Unchanged(t.info, info)
		t.info = info
		if err == nil && changed {
			err = t.parse()
		}
		if err != nil {
			middleware.Logger(w).Warn("the template of listings stays as it was", slog.String("file", t.file), slog.Any("error", err))
		}
	}
	return t.parsed, t.id
}

// version tells a template from the one that was there before.
func (t *Template) version(w http.ResponseWriter) string {
	if t == nil {
		return ""
	}
	_, id := t.latest(w)
	return id
}

// execute appends what the template makes of a listing. What has a mistake in it
// is not sent in part.
func (t *Template) execute(w http.ResponseWriter, dst []byte, l *listing, nonce string) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	parsed, _ := t.latest(w)
	err := parsed.Execute(out, l.data(nonce))
	return out.Bytes(), err
}

// A Page is what a [Template] renders. Those of its fields and methods that Caddy
// 0.7.1 had are the same.
type Page struct {
	Name    string // of the folder
	Path    string // of the folder, with a slash at its end
	CanGoUp bool   // to the folder above, which is ../
	Items   []Item

	Total, NumDirs, NumFiles int  // in the folder, or found
	Truncated                bool // there is more than could be found
	Sort, Order, Layout      string
	Limit, Offset            int
	Query                    string // that was searched for
	First, Prev, Next, Last  string // references to other pages; "" is none
	ReadmeName, Readme       string
	ReadmeHTML               template.HTML
	Nonce                    string // of styles and scripts
}

// An Item is one entry of a [Page].
type Item struct {
	IsDir     bool
	IsSymlink bool
	Name      string
	Size      int64
	URL       string
	ModTime   time.Time
	Mode      os.FileMode

	si bool
}

// HumanSize returns the size as text, such as 1.2 KiB.
func (i Item) HumanSize() string { return string(appendSize(nil, i.Size, i.si)) }

// HumanModTime returns the time in a format of [time.Time.Format].
func (i Item) HumanModTime(format string) string { return i.ModTime.Format(format) }

func (l *listing) data(nonce string) *Page {
	p := &Page{
		Path: l.path, Name: base(l.path), CanGoUp: l.up,
		Total: len(l.names.entries), NumDirs: l.names.folders, NumFiles: len(l.names.entries) - l.names.folders, Truncated: l.truncated,
		Sort: l.sort.String(), Order: l.order.String(), Layout: l.layout.String(), Limit: l.limit, Offset: l.offset,
		Query: l.find, Nonce: nonce,
	}
	for _, other := range l.pages() {
		ref := l.with("offset", fmt.Sprint(other.offset))
		switch other.rel {
		case "first":
			p.First = ref
		case "prev":
			p.Prev = ref
		case "next":
			p.Next = ref
		case "last":
			p.Last = ref
		}
	}
	if l.readme != nil {
		p.ReadmeName, p.Readme, p.ReadmeHTML = l.readme.name, l.readme.text, l.readme.html
	}
	p.Items = make([]Item, len(l.rows))
	for i, r := range l.rows {
		p.Items[i] = Item{r.folder, r.link, r.name, r.size, string(appendURL(nil, r.entry)), r.modified, r.mode, l.h.cfg.SI}
	}
	return p
}

// base returns the last element of a path that ends in a slash.
func base(path string) string {
	path = strings.TrimSuffix(path, "/")
	if path == "" {
		return "/"
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}
