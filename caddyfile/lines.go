package caddyfile

import "github.com/shallot-http/shallot/middleware/directive"

// A walker makes lines and sites of the tokens of a body. What is imported is
// not spliced in but walked in turn, each time with arguments of its own.
type walker struct {
	p    *parser
	src  *source
	toks []token // as far as it may go
	i    int     // the next one
	from *directive.Import
	args *arguments // that the body was imported with; nil if it was not imported

	depth, deepest int  // of blocks
	astray         bool // outside of sites, and it was said
}

func (p *parser) walk(b *body, from *directive.Import, args *arguments) *walker {
	return &walker{p: p, src: b.src, toks: b.src.tokens[:b.hi], i: b.lo, from: from, args: args}
}

// fail reports what is wrong with a token.
func (w *walker) fail(t *token, format string, args ...any) {
	w.p.fail(w.src.posOf(t), w.from, format, args...)
}

// peek returns the next token, or nil.
func (w *walker) peek() *token {
	if w.i < len(w.toks) && !w.p.stopped {
		return &w.toks[w.i]
	}
	return nil
}

// A part of what is being put together is either a line or an import.
type part struct {
	line *directive.Line
	sub  *expansion
	at   *directive.Import // of sub, as seen from where it is a part
}

// An expansion is what an import stands for. It is a tree, which shares what it
// imports in turn, so that it takes little however much that amounts to.
type expansion struct {
	parts []part
	lines int // in all
	use   use
	depth int // of blocks

	index  map[string]*directive.Line // in the block of an import, by their names
	blocks map[string]*expansion      // of those, what was asked for
}

// use is how much is used of what is limited.
type use struct{ words, imports int }

func (u *use) add(v use) { u.words, u.imports = u.words+v.words, u.imports+v.imports }

// within says what ends a number of lines, apart from the end of all.
type within uint8

const (
	withinFile  within = iota
	withinBlock        // a }
	withinSite         // without braces: what must be another site
)

// lines returns the lines from here on. Those that the body itself has are from
// base, which is nil if they are part of a line that knows.
func (w *walker) lines(base *directive.Import, in within) []*directive.Line {
	p := w.p
	mark := len(p.stack)
	w.parts(in)
	lines := p.arena.list(count(p.stack[mark:]))
	for _, part := range p.stack[mark:] {
		if part.line != nil {
			part.line.From = base
			lines = append(lines, part.line)
			continue
		}
		from := part.at
		if base != nil {
			from = &directive.Import{Pos: from.Pos, From: base}
		}
		lines = part.sub.appendTo(lines, from, &p.arena)
	}
	p.stack = p.stack[:mark]
	return lines
}

func count(parts []part) (n int) {
	for _, part := range parts {
		if part.line != nil {
			n++
		} else {
			n += part.sub.lines
		}
	}
	return n
}

// appendTo adds the lines of e, brought in by from. They are copies for its sake,
// but share their words and blocks.
func (e *expansion) appendTo(lines []*directive.Line, from *directive.Import, a *arena) []*directive.Line {
	var inner, whole *directive.Import // which neighbours share
	for _, part := range e.parts {
		if part.line == nil {
			lines = part.sub.appendTo(lines, &directive.Import{Pos: part.at.Pos, From: from}, a)
			continue
		}
		if whole == nil || part.line.From != inner {
			inner, whole = part.line.From, chain(part.line.From, from)
		}
		line := a.line()
		*line = directive.Line{Words: part.line.Words, Block: part.line.Block, From: whole}
		lines = append(lines, line)
	}
	return lines
}

// chain returns an import as seen from where another is, which brought it in.
func chain(i, outer *directive.Import) *directive.Import {
	if i == nil {
		return outer
	}
	return &directive.Import{Pos: i.Pos, From: chain(i.From, outer)}
}

// parts pushes the lines and imports from here on.
func (w *walker) parts(in within) {
	for t := w.peek(); t != nil; t = w.peek() {
		switch {
		case t.kind == kindClose && in == withinBlock:
			return
		case t.kind == kindClose:
			w.i++ // matchBraces has said so
		case t.kind == kindOpen:
			w.fail(t, "a block has to belong to something: what is before this {?")
			w.block(nil)
		case in == withinSite && t.kind == kindWord && defines(w.src.raw(t)):
			w.definition(t)
		case in == withinSite && w.endsSite(t):
			return
		default:
			w.line(t)
		}
	}
}

