package caddyfile

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// importLines pushes what the import that begins here stands for.
func (w *walker) importLines() {
	t := &w.toks[w.i]
	bodies, args := w.importStatement()
	for _, b := range bodies {
		at := w.src.posOf(t)
		e := w.expand(b, args, at)
		if e == nil {
			return
		}
		w.include(e, &directive.Import{Pos: at})
	}
}

// include pushes an expansion, and counts all of it, wherever else it counts.
func (w *walker) include(e *expansion, at *directive.Import) {
	w.charge(e.use, at.Pos)
	w.deepest = max(w.deepest, w.depth+e.depth)
	if w.deepest > w.p.limits.BlockDepth {
		w.p.exceed(at.Pos, w.from, "with this import, blocks are more than %d deep (Limits.BlockDepth)", w.p.limits.BlockDepth)
	}
	if !w.p.stopped {
		w.p.stack = append(w.p.stack, part{sub: e, at: at})
	}
}

// importStatement reads an import, with the block it may have.
func (w *walker) importStatement() ([]*body, *arguments) {
	t := &w.toks[w.i]
	words := w.words()[1:]
	args := new(arguments)
	if w.opening(t) {
		args.block = w.p.expansion(w.blockOfImport)
	}
	if len(words) == 0 || words[0].Text == "" {
		at := w.src.posOf(t)
		if len(words) > 0 {
			at = words[0].Pos
		}
		w.p.fail(at, w.from, "import what? A file, a pattern such as sites/*, or a snippet")
		return nil, args
	}
	if args.words = words[1:]; len(args.words) > w.p.limits.Arguments {
		w.p.exceed(w.src.posOf(t), w.from, "this import has more than %d arguments (Limits.Arguments)", w.p.limits.Arguments)
		return nil, args
	}
	var bodies []*body
	if s := w.p.snippets[words[0].Text]; s != nil {
		bodies = []*body{s}
	} else {
		bodies = w.importFiles(words[0])
	}
	w.refuseUnused(t, bodies, args)
	n := max(1, len(bodies)) // what is not there costs something, too
	w.p.imports += n
	w.charge(use{imports: n}, w.src.posOf(t))
	return bodies, args
}

// blockOfImport pushes what {block} is to stand for, and returns how deep the
// blocks in it are.
func (w *walker) blockOfImport() int {
	deepest := w.deepest
	w.deepest = w.depth + 1
	if w.open() {
		w.parts(withinBlock)
		w.close()
	}
	depth := w.deepest - w.depth - 1
	w.deepest = deepest
	return depth
}

// refuseUnused reports arguments that nothing makes use of.
func (w *walker) refuseUnused(t *token, bodies []*body, args *arguments) {
	if len(bodies) == 0 {
		return
	}
	var (
		most  asks
		named bool // blocks are asked for
	)
	for _, b := range bodies {
		asks := b.requests()
		most.args, most.block = max(most.args, asks.args), most.block || asks.block
		named = named || len(asks.blocks) > 0
	}
	if len(args.words) > most.args {
		arg := args.words[most.args]
		w.p.fail(arg.Pos, w.from, "unexpected %q: what is imported makes no use of such an argument", clip(arg.Text))
	}
	switch {
	case args.block == nil || most.block:
	case !named:
		w.fail(t, "what is imported makes no use of a {block}")
	default:
		w.refuseUnnamed(args.block, bodies)
	}
}

// expand returns what b stands for when it is imported at a place, or nil if it
// cannot be.
func (w *walker) expand(b *body, args *arguments, at directive.Pos) *expansion {
	asks := b.requests()
	same := asks.args == 0 && !asks.block && len(asks.blocks) == 0
	if same && b.expanded != nil {
		return b.expanded
	}
	p, from := w.p, &directive.Import{Pos: at, From: w.from}
	if !p.enter(b, from) {
		return nil
	}
	defer p.leave(b)
	inner := p.walk(b, from, args)
	e := p.expansion(func() int {
		inner.parts(withinFile)
		return inner.deepest
	})
	if same {
		b.expanded = e
	}
	return e
}

// expansion returns what walk pushes, and what it uses. walk returns how deep its
// blocks are.
func (p *parser) expansion(walk func() (depth int)) *expansion {
	mark, used := len(p.stack), p.use
	p.use = use{}
	depth := walk()
	parts := slices.Clone(p.stack[mark:])
	e := &expansion{parts: parts, lines: count(parts), use: p.use, depth: depth}
	p.stack, p.use = p.stack[:mark], used
	return e
}

// enter begins an import of b, unless it is part of itself or the limits are
// reached.
func (p *parser) enter(b *body, from *directive.Import) bool {
	switch {
	case b.active:
		i := slices.Index(p.active, b)
		var chain strings.Builder
		for _, a := range p.active[i:] {
			chain.WriteString(a.name + " → ")
		}
		p.fail(from.Pos, from.From, "%q imports itself: %s%s", b.name, chain.String(), b.name)
		return false
	case len(p.active) > p.limits.ImportDepth:
		p.exceed(from.Pos, from.From, "imports are more than %d deep (Limits.ImportDepth)", p.limits.ImportDepth)
		return false
	}
	if b.from == nil {
		b.from = from
	}
	b.active = true
	p.active = append(p.active, b)
	return true
}

func (p *parser) leave(b *body) {
	b.active = false
	p.active = p.active[:len(p.active)-1]
}
