package markdown

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// Generate writes the pages of all of c's Markdown below the folder Generated: that
// of a/b.md to a/b/index.html, and that of a/index.md to a/index.html. They are made
// for a request of nobody. A Handler with the same Config sends them as long as neither
// the Markdown nor its template has changed since, and nobody has changed the page.
//
// Nothing is deleted or overwritten but what an earlier Generate has made and nobody
// has changed since: a manifest in the folder tells. Of what has no Markdown any
// more, the file is removed. Files are replaced as a whole.
//
// The error says what could not be generated; everything else has been. Names are
// those of the root that c has: there has to be one.
func Generate(ctx context.Context, c Config) error {
	root := c.Pages.Files.Root.Now()
	switch {
	case root.FS == nil:
		return errors.New("there is no folder to generate in")
	case !fs.ValidPath(c.Generated) || c.Generated == ".":
		return fmt.Errorf("%q is not the name of a folder below the root", c.Generated)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return err
	}
	r = middleware.WithRoot(r, root)
	g := &generator{site: newSite(c), root: root.FS, ctx: ctx, request: r}
	g.tree = static.NewFiles(c.Pages.Files).For(r)
	if err := root.FS.MkdirAll(filepath.FromSlash(c.Generated), 0o755); err != nil {
		return err
	}
	before, err := readManifest(g.root, c.Generated)
	if err != nil {
		return err
	}
	g.before, g.after = before, manifest{}
	g.folder(".")
	g.flush()
	g.removeStale()
	return errors.Join(append(g.errs, g.after.write(g.root, c.Generated))...)
}

// A generator is one Generate.
type generator struct {
	*site
	tree          static.Tree
	root          *os.Root
	ctx           context.Context
	request       *http.Request
	before, after manifest
	pending       []generated
	size          int // of what is pending
	seen          int
	partial       bool // it is not known what there is
	errs          []error
}

// generated is a page that is to be written.
type generated struct {
	target string
	body   []byte
	of     time.Time // when what it is made of was modified
}

// Pages are written together, for which the manifest is written once: so many, or so
// many bytes.
const (
	mostPending     = 256
	mostPendingSize = 16 << 20
)

// mostPages is how many are generated, and looked for.
const mostPages = 100_000

// folder generates what is in a folder and below.
func (g *generator) folder(name string) {
	if name == g.cfg.Generated {
		return
	}
	folder, err := g.tree.OpenFolder(name)
	if err != nil {
		g.fail(name, err)
		return
	}
	defer folder.Close()
	var files, folders []string
	err = folder.Read(func(base string, mode fs.FileMode) error {
		if g.seen++; g.seen > mostPages {
			return fmt.Errorf("there are more than %d files", mostPages)
		}
		switch {
		case mode.IsDir():
			folders = append(folders, path.Join(name, base))
		case g.isMarkdown(base):
			files = append(files, path.Join(name, base))
		}
		return g.ctx.Err()
	})
	if err != nil {
		g.fail(name, err)
		return
	}
	slices.Sort(files)
	for _, file := range files {
		u := *g.request.URL
		if u.Path = "/" + file; g.cfg.Path.Match(&http.Request{URL: &u}) {
			if err := g.page(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				g.errs = append(g.errs, fmt.Errorf("%s: %w", file, err))
				g.keep(targetOf(file))
			}
		}
	}
	for _, below := range folders {
		g.folder(below)
	}
}

// fail has everything stay, since it is not known any more what there is.
func (g *generator) fail(name string, err error) {
	g.errs = append(g.errs, fmt.Errorf("%s: %w", name, err))
	g.partial = true
}

// keep has a page stay what it may be.
func (g *generator) keep(target string) {
	if known := g.before[target]; known != nil {
		g.after[target] = known
	}
}

