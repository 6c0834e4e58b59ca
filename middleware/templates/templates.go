package templates

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says which files are pages. The zero Config has none but in the root that a
// layer further out may give a request with [middleware.WithRoot].
type Config struct {
	// Pages are the files there are, and what pages may do.
	Pages page.Config

	// Path is the part of the site whose pages are executed; "" is all of it. It is
	// a prefix, and ignores case, see [middleware.Path.Protects].
	Path middleware.Path

	// Extensions are those of pages, with a dot; nil is .html, .htm, .tmpl, .tpl and
	// .txt.
	Extensions []string

	// Text are those of the Extensions that text/template executes, which escapes
	// nothing; nil is .txt.
	Text []string
}

// New returns the middleware that executes the pages that c describes.
func New(c Config) middleware.Middleware {
	c = c.complete()
	engine := page.NewEngine(c.Pages)
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, c, engine}
	}
}

// A Handler executes pages, and passes on requests for anything else.
type Handler struct {
	next   middleware.Handler
	cfg    Config
	engine *page.Engine
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return New(c)(next).(*Handler)
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if !middleware.Reads(r) || !h.cfg.Path.Protects(r) {
		return h.next.ServeHTTP(w, r)
	}
	visit := h.engine.Visit(w, r)
	name := h.find(visit.Tree, r.URL.Path)
	if name == "" {
		return h.next.ServeHTTP(w, r)
	}
	visit.Text = has(h.cfg.Text, name)
	t, err := visit.Load(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h.next.ServeHTTP(w, r)
	case err != nil:
		return static.Fail(w, r, fmt.Errorf("templates: %w", err))
	}
	body, err := visit.Execute(t, nil)
	if err != nil {
		err = fmt.Errorf("templates: %w", err)
	}
	return visit.Send(typeOf(name), body, err)
}

// find returns the page that a path stands for; "" if that cannot be one.
func (h *Handler) find(tree static.Tree, urlPath string) string {
	name := path.Clean("/" + urlPath)[1:]
	if !strings.HasSuffix("/"+urlPath, "/") {
		if has(h.cfg.Extensions, name) {
			return name
		}
		return ""
	}
	for _, index := range h.cfg.Pages.Files.Index {
		info, err := tree.Stat(path.Join(name, index))
		switch {
		case err == nil && !info.IsDir() && has(h.cfg.Extensions, index):
			return path.Join(name, index)
		case err == nil && !info.IsDir() || err != nil && !errors.Is(err, fs.ErrNotExist):
			return "" // it is what the next handler has for the folder
		}
	}
	for _, ext := range h.cfg.Extensions {
		index := path.Join(name, "index"+ext)
		if info, err := tree.Stat(index); err == nil && !info.IsDir() {
			return index
		}
	}
	return ""
}

func has(extensions []string, name string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// typeOf returns the media type of what a page of this name makes.
func typeOf(name string) string {
	if t := static.TypeOf(name); t != static.TypeOf("") {
		return t
	}
	return "text/html; charset=utf-8"
}

// complete returns a Config of its own, with every field set.
func (c Config) complete() Config {
	c.Path = cmp.Or(c.Path, "/")
	c.Extensions = lower(c.Extensions, usualExtensions)
	c.Text = lower(c.Text, []string{".txt"})
	c.Pages.Files.Index = slices.Clone(c.Pages.Files.Index)
	if c.Pages.Files.Index == nil {
		c.Pages.Files.Index = []string{"index.html"} // as static has it
	}
	return c
}

// usualExtensions are those of Caddy 0.7.1.
var usualExtensions = []string{".html", ".htm", ".tmpl", ".tpl", ".txt"}

// lower returns the list in lower case, or the usual one if it is nil.
func lower(list, usual []string) []string {
	if list == nil {
		list = usual
	}
	list = slices.Clone(list)
	for i, s := range list {
		list[i] = strings.ToLower(s)
	}
	return list
}
