package caddyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/shallot-http/shallot/middleware/directive"
)

// jsonSite is a site in the JSON of Caddy 1.0.5.
type jsonSite struct {
	Keys []string `json:"keys"`
	Body [][]any  `json:"body"`
}

// ToJSON returns f in the form that Caddy 1.0.5 has for a Caddyfile: a list of
// sites, each with its addresses and its lines, which are lists of words. The last
// element of a line is its block, if it has one, which is a list of lines.
//
//	[{"keys": ["example.com"], "body": [["gzip"], ["proxy", "/", "b", [["policy", "random"]]]]}]
//
// The lines are in the order of the file, where 1.0.5 sorts them.
//
// What that form has no place for is an error: global options and named routes,
// snippets and imports of sites of a File that is Unexpanded, and in one that is not
// a word that would be a placeholder if it were read again, or a line called import.
// Whether a word is in quotes is not said: [FromJSON] quotes those that need it.
func ToJSON(f *File) ([]byte, error) {
	t := toJSON{unexpanded: f.unexpanded}
	for _, line := range f.Options {
		t.fail(line.Words[0].Pos, nil, "JSON has no place for global options")
	}
	for _, r := range f.Routes {
		t.fail(r.Pos, r.From, "JSON has no place for named routes")
	}
	for _, s := range f.Snippets {
		t.fail(s.Pos, nil, "JSON has no place for snippets")
	}
	for _, line := range f.Imports {
		t.fail(line.Words[0].Pos, nil, "JSON has no place for an import outside of sites")
	}
	sites := make([]jsonSite, len(f.Sites))
	for i, site := range f.Sites {
		for _, a := range site.Addrs {
			sites[i].Keys = append(sites[i].Keys, t.word(directive.Word{Text: a.Text, Pos: a.Pos}, site.From))
		}
		sites[i].Body = t.lines(site.Lines, site.From)
	}
	if len(t.errs) > 0 {
		return nil, f.Explain(errors.Join(t.errs...))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(sites)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

type toJSON struct {
	unexpanded bool
	errs       []error
}

func (t *toJSON) fail(at directive.Pos, from *directive.Import, format string, args ...any) {
	t.errs = append(t.errs, &directive.Error{Pos: at, From: from, Err: fmt.Errorf(format, args...)})
}

func (t *toJSON) lines(lines []*directive.Line, from *directive.Import) [][]any {
	all := make([][]any, len(lines))
	for i, line := range lines {
		from := chain(line.From, from)
		if line.Name() == "import" && !t.unexpanded {
			t.fail(line.Words[0].Pos, from, "in JSON a line called import would be an import")
		}
		for _, w := range line.Words {
			all[i] = append(all[i], t.word(w, from))
		}
		if line.Block != nil {
			all[i] = append(all[i], t.lines(line.Block, from))
		}
	}
	return all
}

func (t *toJSON) word(w directive.Word, from *directive.Import) string {
	switch {
	case !utf8.ValidString(w.Text):
		t.fail(w.Pos, from, "%q is not UTF-8, which JSON consists of", clip(w.Text))
	case strings.ContainsAny(w.Text, "\x00\r"):
		t.fail(w.Pos, from, "%q has a byte that no Caddyfile can have", clip(w.Text))
	case !t.unexpanded && hasVariable(w.Text):
		t.fail(w.Pos, from, "%q would be a placeholder if it were read again", clip(w.Text))
	}
	return w.Text
}

// hasVariable reports whether a word has in it what stands for a variable of the
// environment, or is almost that.
func hasVariable(text string) bool {
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return false
		}
		text = text[i:]
		if strings.HasPrefix(text, "{$") {
			if _, ok := parseVariable(text); ok {
				return true
			}
		}
		if _, n := percentVariable(text); n > 0 {
			return true
		}
		text = text[1:]
	}
}
