package caddyfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"

	"github.com/shallot-http/shallot/middleware/directive"
)

// ParseConfig says how a Caddyfile is read. The zero ParseConfig reads what it
// imports from the operating system.
type ParseConfig struct {
	// FS is where files are read from, under names that are valid there. Nil is
	// the operating system. The FS of an os.Root confines imports to a folder.
	FS fs.FS

	// Env returns what a placeholder such as {$NAME} stands for. Nil is
	// os.LookupEnv.
	Env func(name string) (value string, ok bool)

	// Directives are words that cannot be addresses of sites, such as
	// [Vocabulary.Names]. They make for better errors where braces are missing.
	// Nil is fine; [Load] takes those of its Vocabulary.
	Directives []string

	// Unexpanded leaves what is written as it is: what Parse is for then is not to
	// build a server but to change or to translate a Caddyfile. Nothing is imported, and
	// placeholders stay. An import is a line like any other; so the File has Snippets,
	// and Imports outside of sites, and need not have sites. An address with a
	// placeholder has nothing but its Text.
	Unexpanded bool

	Limits Limits
}

// A File is a Caddyfile without its meaning: what it imports has been put in and
// placeholders for the environment replaced, but no directive is known yet. Lines
// may be shared among sites, and are not to be changed.
type File struct {
	Name    string
	Options []*directive.Line // the block before all sites; nil is none
	Sites   []*Site
	Routes  []*Route

	// Snippets, and lines of import outside of sites: only if Unexpanded.
	Snippets []*Snippet
	Imports  []*directive.Line

	Files []string // that were read, absolute unless from a ParseConfig.FS

	// Warnings are of what is allowed but hardly meant, such as a variable of the
	// environment that is not set: at most 1,000. [Build] logs the first ten, and
	// [File.Explain] shows their lines.
	Warnings []*directive.Error

	inputs     *inputs // nil if it was made otherwise
	unexpanded bool
	sources    map[string]*source
	hints      map[directive.Pos]hint // of words
	mended     []*directive.Error     // what is wrong, but was read as it was meant
}

// A Site is one or more addresses and what is to be found there.
type Site struct {
	Addrs []Address // at least one
	Lines []*directive.Line
	Pos   directive.Pos     // of the first address
	From  *directive.Import // what brought it in; nil if the file itself has it
}

// A Route is a block of lines with a name, as in &(name) { … }.
type Route struct {
	Name  string
	Lines []*directive.Line
	Pos   directive.Pos
	From  *directive.Import
}

// A Snippet is a block of lines to be imported by its name, as in (name) { … }. It
// may be one of sites, which are lines with a block, too.
type Snippet struct {
	Name  string
	Lines []*directive.Line
	Pos   directive.Pos
}

// Parse reads the Caddyfile in src. It is called name in messages, and the files
// it imports are found relative to that. The error is all that is wrong, each a
// [directive.Error], or rather the first ten of them.
func Parse(name string, src []byte, c ParseConfig) (*File, error) {
	p := newParser(name, c)
	p.parse(string(src[:min(len(src), p.limits.FileSize+1)]))
	return p.result()
}

// ParseFile reads the Caddyfile called name.
func ParseFile(name string, c ParseConfig) (*File, error) {
	p := newParser(name, c)
	if err := p.parseFile(name); err != nil {
		return nil, err
	}
	return p.result()
}

// parseToBuild is ParseFile for a File that is built next. If it is plain what is
// meant by all that is wrong, there is a File in spite of it, so that what else is
// wrong comes to light as well.
func parseToBuild(name string, c ParseConfig) (*File, *inputs, error) {
	p := newParser(name, c)
	if err := p.parseFile(name); err != nil {
		return nil, p.file.inputs, err
	}
	if len(p.errs) == p.mended && p.more == 0 && !p.stopped {
		p.file.mended, p.errs = append(p.file.mended, p.errs...), nil
	}
	f, err := p.result()
	return f, p.file.inputs, err
}

func (p *parser) parseFile(name string) error {
	p.file.inputs.note(name)
	text, err := p.tree.readAll(name, p.limits.FileSize)
	if err != nil {
		return err
	}
	p.file.Files = append(p.file.Files, p.tree.key(name))
	p.parse(text)
	return nil
}

// ParseLines reads src as what a site might have between its braces: lines, and
// not a site. It is for tests of directives, and for programs that get a site's
// addresses from elsewhere.
func ParseLines(name string, src []byte, c ParseConfig) ([]*directive.Line, error) {
	p := newParser(name, c)
	s := p.read(p.file.Name, string(src[:min(len(src), p.limits.FileSize+1)]), nil)
	w := p.walk(s.whole, nil, nil)
	lines := w.lines(nil, withinFile)
	if _, err := p.result(); err != nil {
		return nil, err
	}
	return lines, nil
}

// A parser reads one Caddyfile.
type parser struct {
	ParseConfig
	limits Limits
	tree   tree
	file   *File

	snippets map[string]*body
	routes   map[string]*body
	loaded   map[string]*source // by tree.key
	active   []*body            // being expanded, one within the other

	total, made    int // bytes read, and put in for placeholders
	entries        int // of directories, looked at
	words, imports int // walked
	use            use // of what is being expanded, what it shares with others included
	addrs          int
	stack          []part
	scratch        []directive.Word
	arena          arena

	errs    []*directive.Error
	more    int  // errors beyond those
	mended  int  // of all errors
	stopped bool // a limit is exceeded
}

func newParser(name string, c ParseConfig) *parser {
	name = cmp.Or(name, "Caddyfile")
	p := &parser{
		ParseConfig: c,
		limits:      c.Limits.complete(),
		tree:        newTree(c.FS),
		file:        &File{Name: name, sources: map[string]*source{}},
		snippets:    map[string]*body{},
		routes:      map[string]*body{},
		loaded:      map[string]*source{},
	}
	p.file.inputs = newInputs(p.tree)
	if p.Env == nil {
		p.Env = os.LookupEnv
	}
	return p
}

// parse reads a whole Caddyfile.
func (p *parser) parse(text string) {
	s := p.read(p.file.Name, text, nil)
	p.loaded[p.tree.key(p.file.Name)] = s
	p.define(s)
	if !p.stopped {
		p.active = append(p.active, s.whole)
		s.whole.active = true
		w := p.walk(s.whole, nil, nil)
		w.sites()
	}
	if p.Unexpanded {
		p.unbuildable()
		return
	}
	if len(p.file.Sites) == 0 && len(p.errs) == 0 {
		p.fail(directive.Pos{File: s.name, Line: 1, Col: 1}, nil,
			"there is no site here: a site begins with its address, such as localhost:2015")
	}
}

// unbuildable sees to it that no server is made of a file whose imports and
// placeholders are as they are written.
func (p *parser) unbuildable() {
	p.file.unexpanded = true
	p.file.mended = append(p.file.mended, &directive.Error{
		Pos: directive.Pos{File: p.file.Name, Line: 1, Col: 1},
		Err: errors.New("the Caddyfile was parsed Unexpanded, which is not for building"),
	})
}

// result returns what became of it all.
func (p *parser) result() (*File, error) {
	for _, s := range p.file.sources { // no longer needed, unlike the text, for errors yet to come
		s.tokens, s.whole = nil, nil
		for _, def := range s.defs {
			def.expanded = nil
		}
	}
	if len(p.errs) > 0 {
		return nil, p.file.report(p.errs, p.more)
	}
	return p.file, nil
}
