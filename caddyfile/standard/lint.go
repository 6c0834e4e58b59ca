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
	for _, site := range f.Sites {
		l.site(site, f.Sites)
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

func (l *linter) site(site *caddyfile.Site, all []*caddyfile.Site) {
	scopes := scopesOf(site)
	var answering []scope
	for _, s := range scopes {
		if scoped[s.line.Name()].answers && !has(s.line, "except") {
			answering = append(answering, s)
		}
	}
	for _, s := range scopes {
		l.covers(s, scopes)
		l.reached(s, answering)
		l.elsewhere(s, site, all)
	}
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

// covers warns of a scope that is the beginning of another, but not its folder.
func (l *linter) covers(s scope, all []scope) {
	if scoped[s.line.Name()].segments || strings.HasSuffix(s.path, "/") || strings.HasSuffix(s.path, "*") {
		return
	}
	for _, other := range all {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(other.path, "*"), s.path)
		if ok && rest != "" && rest[0] != '/' && rest[0] != '.' {
			l.warn(s, "%s is for %s, too, of the line at %v: it is all that begins with it; for a folder, write %s/", s.path, other.path, other.word.Pos, s.path)
			return
		}
	}
}

// reached warns of a scope that lies in that of a line further out, of those that
// answer.
func (l *linter) reached(s scope, answering []scope) {
	at := slices.Index(l.order, s.line.Name())
	for _, outer := range answering {
		if !strings.HasPrefix(s.path, strings.TrimSuffix(outer.path, "*")) || slices.Index(l.order, outer.line.Name()) >= at {
			continue
		}
		l.warn(s, "never reached: %s at %v answers all of %s", outer.line.Name(), outer.line.Words[0].Pos, outer.path)
		return
	}
}

func has(line *directive.Line, property string) bool {
	return slices.ContainsFunc(line.Block, func(p *directive.Line) bool { return p.Name() == property })
}

// elsewhere warns of a scope that is another site's.
func (l *linter) elsewhere(s scope, own *caddyfile.Site, all []*caddyfile.Site) {
	for _, other := range all {
		if other == own {
			continue
		}
		for _, a := range other.Addrs {
			path := strings.TrimSuffix(a.Path, "*")
			if path == "" || s.path != path && !strings.HasPrefix(s.path, strings.TrimSuffix(path, "/")+"/") {
				continue
			}
			if slices.ContainsFunc(own.Addrs, func(b caddyfile.Address) bool {
				return strings.EqualFold(a.Host, b.Host) && a.Port == b.Port && a.Scheme == b.Scheme && len(b.Path) < len(a.Path)
			}) {
				l.warn(s, "never reached: %s is of the site at %v", s.path, a.Pos)
				return
			}
		}
	}
}
