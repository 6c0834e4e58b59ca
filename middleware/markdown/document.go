package markdown

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware/static"
)

// A document is a file of Markdown, rendered. It is never changed.
type document struct {
	name     string
	info     fs.FileInfo
	template string // that it names; "" is none
	doc      map[string]any
	meta     map[string]string
	words    string // of the text, up to as many as anybody would want for a summary

	plain bool   // the template is the one built in, so that the page depends on nothing else
	page  []byte // which it is then
	etag  string // of that
}

// load returns the document in a file.
func (s *site) load(tree static.Tree, name string) (*document, error) {
	return s.known.Load(tree, name, mostText, func(source []byte, info fs.FileInfo) (*document, error) {
		d, err := s.parse(name, source, info)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return d, nil
	})
}

func (s *site) parse(name string, source []byte, info fs.FileInfo) (*document, error) {
	front, text, err := splitFront(source)
	if err != nil {
		return nil, err
	}
	body, heading, words, err := convert(s.converter(), text)
	if err != nil {
		return nil, err
	}
	d := &document{name: name, info: info, doc: map[string]any{}, meta: map[string]string{}, words: words}
	maps.Copy(d.doc, front)
	if variables, ok := front["variables"].(map[string]any); ok {
		maps.Copy(d.doc, variables) // as in Caddy 0.7.1
	}
	d.template, _ = front["template"].(string)
	title, _ := front["title"].(string)
	d.doc["title"] = cmp.Or(title, heading, strings.TrimSuffix(path.Base(name), path.Ext(name)))
	d.doc["body"] = body
	for _, key := range metaKeys {
		if value, ok := d.doc[key]; ok {
			d.meta[key] = fmt.Sprint(value)
		}
	}
	if d.plain = d.template == "" && s.cfg.Template == ""; !d.plain {
		return d, nil
	}
	var out bytes.Buffer
	if err := usual.Execute(&out, map[string]any{"Doc": d.doc, "Meta": d.meta, "Styles": s.cfg.Styles, "Scripts": s.cfg.Scripts}); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(out.Bytes())
	d.page, d.etag = out.Bytes(), `"`+hex.EncodeToString(sum[:16])+`"`
	return d, nil
}

// metaKeys are the keys that become elements of a page's head, as in Caddy 1.0.5.
var metaKeys = []string{"author", "copyright", "description", "subject"}

// usual is the template that is built in.
var usual = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Doc.title}}</title>
{{range $name, $content := .Meta}}<meta name="{{$name}}" content="{{$content}}">
{{end}}{{range .Styles}}<link rel="stylesheet" href="{{.}}">
{{end}}{{range .Scripts}}<script src="{{.}}"></script>
{{end}}</head>
<body>
{{.Doc.body}}</body>
</html>
`))
