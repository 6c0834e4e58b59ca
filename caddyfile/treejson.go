package caddyfile

import (
	"encoding/json"
	"fmt"

	"github.com/shallot-http/shallot/middleware/directive"
)

// The File as JSON. What is empty is left out, but for blocks.
type (
	jsonFile struct {
		Name     string       `json:"name"`
		Options  *[]*jsonLine `json:"options,omitempty"`
		Snippets []jsonBlock  `json:"snippets,omitempty"`
		Routes   []jsonBlock  `json:"routes,omitempty"`
		Imports  []*jsonLine  `json:"imports,omitempty"`
		Sites    []jsonBlock  `json:"sites,omitempty"`
		Files    []string     `json:"files,omitempty"`
	}
	jsonBlock struct {
		Name      string        `json:"name,omitempty"`
		Addresses []jsonAddress `json:"addresses,omitempty"`
		At        string        `json:"at"`
		From      []string      `json:"from,omitempty"`
		Lines     []*jsonLine   `json:"lines"`
	}
	jsonAddress struct {
		Text   string `json:"text"`
		At     string `json:"at"`
		Scheme string `json:"scheme,omitempty"`
		Host   string `json:"host,omitempty"`
		Port   string `json:"port,omitempty"`
		Path   string `json:"path,omitempty"`
	}
	jsonLine struct {
		Words []jsonWord   `json:"words"`
		Block *[]*jsonLine `json:"block,omitempty"`
		From  []string     `json:"from,omitempty"`
	}
	jsonWord struct {
		Text   string `json:"text"`
		At     string `json:"at"`
		Quoted bool   `json:"quoted,omitempty"`
	}
)

// MarshalJSON returns all of f but its warnings: its name, options, snippets,
// routes, imports, sites and files, with the places of words, and of the imports
// that brought something in, innermost first. A place is LINE:COLUMN, or
// FILE:LINE:COLUMN in a file other than the Caddyfile itself.
//
//	{"name": "Caddyfile", "sites": [{
//		"addresses": [{"text": "a.com", "at": "1:1", "host": "a.com"}],
//		"at": "1:1",
//		"lines": [
//			{"words": [{"text": "proxy", "at": "2:2"}, {"text": "/", "at": "2:8", "quoted": true}], "block": []},
//			{"words": [{"text": "gzip", "at": "common.conf:1:1"}], "from": ["3:2"]}
//		]
//	}]}
func (f *File) MarshalJSON() ([]byte, error) {
	j := jsonFile{Name: f.Name, Files: f.Files, Imports: f.jsonLines(f.Imports)}
	if f.Options != nil {
		options := f.jsonLines(f.Options)
		j.Options = &options
	}
	for _, s := range f.Snippets {
		j.Snippets = append(j.Snippets, jsonBlock{Name: s.Name, At: f.place(s.Pos), Lines: f.jsonLines(s.Lines)})
	}
	for _, r := range f.Routes {
		j.Routes = append(j.Routes, jsonBlock{Name: r.Name, At: f.place(r.Pos), From: f.places(r.From), Lines: f.jsonLines(r.Lines)})
	}
	for _, s := range f.Sites {
		site := jsonBlock{At: f.place(s.Pos), From: f.places(s.From), Lines: f.jsonLines(s.Lines)}
		for _, a := range s.Addrs {
			site.Addresses = append(site.Addresses, jsonAddress{a.Text, f.place(a.Pos), a.Scheme, a.Host, a.Port, a.Path})
		}
		j.Sites = append(j.Sites, site)
	}
	return json.Marshal(j)
}

func (f *File) jsonLines(lines []*directive.Line) []*jsonLine {
	all := make([]*jsonLine, len(lines))
	for i, line := range lines {
		l := &jsonLine{From: f.places(line.From)}
		for _, w := range line.Words {
			l.Words = append(l.Words, jsonWord{w.Text, f.place(w.Pos), w.Quoted})
		}
		if line.Block != nil {
			block := f.jsonLines(line.Block)
			l.Block = &block
		}
		all[i] = l
	}
	return all
}

func (f *File) place(at directive.Pos) string {
	if at.File == f.Name {
		return fmt.Sprintf("%d:%d", at.Line, at.Col)
	}
	return at.String()
}

func (f *File) places(i *directive.Import) (places []string) {
	for ; i != nil; i = i.From {
		places = append(places, f.place(i.Pos))
	}
	return places
}
