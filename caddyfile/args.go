package caddyfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// arguments is what a body is imported with.
type arguments struct {
	words []directive.Word
	block *expansion // what {block} stands for; nil is nothing
}

// asks is what a body makes use of.
type asks struct {
	args   int // as many, from the first
	block  bool
	blocks map[string]bool // by their names
}

// requests returns what b asks for, which is written all over it.
func (b *body) requests() asks {
	if b.asked {
		return b.asks
	}
	b.asked = true
	for i := b.lo; i < b.hi; i++ {
		t := &b.src.tokens[i]
		if t.marks&markOpen == 0 || !t.kind.isWord() {
			continue
		}
		raw := b.src.raw(t)
		b.asks.block = b.asks.block || raw == "{block}" && t.kind == kindWord
		if name, ok := blockName(raw); ok && t.kind == kindWord {
			if b.asks.blocks == nil {
				b.asks.blocks = map[string]bool{}
			}
			b.asks.blocks[name] = true
		}
		for {
			_, rest, ok := strings.Cut(raw, "{args")
			if !ok {
				break
			}
			raw = rest
			if from, to, n := parseIndex("{args" + clip(rest)); n > 0 {
				b.asks.args = max(b.asks.args, from+1, to)
			}
		}
	}
	return b.asks
}

// parseIndex returns the range of arguments that a placeholder stands for that s
// begins with, {args[2]}, {args.2} or {args[1:3]}, and its length. Without a
// colon to is -1; where it is left open it is math.MaxInt.
func parseIndex(s string) (from, to, n int) {
	const longest = len("{args[10000:10000]}")
	var inner string
	s = s[:min(len(s), longest)]
	if rest, ok := strings.CutPrefix(s, "{args["); ok {
		end := strings.Index(rest, "]}")
		if end < 0 {
			return 0, 0, 0
		}
		inner, n = rest[:end], len("{args[")+end+len("]}")
	} else if rest, ok := strings.CutPrefix(s, "{args."); ok {
		end := strings.IndexByte(rest, '}')
		if end < 0 || strings.Contains(rest[:end], ":") {
			return 0, 0, 0
		}
		inner, n = rest[:end], len("{args.")+end+len("}")
	}
	low, high, ranged := strings.Cut(inner, ":")
	from, ok := index(low, 0, ranged)
	if !ok {
		return 0, 0, 0
	}
	to = -1
	if ranged {
		if to, ok = index(high, math.MaxInt, true); !ok {
			return 0, 0, 0
		}
	}
	return from, to, n
}

// index reads a number of digits; if it may be left out, it has a default.
func index(s string, otherwise int, optional bool) (int, bool) {
	if s == "" {
		return otherwise, optional
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil
}

// one returns the argument for a placeholder that is part of a word.
func (a *arguments) one(s string) (value string, n int, err error) {
	from, to, n := parseIndex(s)
	switch {
	case n == 0:
		return "", 0, fmt.Errorf("%q is none of {args[0]}, {args[1:]} and {args[:]}", clip(s))
	case to >= 0:
		return "", 0, fmt.Errorf("%s stands for any number of words, and has to be a word of its own", s[:n])
	case from >= len(a.words):
		return "", 0, fmt.Errorf("%s: the import gives %s", s[:n], a.count())
	}
	return a.words[from].Text, n, nil
}

// some returns the arguments for a word that stands for several, or if it stands
// for one as a whole.
func (a *arguments) some(s string) ([]directive.Word, bool) {
	from, to, n := parseIndex(s)
	if n != len(s) || to < 0 || to != math.MaxInt && to > len(a.words) {
		return nil, false
	}
	to = min(to, len(a.words))
	return a.words[min(from, to):to], true
}

func (a *arguments) count() string {
	switch n := len(a.words); n {
	case 0:
		return "no arguments"
	case 1:
		return "only one argument"
	default:
		return fmt.Sprintf("only %d arguments", n)
	}
}
