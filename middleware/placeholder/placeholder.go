package placeholder

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Template is a text with placeholders, compiled. It may be used by any number
// of goroutines at once.
type Template struct {
	source string
	sink   Sink
	ops    []op
}

// An op appends a piece of literal text and, after it, a value.
type op struct {
	literal string
	name    string // of the value, as between the braces; "" if there is none
	origin         // of the value
	arg     string // the name of a field, cookie or argument
	n       int    // the number of a label
	sink    Sink   // the Template's, but never URL
	open    bool   // of a log: not in quotes, so that a space would end the value
}

// Compile makes a Template of text, whose values are to be escaped for sink. Any
// text is one: braces that hold no name are braces.
func Compile(text string, sink Sink) *Template {
	t := &Template{source: text, sink: sink}
	var literal []byte
	quoted, query := false, false
	end := func(o op) {
		o.literal = string(literal)
		literal = literal[:0]
		quoted = quoted != (strings.Count(o.literal, `"`)%2 == 1)
		query = query || strings.Contains(o.literal, "?")
		switch {
		case sink != URL:
			o.sink = sink
		case query:
			o.sink = Query
		default:
			o.sink = Path
		}
		o.open = !quoted
		t.ops = append(t.ops, o)
	}
	for text != "" {
		if strings.HasPrefix(text, `\{`) || strings.HasPrefix(text, `\}`) {
			literal, text = append(literal, text[1]), text[2:]
			continue
		}
		name, rest, ok := cutName(text)
		if !ok {
			literal, text = append(literal, text[0]), text[1:]
			continue
		}
		text = rest
		if o := newOp(name); o.source == fromMachine { // always the same
			literal = append(literal, hostname(sink)...)
		} else {
			end(o)
		}
	}
	if len(literal) > 0 {
		end(op{})
	}
	return t
}

// cutName cuts a name in braces off the beginning of text.
func cutName(text string) (name, rest string, ok bool) {
	if text[0] != '{' {
		return "", "", false
	}
	text = text[1:]
	end := strings.IndexAny(text, `{}`)
	if end <= 0 || text[end] == '{' || text[end-1] == '\\' {
		return "", "", false
	}
	return text[:end], text[end+1:], true
}

func newOp(name string) op {
	o := op{name: name, origin: names[name]}
	switch name[0] {
	case '>':
		o.source, o.arg = fromRequestField, http.CanonicalHeaderKey(name[1:])
	case '<':
		o.source, o.arg = fromResponseField, http.CanonicalHeaderKey(name[1:])
	case '~':
		o.source, o.arg = fromCookie, name[1:]
	case '?':
		o.source, o.arg = fromArgument, name[1:]
	}
	if digits, ok := strings.CutPrefix(name, "label"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n > 0 {
			o.source, o.n = fromLabel, n
		}
	}
	return o
}

func hostname(sink Sink) string {
	name, err := os.Hostname()
	if err != nil && sink == Log {
		return missing
	}
	return name
}

// String returns the text that t was made of.
func (t *Template) String() string { return t.source }

// Constant returns the text of a Template that has no placeholders, and whether
// it is one.
func (t *Template) Constant() (text string, ok bool) {
	switch {
	case len(t.ops) == 0:
		return "", true
	case len(t.ops) == 1 && t.ops[0].name == "":
		return t.ops[0].literal, true
	}
	return "", false
}

// Lint returns a sentence about each name in t that is not known, which is rarely
// meant: braces are not common in what templates are made of. The names that the
// caller's Lookup adds are known, too. The sentence goes on with what suggest,
// which may be directive.Suggest, makes of the name.
//
//	for _, doubt := range t.Lint(directive.Suggest) {
//		line.Warnf(arg, "%s", doubt)
//	}
func (t *Template) Lint(suggest func(word string, names ...string) string, added ...string) []string {
	var doubts []string
	for _, o := range t.ops {
		if o.name == "" || o.source != unknown || slices.Contains(added, o.name) || !isWord(o.name) {
			continue
		}
		known := slices.Sorted(maps.Keys(names))
		for i, name := range append(known, added...) {
			known = append(known[:i:len(known)], "{"+name+"}")
		}
		doubt := fmt.Sprintf("unknown placeholder {%s} stays as it is", o.name)
		if suggest != nil {
			doubt += suggest("{"+o.name+"}", known...)
		}
		doubts = append(doubts, doubt)
	}
	return doubts
}

// isWord tells what may be meant for a name from other text in braces.
func isWord(name string) bool {
	return strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// missing is what a log has in place of a value that is not known.
const missing = "-"

// Append appends the text of t to dst, filled in with v.
func (t *Template) Append(dst []byte, v *Values) []byte {
	begin := len(dst)
	for i := range t.ops {
		o := &t.ops[i]
		dst = append(dst, o.literal...)
		if o.name != "" {
			dst = o.append(dst, v)
		}
	}
	if t.sink == URL {
		dst = onHost(dst, begin, t.source)
	}
	return dst
}

// onHost takes doubled slashes off the beginning of a URL that was not written
// with them. To a browser what follows them is a host, so that a request for
// //evil.example would make "{path}" an open redirect.
func onHost(dst []byte, begin int, source string) []byte {
	if strings.HasPrefix(source, "//") {
		return dst
	}
	n := 0
	for begin+n < len(dst) && dst[begin+n] == '/' {
		n++
	}
	if n > 1 {
		dst = slices.Delete(dst, begin, begin+n-1)
	}
	return dst
}

func (o *op) append(dst []byte, v *Values) []byte {
	start, form := len(dst), text
	if value, ok := v.lookUp(o.name); ok {
		dst = append(dst, value...)
	} else if o.source == unknown {
		return append(append(append(dst, '{'), o.name...), '}')
	} else {
		dst, form = v.append(dst, o)
	}
	if o.sink == Log {
		switch value := dst[start:]; {
		case len(value) == 0:
			return append(dst, missing...)
		case string(value) == missing:
			return append(dst[:start], `\x2D`...)
		}
	}
	return o.sink.escape(dst, start, form, o.open)
}
