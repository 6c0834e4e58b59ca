package caddyfile

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// sites reads what is not in any block: sites, imports of sites, definitions and
// the global options.
func (w *walker) sites() {
	for t := w.peek(); t != nil; t = w.peek() {
		raw := w.src.raw(t)
		switch {
		case t.kind == kindClose:
			w.i++ // matchBraces has said so
		case t.kind == kindOpen:
			w.options(t)
		case t.kind == kindWord && raw == "import":
			w.importSites(t)
		case t.kind == kindWord && defines(raw):
			w.definition(t)
		default:
			w.site(t)
		}
	}
}

// options reads the block that is before everything else.
func (w *walker) options(t *token) {
	if w.i > 0 || w.args != nil {
		w.fail(t, "a block has to belong to something, unless it is the first in the file: then it has the global options")
		w.block(nil)
		return
	}
	w.p.file.Options = w.block(nil)
}

// importSites reads an import of whole sites.
func (w *walker) importSites(t *token) {
	if w.p.Unexpanded {
		w.line(t)
		last := len(w.p.stack) - 1
		w.p.file.Imports = append(w.p.file.Imports, w.p.stack[last].line)
		w.p.stack = w.p.stack[:last]
		return
	}
	bodies, args := w.importStatement()
	if args.block != nil {
		w.fail(t, "sites cannot be imported with a {block}")
		return
	}
	for _, b := range bodies {
		from := &directive.Import{Pos: w.src.posOf(t), From: w.from}
		if b.at == (directive.Pos{}) {
			w.p.define(b.src)
		}
		if w.p.stopped || !w.p.enter(b, from) {
			return
		}
		inner := w.p.walk(b, from, args)
		inner.sites()
		w.p.leave(b)
	}
}

// definition goes past a snippet, which define has found, and reads a route.
func (w *walker) definition(t *token) {
	src := w.src
	i, found := slices.BinarySearchFunc(src.defs, w.i, func(def *body, i int) int { return def.lo - i - 2 })
	if !found {
		w.skipLine(t, "a name in parentheses is followed by a block, and is in no other block")
		return
	}
	w.i++
	def := src.defs[i]
	if def.route {
		route := &Route{Name: def.name, Pos: def.at, From: w.from}
		route.Lines = w.block(w.from)
		w.p.file.Routes = append(w.p.file.Routes, route)
		return
	}
	if w.p.Unexpanded {
		w.p.file.Snippets = append(w.p.file.Snippets, &Snippet{Name: def.name, Lines: w.block(nil), Pos: def.at})
		return
	}
	w.i = def.hi + 1
	w.afterBlock()
}

// skipLine reports what is wrong with the line that begins with t, and goes past
// it and its block.
func (w *walker) skipLine(t *token, format string, args ...any) {
	w.fail(t, format, args...)
	w.words()
	w.skipBlock()
}

func (w *walker) skipBlock() {
	if b := w.peek(); b != nil && b.kind == kindOpen {
		w.block(nil)
	}
}

// site reads a site, from its first address on.
func (w *walker) site(t *token) {
	p := w.p
	known, mended, failures := len(p.errs), p.mended, p.failures()
	if w.strayDirective(t) {
		return
	}
	site := &Site{Addrs: w.addresses(), Pos: w.src.posOf(t), From: w.from}
	if len(site.Addrs) == 0 && p.failures() == failures {
		w.fail(t, "this site has no address: what is here stands for nothing")
	}
	if b := w.peek(); b != nil && b.kind == kindOpen {
		site.Lines = w.block(w.from)
	} else {
		if len(p.file.Sites) > 0 {
			p.errs, p.mended = p.errs[:known], mended // for these may not be addresses at all
		}
		w.bare(t, site)
	}
	p.file.Sites = append(p.file.Sites, site)
}

// strayDirective goes past a directive where a site is expected. Of several in a
// row it reports the first.
func (w *walker) strayDirective(t *token) bool {
	name := w.src.raw(t)
	stray := t.kind == kindWord && w.p.isDirective(name)
	if !stray || w.astray {
		w.astray = stray
		if stray {
			w.words()
			w.skipBlock()
		}
		return stray
	}
	w.astray = true
	hint := "it has to be between the braces of one"
	if len(w.p.file.Sites) == 0 {
		hint = "that comes first, such as localhost:2015"
	}
	w.skipLine(t, "%q is a directive, not the address of a site: %s", name, hint)
	return true
}

// isDirective reports whether a word is known for one.
func (p *parser) isDirective(word string) bool { return slices.Contains(p.Directives, word) }