// line pushes the line that begins with t.
func (w *walker) line(t *token) {
	if t.kind == kindWord {
		switch raw := w.src.raw(t); {
		case raw == "import" && !w.p.Unexpanded:
			w.importLines()
			return
		case w.standsForLines(t) && w.alone():
			w.includeBlock()
			return
		case defines(raw) && w.opensAfter(w.i):
			w.fail(t, "a snippet or route is defined outside of all blocks")
			w.i++
			w.block(nil)
			return
		}
	}
	p := w.p
	line := p.arena.line()
	line.Words = w.words()
	if w.opening(t) {
		if len(line.Words) == 0 {
			w.fail(t, "a block has to belong to something: this stands for no words at all")
		}
		line.Block = w.block(nil)
	}
	if len(line.Words) > 0 { // unless they came of placeholders that stand for none
		p.stack = append(p.stack, part{line: line})
	}
}

// words returns the words of a line.
func (w *walker) words() []directive.Word {
	a := &w.p.arena
	end := w.i + 1
	for end < len(w.toks) && w.toks[end].kind.isWord() && w.toks[end].marks&markFirst == 0 {
		end++
	}
	words := a.begin(end - w.i)
	for name := w.i; w.i < end && !w.p.stopped; w.i++ {
		t := &w.toks[w.i]
		words = w.append(words, t)
		if t.kind == kindWord && w.i > name {
			w.doubt(t)
		}
	}
	w.p.words += len(words)
	w.charge(use{words: len(words)}, w.here())
	return a.end(words)
}

// charge counts what is used at a place, and stops if it is too much.
func (w *walker) charge(u use, at directive.Pos) {
	p := w.p
	p.use.add(u)
	switch {
	case max(p.use.words, p.words) > p.limits.Words:
		p.exceed(at, w.from, "with all that is imported, there are more than %d words (Limits.Words)", p.limits.Words)
	case max(p.use.imports, p.imports) > p.limits.Imports:
		p.exceed(at, w.from, "there are more than %d imports (Limits.Imports)", p.limits.Imports)
	}
}

// here returns the place of what was read last.
func (w *walker) here() directive.Pos { return w.src.posOf(&w.toks[max(w.i-1, 0)]) }

// opening reports whether a block begins here that belongs to t.
func (w *walker) opening(t *token) bool {
	b := w.peek()
	if b == nil || b.kind != kindOpen {
		return false
	}
	if b.marks&markFirst != 0 {
		w.fail(b, "this { has to be in the line of what it belongs to, %q", clip(w.src.raw(t)))
	}
	return true
}

// block returns the lines between the braces that begin here.
func (w *walker) block(base *directive.Import) []*directive.Line {
	if !w.open() {
		return nil
	}
	lines := w.lines(base, withinBlock)
	w.close()
	return lines
}

// open goes into the block that begins here.
func (w *walker) open() bool {
	t := &w.toks[w.i]
	w.i++
	w.depth++
	w.deepest = max(w.deepest, w.depth)
	if w.depth > w.p.limits.BlockDepth {
		w.p.exceed(w.src.posOf(t), w.from, "blocks are more than %d deep (Limits.BlockDepth)", w.p.limits.BlockDepth)
	}
	return !w.p.stopped
}

// close goes out of a block. There is a brace here: matchBraces saw to that.
func (w *walker) close() {
	w.depth--
	w.i++
	w.afterBlock()
}

// afterBlock reports what follows a block in its line.
func (w *walker) afterBlock() {
	if t := w.peek(); t != nil && t.marks&markFirst == 0 && t.kind != kindClose {
		w.fail(t, "what comes after a } has to be in a line of its own")
	}
}

// alone reports whether the next token is all there is to its line.
func (w *walker) alone() bool {
	if w.i+1 == len(w.toks) {
		return true
	}
	after := &w.toks[w.i+1]
	return after.kind == kindClose || after.marks&markFirst != 0 && after.kind != kindOpen
}

// opensAfter reports whether the token after the one at i opens a block.
func (w *walker) opensAfter(i int) bool {
	return i+1 < len(w.toks) && w.toks[i+1].kind == kindOpen
}
