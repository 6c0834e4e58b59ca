package caddyfile

import (
	"fmt"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// append adds what a token stands for to words: one word as a rule, which is a
// piece of the source.
func (w *walker) append(words []directive.Word, t *token) []directive.Word {
	word := directive.Word{Text: w.src.raw(t), Pos: w.src.posOf(t), Quoted: t.kind != kindWord}
	if t.kind == kindHeredoc {
		word.Text = heredocText(w.src.text, t)
	} else if t.marks&markEscaped != 0 {
		word.Text = unquote(word.Text, t.kind)
	}
	if t.marks&markOpen == 0 || w.p.Unexpanded {
		return append(words, word)
	}
	return w.substitute(words, word, t)
}

// substitute adds word with values in place of its placeholders. A value is not
// looked at again, and becomes neither several words nor syntax, but for the two
// placeholders that are meant to be several words.
func (w *walker) substitute(words []directive.Word, word directive.Word, t *token) []directive.Word {
	if args, ok := w.spread(word, t); ok {
		if len(words)+len(args) > w.p.limits.Words {
			w.charge(use{words: len(words) + len(args)}, word.Pos)
			return words
		}
		for _, arg := range args {
			words = append(words, directive.Word{Text: arg.Text, Pos: word.Pos, Quoted: arg.Quoted})
		}
		return words
	}
	text := word.Text
	if w.standsForLines(t) {
		w.fail(t, "%s stands for lines, and has to be a line of its own", clip(text))
		return words
	}
	limit, field := w.p.limits.WordSize, "WordSize"
	if t.kind == kindHeredoc {
		limit, field = w.p.limits.HeredocSize, "HeredocSize"
	}
	var made strings.Builder
	done := 0 // how much of text is in there
	for i := 0; i < len(text); {
		next := strings.IndexByte(text[i:], '{')
		if next < 0 {
			break
		}
		i += next
		value, n, err := w.placeholder(text[i:], word.Pos)
		if err != nil {
			w.p.fail(w.placeIn(t, word, i), w.from, "%w", err)
			break
		}
		if n == 0 {
			i++
			continue
		}
		if made.Len()+len(text)-done-n+len(value) > limit {
			w.p.exceed(word.Pos, w.from, "with the values of its placeholders, this word has more than %d bytes (Limits.%s)", limit, field)
			return words
		}
		made.WriteString(text[done:i])
		made.WriteString(value)
		i += n
		done = i
	}
	if done > 0 {
		made.WriteString(text[done:])
		word.Text = made.String()
		if w.p.made += made.Len(); w.p.made > w.p.limits.Values {
			w.p.exceed(word.Pos, w.from, "with the values of their placeholders, words have more than %d bytes in all (Limits.Values)", w.p.limits.Values)
		}
	}
	return append(words, word)
}

// placeIn returns the place of a placeholder in a word, as far as it is in the
// same place in the source. It counts from the word on: there may be as many
// mistakes as words.
func (w *walker) placeIn(t *token, word directive.Word, i int) directive.Pos {
	at := word.Pos
	if t.kind == kindHeredoc || t.marks&markEscaped != 0 {
		return at
	}
	before := w.src.text[t.offset : int(t.start)+i]
	at.Col += len(before)
	if bol := strings.LastIndexByte(before, '\n') + 1; bol > 0 {
		at.Line += strings.Count(before, "\n")
		at.Col = len(before) - bol + 1
	}
	return at
}

// placeholder returns the value of the placeholder that s begins with, in the
// word at a place, and its length, which is 0 if it is none.
func (w *walker) placeholder(s string, at directive.Pos) (value string, n int, err error) {
	switch {
	case strings.HasPrefix(s, "{$"):
		return w.env(s, at)
	case strings.HasPrefix(s, "{%"):
		if name, n := percentVariable(s); n > 0 {
			return w.mayLack(name, at), n, nil
		}
	case w.args == nil:
	case strings.HasPrefix(s, "{args[") || strings.HasPrefix(s, "{args."):
		return w.args.one(s)
	}
	return "", 0, nil
}

// env returns the value of {$NAME}, {$NAME:default} or {$NAME?}.
func (w *walker) env(s string, at directive.Pos) (value string, n int, err error) {
	v, ok := parseVariable(s)
	if !ok {
		return "", 0, nil
	}
	if v.len == 0 {
		return "", 0, fmt.Errorf("{$%s is never closed within its word (a word with blanks has to be in quotes)", clip(v.name))
	}
	switch {
	case v.kind == '*':
		return "", 0, fmt.Errorf("{$%s*} stands for any number of words, and has to be a word of its own", v.name)
	case v.kind != 0 && v.kind != ':' && v.kind != '?':
		return "", 0, fmt.Errorf("%q is none of {$%s}, {$%[2]s:default}, {$%[2]s?} and {$%[2]s*}", clip(s[:v.len]), v.name)
	case v.kind == 0:
		return w.mayLack(v.name, at), v.len, nil
	}
	value, set := w.p.Env(v.name)
	switch {
	case !set && v.kind == '?':
		return "", 0, fmt.Errorf("the environment variable %s is not set", v.name)
	case !set:
		value = v.otherwise
	}
	return value, v.len, nil
}

// percentVariable returns the name in the {%NAME%} that s begins with, and how long
// that is; 0 if there is none.
func percentVariable(s string) (name string, n int) {
	rest, ok := strings.CutPrefix(s, "{%")
	if !ok {
		return "", 0
	}
	end := strings.IndexAny(rest, "%{} \t\n")
	if end <= 0 || !strings.HasPrefix(rest[end:], "%}") {
		return "", 0
	}
	return rest[:end], len("{%") + end + len("%}")
}

// A variable is a placeholder for an environment variable.
type variable struct {
	name      string
	kind      byte // what follows the name: 0 is nothing, '!' what must not
	otherwise string
	len       int // 0 if it is not closed
}

// parseVariable returns the placeholder that s begins with, which has a name and
// ends with the brace that matches its first.
func parseVariable(s string) (v variable, ok bool) {
	end := len(s)
	if i := strings.IndexAny(s[2:], ":?*{} \t\r\n"); i >= 0 {
		end = i + 2
	}
	if v.name = s[2:end]; v.name == "" || end < len(s) && strings.IndexByte(":?*}", s[end]) < 0 {
		return v, false
	}
	depth := 1
	for i := end; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth > 0 {
			continue
		}
		v.len = i + 1
		switch rest := s[end:i]; {
		case rest == "":
		case rest[0] == ':':
			v.kind, v.otherwise = ':', rest[1:]
		case len(rest) == 1:
			v.kind = rest[0]
		default:
			v.kind = '!'
		}
		break
	}
	return v, true
}

// spread returns the words that a word stands for that is {$NAME*}, {args[:]} or
// the like.
func (w *walker) spread(word directive.Word, t *token) ([]directive.Word, bool) {
	text := word.Text
	if strings.HasPrefix(text, "{$") && t.kind == kindWord {
		v, ok := parseVariable(text)
		if !ok || v.kind != '*' || v.len != len(text) {
			return nil, false
		}
		value, _ := w.p.Env(v.name)
		var words []directive.Word
		for field := range strings.FieldsSeq(value) {
			words = append(words, directive.Word{Text: field})
		}
		return words, true
	}
	if w.args == nil || !strings.HasPrefix(text, "{args[") {
		return nil, false
	}
	return w.args.some(text)
}
