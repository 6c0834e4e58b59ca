package markdown

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// A dot is the dot of the template of a page, as the package comment describes it: a
// map, since Caddy 0.7.1 had variables there, with the methods of [page.Context], since
// Caddy 1.0.5 had these.
type dot map[string]any

// behind is where a dot has what its methods need. No template can say this key
// with a dot.
const behind = " "

type hidden struct {
	*page.Context
	folder *folder
}

func (s *site) dot(c *page.Context, d *document, folder *folder) dot {
	data := make(dot, len(d.doc)+6)
	maps.Copy(data, d.doc)
	data["markdown"] = d.doc["body"]
	data["Doc"], data["Meta"], data["Styles"], data["Scripts"] = d.doc, d.meta, s.cfg.Styles, s.cfg.Scripts
	data[behind] = &hidden{c, folder}
	return data
}

func (d dot) context() *page.Context { return d[behind].(*hidden).Context }

// Files returns what is in the folder that the page is the index of, as a list of
// [file]; of a page that is none it is empty. With a name it is the Files of
// [page.Context].
func (d dot) Files(dir ...string) (any, error) {
	switch len(dir) {
	case 0:
		return d[behind].(*hidden).folder.files()
	case 1:
		return d.context().Files(dir[0])
	}
	return nil, errors.New("there is more than one folder")
}

// The methods of [page.Context], which a map cannot embed.

func (d dot) Args() []any                     { return d.context().Args }
func (d dot) AddLink(link string) string      { return d.context().AddLink(link) }
func (d dot) Cookie(name string) string       { return d.context().Cookie(name) }
func (d dot) Date(layout string) string       { return d.context().Date(layout) }
func (d dot) Env() (map[string]string, error) { return d.context().Env() }
func (d dot) Ext(name string) string          { return d.context().Ext(name) }
func (d dot) Header(name string) string       { return d.context().Header(name) }
func (d dot) Host() string                    { return d.context().Host() }
func (d dot) Hostname() string                { return d.context().Hostname() }
func (d dot) IP() string                      { return d.context().IP() }
func (d dot) Include(name string, args ...any) (any, error) {
	return d.context().Include(name, args...)
}
func (d dot) IsMITM() bool                                 { return d.context().IsMITM() }
func (d dot) Join(parts []string, sep any) (string, error) { return d.context().Join(parts, sep) }
func (d dot) Map(pairs ...any) (map[string]any, error)     { return d.context().Map(pairs...) }
func (d dot) Markdown(name string) (any, error)            { return d.context().Markdown(name) }
func (d dot) Method() string                               { return d.context().Method() }
func (d dot) Now(layout string) string                     { return d.context().Now(layout) }
func (d dot) NowDate() time.Time                           { return d.context().NowDate() }
func (d dot) PathMatches(path string) bool                 { return d.context().PathMatches(path) }
func (d dot) Port() string                                 { return d.context().Port() }
func (d dot) RandomString(min, max int) (string, error)    { return d.context().RandomString(min, max) }
func (d dot) Replace(in, old, new any) (string, error)     { return d.context().Replace(in, old, new) }
func (d dot) ServerIP() string                             { return d.context().ServerIP() }
func (d dot) Slice(elements ...any) ([]any, error)         { return d.context().Slice(elements...) }
func (d dot) Split(s, separator any) []string              { return d.context().Split(s, separator) }
func (d dot) String() string                               { return d.context().String() }
func (d dot) StripExt(name string) string                  { return d.context().StripExt(name) }
func (d dot) StripHTML(input any) string                   { return d.context().StripHTML(input) }
func (d dot) TLSVersion() string                           { return d.context().TLSVersion() }
func (d dot) ToLower(s any) string                         { return d.context().ToLower(s) }
func (d dot) ToUpper(s any) string                         { return d.context().ToUpper(s) }
func (d dot) Truncate(input any, length int) string        { return d.context().Truncate(input, length) }
func (d dot) URI() string                                  { return d.context().URI() }
func (d dot) URL() *url.URL                                { return d.context().URL() }

// A folder is the one that a page is the index of.
type folder struct {
	site *site
	tree static.Tree
	name string // "" is none
}

// A file is what is in a folder: a file, or another folder.
type file struct {
	fs.FileInfo
	folder *folder
	name   string
}

// Name returns the name in the folder.
func (f file) Name() string { return path.Base(f.name) }

// mostFiles is how many of a folder are looked at for a page.
const mostFiles = 10_000

// files returns what is in f, sorted by names.
func (f *folder) files() ([]file, error) {
	if f.name == "" {
		return nil, nil
	}
	folder, err := f.tree.OpenFolder(f.name)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", f.name, err)
	}
	defer folder.Close()
	var files []file
	err = folder.Read(func(name string, _ fs.FileMode) error {
		info, _, err := folder.Stat(name)
		if err != nil {
			return nil // gone, or a link that leads where it must not
		}
		if files = append(files, file{info, f, path.Join(f.name, name)}); len(files) > mostFiles {
			return fmt.Errorf("%q has more than %d files", f.name, mostFiles)
		}
		return nil
	})
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, err
}

// Summarize returns the first words of a file of Markdown, without its markup.
func (f file) Summarize(words int) (string, error) {
	d, err := f.folder.site.load(f.folder.tree, f.name)
	if err != nil {
		return "", fmt.Errorf("%q: %w", f.name, err)
	}
	all := strings.Fields(d.words)
	return strings.Join(all[:max(0, min(words, len(all)))], " "), nil
}
