package caddyfile

import (
	"bytes"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Format returns src as a Caddyfile is usually laid out: blocks are indented by
// tabs, a word, a brace or a comment after another in its line is one blank from
// it, and of several blank lines one is left. It fails, with all that is wrong,
// if quotes or braces do not match, or if it is not plain what belongs to what.
//
// What src says, it says afterwards: its words are the same, with their quotes,
// its comments are all there, and its lines end and begin as they did, but for
// these:
//
//   - what is between braces in one line gets lines of its own;
//   - an opening brace in a line of its own goes where it belongs;
//   - sites, snippets and routes are kept apart by a blank line.
//
// A file that is to be imported can be formatted as well. To format once more
// changes nothing. If the first line ends as on Windows, all lines do, and a byte
// order mark stays.
func Format(src []byte) ([]byte, error) {
	p := newParser("", ParseConfig{})
	return p.format(string(src[:min(len(src), p.limits.FileSize+1)]))
}

// FormatFile returns what Format makes of the file called name, which stays as it
// is, and whether that is something else.
func FormatFile(name string) (formatted []byte, changed bool, err error) {
	p := newParser(name, ParseConfig{})
	text, err := p.tree.readAll(name, p.limits.FileSize)
	if err != nil {
		return nil, false, err
	}
	formatted, err = p.format(text)
	return formatted, err == nil && string(formatted) != text, err
}

func (p *parser) format(text string) ([]byte, error) {
	s := p.read(p.file.Name, text, nil)
	if len(p.errs) == 0 {
		p.checkBlocks(s)
	}
	n := len(s.tokens)
	if _, err := p.result(); err != nil {
		return nil, err
	}
	unix := strings.ReplaceAll(text, "\r\n", "\n")
	out := lay(unix, p.pieces(unix, n))
	if line, _, _ := strings.Cut(text, "\n"); strings.HasSuffix(line, "\r") {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	}
	return out, nil
}

// pieces cuts up a text without mistakes, which has n tokens besides comments. Every
// opening brace follows what it belongs to, and only then comments that were between
// them.
func (p *parser) pieces(text string, n int) []piece {
	lex := newLexer(p.file.Name, text, p.limits, func(directive.Pos, string, ...any) {})
	lex.comments = true
	pieces := make([]piece, 0, n+n/4)
	for t := new(token); lex.next(t); {
		at := len(pieces)
		for t.kind == kindOpen && at > 0 && pieces[at-1].kind == kindComment {
			at--
		}
		if at == 0 {
			at = len(pieces) // the comments are above the global options
		}
		pieces = slices.Insert(pieces, at, piece{
			text: text[t.offset:lex.i], line: int(t.line), kind: t.kind, first: t.marks&markFirst != 0,
		})
	}
	return pieces
}
