package gzip

import "github.com/shallot-http/shallot/middleware/directive"

// readDictionary has d learn what a line of a Caddyfile says, and begin with the
// files it names.
func readDictionary(site *directive.Site, prop *directive.Line, d *Dictionaries) {
	match := prop.Arg("a pattern of paths")
	rule := DictionaryRule{Match: match.Text}
	type given struct {
		line *directive.Line
		name directive.Word
		data []byte
	}
	var files []given
	ok := true
	check := func(line *directive.Line, at directive.Word, err error) {
		if err != nil {
			line.Errorf(at, "%w", err)
			ok = false
		}
	}
	_, err := parsePattern(match.Text)
	check(prop, match, err)
	for _, p := range prop.Properties("from", "dest", "id", "file...") {
		switch p.Name() {
		case "from":
			from := p.Arg("a pattern of paths")
			_, err := parsePattern(from.Text)
			check(p, from, err)
			rule.From = from.Text
		case "dest":
			for _, dest := range p.Args(1, directive.Any, "a destination such as document") {
				check(p, dest, checkDest(dest.Text))
				rule.Dest = append(rule.Dest, dest.Text)
			}
		case "id":
			id := p.Arg("an id")
			check(p, id, checkID(id.Text))
			rule.ID = id.Text
		case "file":
			for _, file := range p.Args(1, directive.Any, "a file") {
				site.DependsOn(file.Text)
				data, err := directive.ReadFile(file.Text, defaultMaxBytes)
				check(p, file, err)
				files = append(files, given{p, file, data})
			}
		}
	}
	if !ok {
		return
	}
	check(prop, match, d.Learn(rule))
	for _, f := range files {
		check(f.line, f.name, d.Add(rule, f.data))
	}
}
