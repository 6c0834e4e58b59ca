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

// A Data is the dot of the template of a page. Its keys are those of the front
// matter, as in Caddy 0.7.1, and
//
//	markdown  the page's HTML
//	Doc       the front matter, with title and body, which is the page's HTML
//	Meta      author, copyright, description and subject, if the front matter has them
//	Styles    URLs
//	Scripts   URLs
//
// of which the last four are those of Caddy 1.0.5. Its methods are those of
// [page.Context], but for Files.
type Data map[string]any

// behind is where a Data has what its methods need. No template can say this key
// with a dot.
const behind = " "

type hidden struct {
	*page.Context
	folder *folder
}

func (s *site) data(c *page.Context, d *document, folder *folder) Data {
	data := make(Data, len(d.doc)+6)
	maps.Copy(data, d.doc)
	data["markdown"] = d.doc["body"]
	data["Doc"], data["Meta"], data["Styles"], data["Scripts"] = d.doc, d.meta, s.cfg.Styles, s.cfg.Scripts
	data[behind] = &hidden{c, folder}
	return data
}

func (d Data) context() *page.Context { return d[behind].(*hidden).Context }

// Files returns what is in the folder that the page is the index of, as a list of
// [File]; of a page that is none it is empty. With a name it is the Files of
// [page.Context].
func (d Data) Files(dir ...string) (any, error) {
	switch len(dir) {
	case 0:
		return d[behind].(*hidden).folder.files()
	case 1:
		return d.context().Files(dir[0])
	}
	return nil, errors.New("there is more than one folder")
}

// These are the methods of [page.Context], which a map cannot embed.

func (d Data) Args() []any                     { return d.context().Args }
func (d Data) AddLink(link string) string      { return d.context().AddLink(link) }
func (d Data) Cookie(name string) string       { return d.context().Cookie(name) }
func (d Data) Date(layout string) string       { return d.context().Date(layout) }
func (d Data) Env() (map[string]string, error) { return d.context().Env() }
func (d Data) Ext(name string) string          { return d.context().Ext(name) }
func (d Data) Header(name string) string       { return d.context().Header(name) }
func (d Data) Host() string                    { return d.context().Host() }
func (d Data) Hostname() string                { return d.context().Hostname() }
func (d Data) IP() string                      { return d.context().IP() }
func (d Data) Include(name string, args ...any) (any, error) {
	return d.context().Include(name, args...)
}
func (d Data) IsMITM() bool                                 { return d.context().IsMITM() }
func (d Data) Join(parts []string, sep any) (string, error) { return d.context().Join(parts, sep) }
func (d Data) Map(pairs ...any) (map[string]any, error)     { return d.context().Map(pairs...) }
func (d Data) Markdown(name string) (any, error)            { return d.context().Markdown(name) }
func (d Data) Method() string                               { return d.context().Method() }
func (d Data) Now(layout string) string                     { return d.context().Now(layout) }
func (d Data) NowDate() time.Time                           { return d.context().NowDate() }
func (d Data) PathMatches(path string) bool                 { return d.context().PathMatches(path) }
func (d Data) Port() string                                 { return d.context().Port() }
func (d Data) RandomString(min, max int) (string, error)    { return d.context().RandomString(min, max) }
func (d Data) Replace(in, old, new any) (string, error)     { return d.context().Replace(in, old, new) }
func (d Data) ServerIP() string                             { return d.context().ServerIP() }
func (d Data) Slice(elements ...any) []any                  { return d.context().Slice(elements...) }
func (d Data) Split(s, separator any) []string              { return d.context().Split(s, separator) }
func (d Data) String() string                               { return d.context().String() }
func (d Data) StripExt(name string) string                  { return d.context().StripExt(name) }
func (d Data) StripHTML(input any) string                   { return d.context().StripHTML(input) }
func (d Data) TLSVersion() string                           { return d.context().TLSVersion() }
func (d Data) ToLower(s any) string                         { return d.context().ToLower(s) }
func (d Data) ToUpper(s any) string                         { return d.context().ToUpper(s) }
func (d Data) Truncate(input any, length int) string        { return d.context().Truncate(input, length) }
func (d Data) URI() string                                  { return d.context().URI() }
func (d Data) URL() *url.URL                                { return d.context().URL() }

// A folder is the one that a page is the index of.
type folder struct {
	site *site
	tree static.Tree
	name string // "" is none
}

// A File is what is in a folder: a file, or another folder.
type File struct {
	fs.FileInfo
	folder *folder
	name   string
}

// Name returns the name in the folder.
func (f File) Name() string { return path.Base(f.name) }

// mostFiles is how many of a folder are looked at for a page.
const mostFiles = 10_000

// files returns what is in f, sorted by names.
func (f *folder) files() ([]File, error) {
	if f.name == "" {
		return nil, nil
	}
	folder, err := f.tree.OpenFolder(f.name)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", f.name, err)
	}
	defer folder.Close()
	var files []File
	err = folder.Read(func(name string, _ fs.FileMode) error {
		info, _, err := folder.Stat(name)
		if err != nil {
			return nil // gone, or a link that leads where it must not
		}
		if files = append(files, File{info, f, path.Join(f.name, name)}); len(files) > mostFiles {
			return fmt.Errorf("%q has more than %d files", f.name, mostFiles)
		}
		return nil
	})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.name, b.name) })
	return files, err
}

// Summarize returns the first words of a file of Markdown, without its markup.
func (f File) Summarize(words int) (string, error) {
	d, err := f.folder.site.load(f.folder.tree, f.name)
	if err != nil {
		return "", fmt.Errorf("%q: %w", f.name, err)
	}
	all := strings.Fields(d.words)
	return strings.Join(all[:max(0, min(words, len(all)))], " "), nil
}
