package markdown

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says which files are Markdown, and what pages are made of them. The zero
// Config has none but in the root that a layer further out may give a request with
// [middleware.WithRoot].
type Config struct {
	// Pages are the files there are, and what templates may do. Its Markdown is
	// [Render] unless it is set.
	Pages page.Config

	// Path is the part of the site whose Markdown is rendered; "" is all of it. It is
	// a prefix, see [middleware.Path.Match].
	Path middleware.Path

	// Extensions are those of Markdown, with a dot; nil is .md, .markdown and
	// .mdown.
	Extensions []string

	Styles, Scripts []string // URLs that pages load, as templates are told

	// Template is the file below the root that is the template of pages that name
	// none; "" is a page that is built in.
	Template string

	// Templates are the files of those that pages can name.
	Templates map[string]string

	// TemplateDir is a pattern of [path.Match] of further files that are such
	// templates, by the last element of their names, with or without its extension.
	TemplateDir string

	// Text has text/template execute the templates, which escapes nothing.
	Text bool

	// RawHTML has HTML within Markdown, and links whatever they run, become part of
	// the page: it is for texts that are all one's own.
	RawHTML bool

	// Generated is a folder that has the pages that [Generate] made.
	Generated string
}

// New returns the middleware that renders the Markdown that c describes.
func New(c Config) middleware.Middleware {
	s := newSite(c)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, s}
	}
}

// A Handler renders Markdown, and passes on requests for anything else.
type Handler struct {
	next middleware.Handler
	*site
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return New(c)(next).(*Handler)
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if !middleware.Reads(r) || !h.cfg.Path.Match(r) || strings.IndexByte(r.URL.Path, 0) >= 0 {
		return h.next.ServeHTTP(w, r)
	}
	visit := h.engine.Visit(w, r)
	name, dir := h.find(visit.Tree, r.URL.Path)
	if name == "" {
		return h.next.ServeHTTP(w, r)
	}
	doc, err := h.load(visit.Tree, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h.next.ServeHTTP(w, r)
	case err != nil:
		return static.Fail(w, r, fmt.Errorf("markdown: %w", err))
	}
	const html = "text/html; charset=utf-8"
	if doc.plain {
		status := static.Precondition(r, doc.etag, time.Time{})
		if status == http.StatusPreconditionFailed {
			return status, nil
		}
		w.Header().Set("Etag", doc.etag)
		if status == http.StatusNotModified {
			return status, nil
		}
		return visit.Send(html, doc.page, nil)
	}
	if body := h.generated(visit.Tree, r, doc); body != nil {
		return visit.Send(html, body, nil)
	}
	body, err := h.execute(visit, doc, dir)
	if err != nil {
		err = fmt.Errorf("markdown: %w", err)
	}
	return visit.Send(html, body, err)
}

// A site is what the handlers of one New have in common.
type site struct {
	cfg    Config
	engine *page.Engine
	known  page.Cache[*document]
}

func newSite(c Config) *site {
	c = c.complete()
	return &site{cfg: c, engine: page.NewEngine(c.Pages)}
}

// find returns the Markdown that a path stands for, "" if it can be none, and, if
// that is a folder's, the folder.
func (s *site) find(tree static.Tree, urlPath string) (name, dir string) {
	name = path.Clean("/" + urlPath)[1:]
	if !strings.HasSuffix("/"+urlPath, "/") {
		if s.isMarkdown(name) {
			return name, ""
		}
		return "", ""
	}
	var indexes []string
	for _, ext := range s.cfg.Extensions {
		indexes = append(indexes, "index"+ext)
	}
	for _, index := range s.cfg.Pages.Files.Index {
		if s.isMarkdown(index) {
			indexes = append(indexes, index)
		}
	}
	for _, index := range indexes {
		file := path.Join(name, index)
		if info, err := tree.Stat(file); err == nil && !info.IsDir() {
			return file, cmp.Or(name, ".")
		}
	}
	return "", ""
}

func (s *site) isMarkdown(name string) bool {
	return slices.Contains(s.cfg.Extensions, strings.ToLower(path.Ext(name)))
}

// converter returns what renders the pages of s.
func (s *site) converter() goldmark.Markdown {
	if s.cfg.RawHTML {
		return trusted
	}
	return own
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Path = cmp.Or(c.Path, "/")
	c.Extensions = slices.Clone(c.Extensions)
	if c.Extensions == nil {
		c.Extensions = slices.Clone(usualExtensions)
	}
	for i, ext := range c.Extensions {
		c.Extensions[i] = strings.ToLower(ext)
	}
	c.Styles, c.Scripts = slices.Clone(c.Styles), slices.Clone(c.Scripts)
	c.Templates = maps.Clone(c.Templates)
	if c.Pages.Markdown == nil {
		c.Pages.Markdown = Render
	}
	return c
}

// usualExtensions are those of Caddy 1.0.5.
var usualExtensions = []string{".md", ".markdown", ".mdown"}
