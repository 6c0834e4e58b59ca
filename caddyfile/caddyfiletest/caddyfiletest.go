// Package caddyfiletest puts directives to the test: text of a Caddyfile in,
// behaviour or the exact errors out.
package caddyfiletest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Setup has d set up and started by the lines of src, as a site would, and
// stops it when the test ends. All lines must be d's.
func Setup(t testing.TB, d directive.Directive, src string) (middleware.Middleware, error) {
	t.Helper()
	return SetupIn(t, directive.NewSite("localhost"), d, src)
}

// SetupIn is Setup for a site of the test's own.
func SetupIn(t testing.TB, site *directive.Site, d directive.Directive, src string) (middleware.Middleware, error) {
	t.Helper()
	lines := Parse(t, src)
	for _, l := range lines {
		if l.Name() != d.Name {
			t.Fatalf("%v: %s in a test of %s", l.Words[0].Pos, l.Name(), d.Name)
		}
	}
	c := directive.NewController(site, d.Name, lines...)
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	m, err := d.Setup(c)
	if err == nil {
		err = c.Err() // in case Setup forgot to ask
	}
	if err != nil {
		return nil, err
	}
	return m, c.Start(t.Context())
}

// A token is a quoted word, in which \" is a quote, or a comment, or a word.
var token = regexp.MustCompile(`"((?:\\"|[^"])*)"|#.*|\S+`)

// Parse returns the lines of src, as of a file named Caddyfile. It knows words,
// quotes, blocks and comments, and takes it for the test's fault if they are
// not well-formed.
func Parse(t testing.TB, src string) []*directive.Line {
	t.Helper()
	var (
		root directive.Line
		open = []*directive.Line{&root}
		n    int
	)
	for text := range strings.Lines(src) {
		n++
		var line *directive.Line // the one being read
		for _, at := range token.FindAllStringSubmatchIndex(text, -1) {
			word := directive.Word{
				Text: text[at[0]:at[1]],
				Pos:  directive.Pos{File: "Caddyfile", Line: n, Col: at[0] + 1},
			}
			top := open[len(open)-1]
			switch {
			case at[2] >= 0:
				word.Text, word.Quoted = strings.ReplaceAll(text[at[2]:at[3]], `\"`, `"`), true
			case word.Text[0] == '"':
				t.Fatalf("%v: quote is not closed", word.Pos)
			case word.Text[0] == '#':
				continue
			case word.Text == "{" && line != nil:
				line.Block = []*directive.Line{}
				open, line = append(open, line), nil
				continue
			case word.Text == "}" && top != &root:
				open, line = open[:len(open)-1], nil
				continue
			case word.Text == "{", word.Text == "}":
				t.Fatalf("%v: misplaced %s", word.Pos, word.Text)
			}
			if line == nil {
				line = new(directive.Line)
				top.Block = append(top.Block, line)
			}
			line.Words = append(line.Words, word)
		}
	}
	if top := open[len(open)-1]; top != &root {
		t.Fatalf("%v: block is not closed", top.Words[0].Pos)
	}
	return root.Block
}
