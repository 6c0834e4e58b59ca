package headers

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "header", Setup: setup, Elsewhere: []string{"headers", "add_header"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	cfg := Config{Trusted: slices.Clone(c.Site().Trusted)}
	for _, line := range c.Lines() {
		args := line.Args(0, directive.Any)
		if len(args) == 0 || !strings.HasPrefix(args[0].Text, "/") && args[0].Text != "*" {
			if len(args) == 0 {
				line.Errorf(line.Words[0], "the path comes first, which is / for all requests")
			} else {
				line.Errorf(args[0], "%q is not a path, which comes first, and is / for all requests", args[0].Text)
			}
			for _, prop := range line.Properties() {
				prop.Args(0, directive.Any)
			}
			continue
		}
		path := line.Path(args[0])
		i := slices.IndexFunc(cfg.Rules, func(r Rule) bool { return r.Path == path })
		if i < 0 {
			i = len(cfg.Rules)
			cfg.Rules = append(cfg.Rules, Rule{Path: path})
		}
		cfg.Rules[i].Fields = append(cfg.Rules[i].Fields, parseLine(line, args[1:])...)
	}
	return New(cfg), c.Err()
}

// parseLine returns the fields of a line, of which words are those after the path.
func parseLine(line *directive.Line, words []directive.Word) (fields []Field) {
	if line.Block == nil {
		if len(words) == 0 {
			line.Errorf(line.Words[0], "a field, or a block of fields, is missing")
		} else {
			fields, words = parseField(line, words)
			unexpected(line, words)
		}
		return fields
	}
	unexpected(line, words)
	for _, prop := range line.Properties() {
		rest := slices.Concat(prop.Words[:1], prop.Args(0, directive.Any))
		var field []Field
		for len(rest) > 0 {
			field, rest = parseField(line, rest)
			fields = append(fields, field...)
			if prop.Words[0].Pos.Line != line.Words[0].Pos.Line {
				unexpected(line, rest)
				break
			}
		}
	}
	if len(line.Block) == 0 {
		line.Errorf(line.Words[0], "there is no field in the block")
	}
	return fields
}

// unexpected complains of words that are too many: a value that has spaces, more
// often than not.
func unexpected(line *directive.Line, rest []directive.Word) {
	if len(rest) > 0 {
		line.Errorf(rest[0], "unexpected %q (a value with spaces has to be in quotes)", rest[0].Text)
	}
}

// parseField parses one field from the beginning of words.
func parseField(line *directive.Line, words []directive.Word) (fields []Field, rest []directive.Word) {
	word, rest := words[0], words[1:]
	name, op := word.Text, set
	if after, ok := strings.CutPrefix(name, "-"); ok {
		name, op = after, remove
	} else if after, ok := strings.CutPrefix(name, "+"); ok {
		name, op = after, add
	}
	if !isToken(name) {
		line.Errorf(word, "%q cannot be the name of a field", name)
	}
	if op == remove {
		return []Field{Delete(name)}, rest
	}
	if isFraming(name) {
		line.Errorf(word, "%s is what the server finds out by itself", name)
	}
	if len(rest) == 0 {
		line.Errorf(word, `%s has no value ("" is an empty one, and -%s deletes the field)`, name, name)
		return nil, nil
	}
	value := rest[0]
	if strings.ContainsFunc(value.Text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		line.Errorf(value, "the value of %s must not have line breaks or other control characters", name)
	}
	field := Set(name, value.Text)
	if op == add {
		field = Add(name, value.Text)
	}
	warn(line, value, field.value)
	return []Field{field}, rest[1:]
}

func warn(line *directive.Line, at directive.Word, value *placeholder.Template) {
	for _, doubt := range value.Lint(directive.Suggest) {
		line.Warnf(at, "%s", doubt)
	}
}

// isToken reports whether s is a token of RFC 9110, section 5.6.2. net/http
// leaves out a field of another name without a word.
func isToken(s string) bool {
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && strings.TrimLeft(s, alphanumeric+"!#$%&'*+-.^_`|~") == ""
}

// isFraming reports whether a field says where a response ends: a wrong one makes
// whoever is between the server and its client take a part of the response for
// another response.
func isFraming(name string) bool {
	return slices.ContainsFunc([]string{"Content-Length", "Transfer-Encoding", "Trailer"}, func(f string) bool {
		return strings.EqualFold(f, name)
	})
}
