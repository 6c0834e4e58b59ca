package caddyfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A block of an import is also the blocks in it, each by its name:
//
//	import proxied {
//		headers {
//			X-From shallot
//		}
//		timeout 5s
//	}
//
// What is imported has the lines of the first as {blocks.headers}. What follows a
// name in its line is a line, too: {blocks.timeout} is 5s.

// blockName returns NAME if a word is {blocks.NAME}.
func blockName(word string) (name string, ok bool) {
	name, ok = strings.CutPrefix(word, "{blocks.")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, "}")
	return name, ok && name != ""
}

// standsForLines reports whether a token stands for what an import has between its
// braces, or for a part of that.
func (w *walker) standsForLines(t *token) bool {
	if w.args == nil || t.kind != kindWord {
		return false
	}
	raw := w.src.raw(t)
	_, named := blockName(raw)
	return named || raw == "{block}"
}

// includeBlock pushes what the next token stands for.
func (w *walker) includeBlock() {
	t := &w.toks[w.i]
	w.i++
	e := w.args.block
	if name, ok := blockName(w.src.raw(t)); ok && e != nil {
		e = e.named(name)
	}
	if e == nil {
		w.charge(use{words: 1}, w.src.posOf(t)) // to go past it takes time, too
		return
	}
	w.charge(use{imports: 1}, w.src.posOf(t))
	w.include(e, &directive.Import{Pos: w.src.posOf(t)})
}

// all calls yield with the lines that e consists of.
func (e *expansion) all(yield func(*directive.Line) bool) bool {
	for _, part := range e.parts {
		if part.line == nil && !part.sub.all(yield) || part.line != nil && !yield(part.line) {
			return false
		}
	}
	return true
}

// named returns the block in e of that name; nil if there is none.
func (e *expansion) named(name string) *expansion {
	if e.index == nil {
		e.index, e.blocks = map[string]*directive.Line{}, map[string]*expansion{}
		e.all(func(line *directive.Line) bool {
			if _, again := e.index[line.Name()]; !again {
				e.index[line.Name()] = line
			}
			return true
		})
	}
	line, named := e.index[name], e.blocks[name]
	if line == nil || named != nil {
		return named
	}
	named = &expansion{
		parts: make([]part, 0, len(line.Block)+1),
		use:   use{imports: e.use.imports + 1}, // at most, and one for its being copied
		depth: max(e.depth-1, 0),
	}
	if len(line.Words) > 1 {
		named.add(&directive.Line{Words: line.Words[1:]})
	}
	for _, inner := range line.Block {
		named.add(inner)
	}
	e.blocks[name] = named
	return named
}

func (e *expansion) add(line *directive.Line) {
	e.parts = append(e.parts, part{line: line})
	e.lines++
	e.use.words += countWords(line)
}

func countWords(line *directive.Line) int {
	n := len(line.Words)
	for _, inner := range line.Block {
		n += countWords(inner)
	}
	return n
}

// refuseUnnamed reports the blocks in the block of an import that none of what is
// imported asks for by name, or that have the name of another.
func (w *walker) refuseUnnamed(block *expansion, bodies []*body) {
	seen := map[string]directive.Pos{}
	block.all(func(line *directive.Line) bool {
		name := line.Words[0]
		at, again := seen[name.Text]
		switch {
		case !slices.ContainsFunc(bodies, func(b *body) bool { return b.requests().blocks[name.Text] }):
			w.p.fail(name.Pos, w.from, "what is imported makes no use of a block %q%s", clip(name.Text), w.suggestBlock(name.Text, bodies))
		case again:
			w.p.fail(name.Pos, w.from, "%q: already given at %v", clip(name.Text), at)
		default:
			seen[name.Text] = name.Pos
		}
		return w.p.failures() < maxKept
	})
}

// suggestBlock returns a hint for a mistyped name, unless there are many mistakes, or
// more names than anybody has.
func (w *walker) suggestBlock(name string, bodies []*body) string {
	if w.p.failures() > maxReported {
		return ""
	}
	var names []string
	for _, b := range bodies {
		if len(b.requests().blocks) > 1000 {
			return ""
		}
		names = slices.AppendSeq(names, maps.Keys(b.requests().blocks))
	}
	slices.Sort(names)
	return directive.Suggest(name, names...)
}
