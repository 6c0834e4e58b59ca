package directive

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Line is one line of a Caddyfile. A parser fills in the fields; a Setup calls
// the methods, which keep account of what has been read.
type Line struct {
	Words []Word  // at least one, the first being its name
	Block []*Line // what the braces after it hold; nil if there are none
	From  *Import // what brought it into its block, or site; nil if it stands there itself

	c          *Controller
	parent     *Line
	args, open bool // asked for
}

// A Word is one word of a Line.
type Word struct {
	Text   string // without quotes
	Pos    Pos    // of its first byte, which may be a quote
	Quoted bool   // by quotes or backquotes, or as a heredoc
}

// Name returns the first word.
func (l *Line) Name() string { return l.Words[0].Text }

// Any is the most arguments a line can have.
const Any = math.MaxInt

// Args returns the words after the first, of which there must be from min to
// max. If there are not, that is an error, and the result is cut to max or
// filled up with empty words, so that it can be indexed all the same. What the words
// are, such as "a folder", is for the error if one is missing; those that Size and the
// like read are named by them.
func (l *Line) Args(min, max int, what ...string) []Word {
	l.args = true
	args := l.Words[1:]
	if n := len(args); n > max {
		l.Errorf(args[max], "unexpected %q%s", args[max].Text, matcher(args[0]))
		args = args[:max]
	} else if n < min {
		name := l.Words[0]
		l.c.errs = append(l.c.errs, l.wrap(name, errMissing))
		args = append(slices.Clip(args), slices.Repeat([]Word{{Pos: name.Pos}}, min-n)...)
		if n < len(what) {
			l.lacks(args[n], what[n])
		}
	}
	return args
}

// matcher says of a word that is a matcher in Caddy 2 that it is none.
func matcher(w Word) string {
	if !w.Quoted && (w.Text == "*" || strings.HasPrefix(w.Text, "@")) {
		return fmt.Sprintf(" (%s is a matcher in Caddy 2; there are none)", w.Text)
	}
	return ""
}

var errMissing = errors.New("argument missing")

// lacks reports whether Args filled in w, and if that was the first word it lacked and
// nobody has done so before, has the error name it.
func (l *Line) lacks(w Word, what string) bool {
	n := len(l.c.errs)
	if w.Text != "" || w.Pos != l.Words[0].Pos || n == 0 || l.c.errs[n-1].Pos != w.Pos {
		return false
	}
	if e := l.c.errs[n-1]; e.Err == errMissing && what != "" {
		e.Err = fmt.Errorf("%s is missing", what)
	}
	return true
}

// Arg returns the only word after the first. What it is, as for Args, may be left out.
func (l *Line) Arg(what ...string) Word { return l.Args(1, 1, what...)[0] }

// Properties returns the lines of the block, which are named as given and may be
// given once, or more often if the name given here ends in "...":
//
//	line.Properties("limit", "except...")
//
// Any other name, or a second line of one, is an error, and that line left out.
// Without names any will do, as often as it is there. A line that is never asked
// for its properties must not have a block.
func (l *Line) Properties(names ...string) []*Line {
	l.open = true
	if len(names) == 0 {
		return l.Block
	}
	var room [64]*Line // for as many as there are, but for what hardly anybody has
	first := append(room[:0], make([]*Line, len(names))...)
	fit := make([]*Line, 0, len(l.Block))
	for _, p := range l.Block {
		name := p.Words[0]
		i := slices.IndexFunc(names, func(known string) bool { return strings.TrimSuffix(known, repeats) == name.Text })
		switch {
		case i < 0:
			l.unknown(p, suggestProperty(name.Text, names))
			p.ignore()
		case first[i] != nil && !strings.HasSuffix(names[i], repeats):
			p.Errorf(name, "already given at %v", first[i].Words[0].Pos)
			p.ignore()
		default:
			first[i] = p
			fit = append(fit, p)
		}
	}
	return fit
}

// repeats ends the names that Properties is given for what may be there more than once.
const repeats = "..."

// suggestProperty is Suggest for properties, which may have been mistaken for what
// they begin or end with: rotate or size for rotate_size.
func suggestProperty(word string, names []string) string {
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, repeats)
	}
	if hint := Suggest(word, names...); hint != "" || word == "" {
		return hint
	}
	var related []string
	for _, name := range names {
		if strings.HasPrefix(name, word+"_") || strings.HasSuffix(name, "_"+word) {
			related = append(related, name)
		}
	}
	switch len(related) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" (did you mean %q?)", related[0])
	}
	return fmt.Sprintf(" (there are %s)", strings.Join(related, ", "))
}

// ignore marks l as read, for there is nothing more to say of it.
func (l *Line) ignore() {
	l.args, l.open = true, true
	for _, b := range l.Block {
		b.ignore()
	}
}

// Errorf records what is wrong with l at one of its words.
func (l *Line) Errorf(at Word, format string, args ...any) {
	if l.lacks(at, "") {
		return
	}
	l.c.errs = append(l.c.errs, l.wrap(at, fmt.Errorf(format, args...)))
}

// Warnf records what is allowed at one of l's words, but hardly meant.
func (l *Line) Warnf(at Word, format string, args ...any) {
	l.c.warnings = append(l.c.warnings, l.wrap(at, fmt.Errorf(format, args...)))
}

func (l *Line) wrap(at Word, err error) *Error {
	path := l.Name()
	for up := l.parent; up != nil; up = up.parent {
		path = up.Name() + ": " + path
	}
	return &Error{Pos: at.Pos, Path: path, From: l.from(), Err: err}
}

// from returns all that brought l in.
func (l *Line) from() *Import {
	from := l.From
	for up := l.parent; up != nil; up = up.parent {
		from = from.in(up.From)
	}
	return from
}

// unread returns an error for whatever was not asked for.
func unread(lines []*Line) (errs []*Error) {
	for _, l := range lines {
		switch name := l.Words[0]; {
		case !l.args:
			errs = append(errs, l.wrap(name, errors.New("not understood")))
		case l.open:
			errs = append(errs, unread(l.Block)...)
		case l.Block != nil:
			errs = append(errs, l.wrap(name, errors.New("takes no block")))
		}
	}
	return errs
}

// MayRun reports whether commands may be run, such as the one that begins with w,
// and records that they may not: who can write a Caddyfile need not be somebody
// who may run programs. It is the [Site]'s AllowExec that says so.
func (l *Line) MayRun(w Word) bool {
	if l.c.site.AllowExec {
		return true
	}
	l.Errorf(w, "commands may not be run (AllowExec of the program's configuration allows it)")
	return false
}
