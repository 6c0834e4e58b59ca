package standard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Lint is [caddyfile.Lint] for the usual vocabulary. It warns also of scopes that
// match more than they seem to, as /foo does /foobar, where there is something in
// between; of lines that are never reached, because a line of another directive
// answers before; and of scopes that belong to another site.
func Lint(f *caddyfile.File, c caddyfile.Config) ([]*directive.Error, error) {
	if c.Vocabulary == nil {
		c.Vocabulary = Vocabulary()
	}
	found, err := caddyfile.Lint(f, c)
	if err != nil {
		return nil, err
	}
	l := linter{order: c.Vocabulary.Names()}
	paths := pathsOf(f.Sites)
	for _, site := range f.Sites {
		l.site(site, paths)
	}
	for _, e := range l.found {
		f.Mark(e)
	}
	found = append(found, l.found...)
	caddyfile.SortErrors(found)
	return found, nil
}

type linter struct {
	order []string
	found []*directive.Error
}

// How the directives that have a scope match it.
var scoped = map[string]struct {
	segments bool // by whole segments, as Path.Within does
	answers  bool // whatever is asked for below it, so that what is further in never does
	least    int  // words there are if the first is a scope
}{
	"basicauth": {least: 2},
	"browse":    {segments: true, least: 1},
	"fastcgi":   {least: 2},
	"header":    {least: 2},
	"internal":  {least: 1},
	"log":       {least: 2},
	"markdown":  {least: 1},
	"proxy":     {answers: true, least: 2},
	"status":    {least: 2},
	"templates": {least: 1},
	"websocket": {segments: true, least: 2},
}

// A scope is where a line of a site is for.
type scope struct {
	line *directive.Line
	word directive.Word
	path string
}

func (l *linter) warn(s scope, format string, args ...any) {
	l.found = append(l.found, &directive.Error{Pos: s.word.Pos, Path: s.line.Name(), From: s.line.From, Err: fmt.Errorf(format, args...)})
}

func (l *linter) site(site *caddyfile.Site, paths map[home]*prefixes[sitePath]) {
	scopes := scopesOf(site)
	l.covers(scopes)
	l.reached(scopes)
	l.elsewhere(scopes, site, paths)
}

// scopesOf returns where the lines of a site are for. Of status it is the second word.
func scopesOf(site *caddyfile.Site) (scopes []scope) {
	for _, line := range site.Lines {
		rule, ok := scoped[line.Name()]
		words := line.Words[1:]
		if line.Name() == "status" && len(words) == 2 {
			words = []directive.Word{words[1], words[0]}
		}
		switch {
		case !ok:
		case len(words) >= rule.least && strings.HasPrefix(words[0].Text, "/") || len(words) == 1 && line.Block != nil && strings.HasPrefix(words[0].Text, "/"):
			scopes = append(scopes, scope{line, words[0], words[0].Text})
		case len(words) == 0 && line.Name() != "log":
			scopes = append(scopes, scope{line, line.Words[0], "/"})
		}
	}
	return scopes
}

// covers warns of scopes that are the beginning of another, but not its folder.
func (l *linter) covers(scopes []scope) {
	var begin prefixes[scope]
	for _, s := range scopes {
		if !scoped[s.line.Name()].segments && !strings.HasSuffix(s.path, "/") && !strings.HasSuffix(s.path, "*") {
			begin.add(s.path, s)
		}
	}
	for _, other := range scopes {
		path := strings.TrimSuffix(other.path, "*")
		for prefix, covering := range begin.of(path) {
			if rest := path[len(prefix):]; rest == "" || rest[0] == '/' || rest[0] == '.' {
				continue
			}
			for _, s := range covering {
				l.warn(s, "%s is for %s, too, of the line at %v: it is all that begins with it; for a folder, write %s/", s.path, other.path, other.word.Pos, s.path)
			}
			begin.remove(prefix) // one such other will do
		}
	}
}

// reached warns of scopes that lie in that of a line further out, of those that
// answer.
func (l *linter) reached(scopes []scope) {
	type outer struct {
		line  *directive.Line
		path  string
		order int // of directives
		nth   int
	}
	var answering prefixes[outer]
	for i, s := range scopes {
		if !scoped[s.line.Name()].answers || has(s.line, "except") {
			continue
		}
		path, o := strings.TrimSuffix(s.path, "*"), outer{s.line, s.path, slices.Index(l.order, s.line.Name()), i}
		if !slices.ContainsFunc(answering.by[path], func(before outer) bool { return before.order == o.order }) {
			answering.add(path, o)
		}
	}
	for _, s := range scopes {
		at := slices.Index(l.order, s.line.Name())
		var first *outer
		for _, all := range answering.of(s.path) {
			for _, o := range all {
				if o.order < at && (first == nil || o.nth < first.nth) {
					first = &o
				}
			}
		}
		if first != nil {
			l.warn(s, "never reached: %s at %v answers all of %s", first.line.Name(), first.line.Words[0].Pos, first.path)
		}
	}
}

func has(line *directive.Line, property string) bool {
	return slices.ContainsFunc(line.Block, func(p *directive.Line) bool { return p.Name() == property })
}

// A home is what addresses have in common that differ in their paths only.
type home struct{ scheme, host, port string }

func homeOf(a caddyfile.Address) home { return home{a.Scheme, strings.ToLower(a.Host), a.Port} }

// A sitePath is an address with a path.
type sitePath struct {
	caddyfile.Address
	site *caddyfile.Site
	nth  int
}

// pathsOf returns the addresses that have a path.
func pathsOf(sites []*caddyfile.Site) map[home]*prefixes[sitePath] {
	paths, n := map[home]*prefixes[sitePath]{}, 0
	for _, site := range sites {
		for _, a := range site.Addrs {
			path := strings.TrimSuffix(a.Path, "*")
			if path == "" {
				continue
			}
			if paths[homeOf(a)] == nil {
				paths[homeOf(a)] = new(prefixes[sitePath])
			}
			n++
			paths[homeOf(a)].add(path, sitePath{a, site, n})
		}
	}
	return paths
}

// elsewhere warns of scopes that are another site's.
func (l *linter) elsewhere(scopes []scope, own *caddyfile.Site, paths map[home]*prefixes[sitePath]) {
	if len(paths) == 0 {
		return
	}
	for _, s := range scopes {
		var first *sitePath
		for _, b := range own.Addrs {
			if paths[homeOf(b)] == nil {
				continue
			}
			for path, all := range paths[homeOf(b)].of(s.path) {
				if s.path != path && !strings.HasPrefix(s.path, strings.TrimSuffix(path, "/")+"/") {
					continue
				}
				for _, a := range all {
					if a.site != own && len(b.Path) < len(a.Path) && (first == nil || a.nth < first.nth) {
						first = &a
					}
				}
			}
		}
		if first != nil {
			l.warn(s, "never reached: %s is of the site at %v", s.path, first.Pos)
		}
	}
}