// page generates the page of a file of Markdown.
func (g *generator) page(name string) error {
	d, err := g.load(g.tree, name)
	if err != nil {
		return errors.Join(err, g.ctx.Err())
	}
	r := new(http.Request)
	*r = *g.request
	u := *r.URL
	u.Path = "/" + name
	dir := ""
	if isIndex(name) {
		dir = path.Dir(name)
	}
	r.URL, r.RequestURI = &u, u.RequestURI()
	v := g.engine.Visit(discard{}, r)
	body, err := g.execute(v, d, dir)
	if err != nil {
		return err
	}
	modified, err := g.modified(g.tree, d)
	if err != nil {
		return err
	}
	target := targetOf(name)
	is := hashOf(body)
	there, err := hashOfFile(g.root, path.Join(g.cfg.Generated, target))
	switch {
	case err != nil:
		return err
	case g.after[target] != nil:
		return fmt.Errorf("%s is that of another file already", target)
	case there != "" && !slices.Contains(g.before[target], there):
		if there == is {
			return nil // somebody has made the same
		}
		return fmt.Errorf("%s is none of what has been generated, and stays", target)
	}
	g.before[target] = append(slices.Clip(g.before[target]), is)
	g.after[target] = []string{is}
	g.pending, g.size = append(g.pending, generated{target, body, modified}), g.size+len(body)
	if len(g.pending) >= mostPending || g.size >= mostPendingSize {
		g.flush()
	}
	return nil
}

// flush writes what is pending. What it is goes into the manifest first, so that a
// page is known for one of these even if there is no time to say so later.
func (g *generator) flush() {
	if err := g.before.write(g.root, g.cfg.Generated); err != nil {
		g.fail(g.cfg.Generated, err)
		g.after = g.before
		return
	}
	for _, p := range g.pending {
		name := path.Join(g.cfg.Generated, p.target)
		err := replace(g.root, name, p.body)
		if err == nil {
			err = g.root.Chtimes(filepath.FromSlash(name), p.of, p.of)
		}
		if err != nil {
			g.errs = append(g.errs, fmt.Errorf("%s: %w", name, err))
			g.keep(p.target)
		}
	}
	g.pending, g.size = nil, 0
}

// modified returns when a document or its template was, whichever is later.
func (s *site) modified(tree static.Tree, d *document) (time.Time, error) {
	latest := d.info.ModTime()
	if d.plain {
		return latest, nil
	}
	name, err := s.templateOf(tree, d)
	if err != nil {
		return latest, err
	}
	info, err := tree.Stat(name)
	if err == nil && info.ModTime().After(latest) {
		latest = info.ModTime()
	}
	return latest, err
}

// removeStale removes what was generated of Markdown that there is no more. It is
// kept if not all could be looked for.
func (g *generator) removeStale() {
	for target, known := range g.before {
		if g.after[target] != nil {
			continue
		}
		if g.partial {
			g.keep(target)
			continue
		}
		name := path.Join(g.cfg.Generated, target)
		if there, err := hashOfFile(g.root, name); err == nil && slices.Contains(known, there) {
			if err := g.root.Remove(filepath.FromSlash(name)); err != nil {
				g.errs = append(g.errs, err)
				g.keep(target)
			}
		}
	}
}

func isIndex(name string) bool {
	return strings.TrimSuffix(path.Base(name), path.Ext(name)) == "index"
}

// targetOf returns where the page of a file of Markdown is, as of Caddy 0.7.1.
func targetOf(name string) string {
	if isIndex(name) {
		return path.Join(path.Dir(name), "index.html")
	}
	return path.Join(strings.TrimSuffix(name, path.Ext(name)), "index.html")
}

// generated returns the page of d that was generated; nil if there is none, or it
// is not of what there is now.
func (s *site) generated(tree static.Tree, r *http.Request, d *document) []byte {
	root := middleware.RootOf(r, s.cfg.Pages.Files.Root)
	if s.cfg.Generated == "" || root.FS == nil {
		return nil
	}
	file, err := root.FS.Open(filepath.FromSlash(path.Join(s.cfg.Generated, targetOf(d.name))))
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if modified, err := s.modified(tree, d); err != nil || !info.ModTime().Equal(modified) {
		return nil
	}
	body, err := readAll(file)
	if err != nil {
		return nil
	}
	return body
}

// discard is the writer of a request of nobody.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
