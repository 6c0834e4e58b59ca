package caddyfile

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A hint is what an error at a word may come of.
type hint struct {
	text    string
	warning *directive.Error // that says the same where there is no error; may be nil
}

// hinted reports whether there is no use for a hint at a place: there is one, or
// there are enough.
func (p *parser) hinted(at directive.Pos) bool {
	_, ok := p.file.hints[at]
	return ok || len(p.file.hints) == maxKept
}

// hint has errors at a place end with text.
func (p *parser) hint(at directive.Pos, text string, warning *directive.Error) {
	if p.file.hints == nil {
		p.file.hints = map[directive.Pos]hint{}
	}
	p.file.hints[at] = hint{text, warning}
}

// warn records what is allowed but hardly meant, and hints at it.
func (p *parser) warn(at directive.Pos, from *directive.Import, hint, format string, args ...any) {
	w := &directive.Error{Pos: at, From: from, Err: fmt.Errorf(format, args...)}
	p.hint(at, hint, w)
	p.file.Warnings = append(p.file.Warnings, w)
}

// doubt warns of an argument that looks as if it was meant for a shell, or for
// somebody to whom words are separated by more than blanks.
func (w *walker) doubt(t *token) {
	raw := w.src.raw(t)
	var hint string
	switch first, last := raw[0], raw[len(raw)-1]; {
	case last == ',':
		hint = "words are separated by blanks, without commas"
	case last == ';':
		hint = "a line ends without a semicolon"
	case first == '~' && strings.HasPrefix(raw, "~/"):
		hint = "the home folder is {$HOME}"
	case first == '$' || t.marks&markOpen != 0:
		if name := shellVariable(raw); name != "" {
			hint = "a variable of the environment is {$" + clip(name) + "}"
		}
	}
	if hint == "" {
		return
	}
	if at := w.src.posOf(t); !w.p.hinted(at) {
		w.p.warn(at, w.from, hint, "%q is taken as it is: %s; if that is meant, put it in quotes", clip(raw), hint)
	}
}

// shellVariable returns the name of the variable that a shell would replace in a
// word, or "". Without braces only capitals count: passwords begin with $, too.
func shellVariable(word string) string {
	const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
	if _, rest, ok := strings.Cut(word, "${"); ok {
		name, _, closed := strings.Cut(rest, "}")
		if !closed || strings.Trim(strings.ToUpper(name), capitals) != "" {
			return ""
		}
		return name
	}
	name, ok := strings.CutPrefix(word, "$")
	name, _, _ = strings.Cut(name, "/")
	if !ok || strings.Trim(name, capitals) != "" {
		return ""
	}
	return name
}

// mayLack returns the value of a variable in the word at a place. If there is none
// it says so, for {$NAME} does not say what is to stand there then.
func (w *walker) mayLack(name string, at directive.Pos) string {
	value, set := w.p.Env(name)
	switch shown := clip(name); {
	case value != "" || w.p.hinted(at):
	case set:
		w.p.hint(at, "the environment variable "+shown+" is empty", nil)
	default:
		hint := "the environment variable " + shown + " is not set"
		w.p.warn(at, w.from, hint, "%s; if it need not be, write {$%s:}", hint, shown)
	}
	return value
}

// warn writes warnings to a log, as many as somebody will read.
func warn(log *slog.Logger, warnings []*directive.Error) {
	for i, w := range warnings {
		if i == maxReported {
			log.Warn("there are more warnings", "number", len(warnings)-i)
			return
		}
		text := w.Err.Error()
		if w.Path != "" {
			text = w.Path + ": " + text
		}
		log.Warn(text, "at", w.Pos.String())
	}
}