// bare reads the lines of a site without braces, which has to be the only one.
func (w *walker) bare(t *token, site *Site) {
	only := len(w.p.file.Sites) == 0
	if !only {
		w.fail(t, "there is no block after %q: of several sites, each has its directives between braces", clip(w.src.raw(t)))
	}
	site.Lines = w.lines(w.from, withinSite)
	if next := w.peek(); next != nil && only {
		w.fail(next, "%q begins a second site, and the first, %q, has no braces: of several sites, each has its directives between braces",
			clip(w.src.raw(next)), clip(w.src.raw(t)))
	}
}

// endsSite reports whether t, at the beginning of a line, must be the address of
// another site.
func (w *walker) endsSite(t *token) bool {
	raw := w.src.raw(t)
	return t.kind == kindWord && looksLikeAddress(raw) && !w.p.isDirective(raw)
}

// addresses reads the addresses of a site. Blanks separate them, and commas, which
// may have a new line after them.
func (w *walker) addresses() (addrs []Address) {
	var (
		comma *token // that was the last thing
		given int
	)
	addrs = make([]Address, 0, min(w.upcoming(), w.p.limits.Addresses))
	for first := true; ; first = false {
		t := w.peek()
		if t == nil || !t.kind.isWord() || !first && t.marks&markFirst != 0 && (comma == nil || w.isLine(t)) {
			break
		}
		w.i++
		w.p.scratch = w.append(w.p.scratch[:0], t)
		for _, word := range w.p.scratch {
			after := comma
			comma = nil
			if text, ok := strings.CutSuffix(word.Text, ","); ok && !word.Quoted {
				word.Text, comma = text, t
				if text == "" && given > 0 && after == nil {
					continue // by itself, between two
				}
			}
			given++
			if a, ok := w.address(t, word); ok {
				addrs = append(addrs, a)
			}
		}
	}
	if comma != nil {
		at := w.src.posOf(comma)
		at.Col += int(comma.end-comma.start) - 1
		w.p.mend(at, w.from, "an address is missing after the comma")
	}
	return addrs
}

// isLine reports whether t can begin no address, but a line of a site.
func (w *walker) isLine(t *token) bool {
	raw := w.src.raw(t)
	return t.kind == kindWord && (raw == "import" || w.p.isDirective(raw))
}

// upcoming returns how many words there are up to a block or to the end of a line
// that does not end with a comma.
func (w *walker) upcoming() int {
	i := w.i + 1
	for ; i < len(w.toks) && w.toks[i].kind.isWord(); i++ {
		if w.toks[i].marks&markFirst != 0 && !strings.HasSuffix(w.src.raw(&w.toks[i-1]), ",") {
			break
		}
	}
	return i - w.i
}

// address reads a word as an address.
func (w *walker) address(t *token, word directive.Word) (Address, bool) {
	p := w.p
	w.p.words++
	if p.addrs++; p.addrs > p.limits.Addresses {
		p.exceed(word.Pos, w.from, "there are more than %d addresses (Limits.Addresses)", p.limits.Addresses)
		return Address{}, false
	}
	if p.Unexpanded && strings.Contains(word.Text, "{") {
		return Address{Text: word.Text, Pos: word.Pos}, true
	}
	a, err := parseAddress(word.Text)
	a.Pos = word.Pos
	raw := w.src.raw(t)
	if err != nil && strings.Contains(word.Text, "$") && !p.hinted(word.Pos) {
		p.hint(word.Pos, "a variable of the environment is written {$NAME}", nil)
	}
	switch {
	case word.Text == "" && t.marks&markOpen != 0:
		w.fail(t, "the address of a site must not be empty, but %s is: if it may be, write {$NAME*}", clip(strings.TrimSuffix(raw, ",")))
	case word.Text == "":
		w.fail(t, "the address of a site must not be empty")
	case strings.Contains(word.Text, ",") && !word.Quoted:
		w.fail(t, "%q: after a comma there has to be a space", clip(word.Text))
	case strings.TrimSuffix(raw, ",") == word.Text && !word.Quoted && (word.Text == "import" || p.isDirective(word.Text)):
		w.fail(t, "%q is a directive, not the address of a site: it begins a line of its own", word.Text)
	case strings.HasPrefix(raw, "{") && t.kind == kindWord && raw == word.Text:
		w.fail(t, "%q is one word, not a block: after { and before } there has to be a space", clip(raw))
	case err != nil:
		w.fail(t, "%q is not the address of a site: %w", clip(word.Text), err)
	default:
		return a, true
	}
	return a, false
}
