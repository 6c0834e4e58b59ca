package rewrite

import (
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

// A destination is what a request is rewritten to. Its path is put together as it
// is, decoded, and its query as it is written, encoded, so that neither has to be
// parsed.
type destination struct {
	plain   *placeholder.Template
	escaped *placeholder.Template // the path once more, to keep escapes that tell %2F from a slash
	query   *placeholder.Template // nil is the query of the request
}

// current has the names of the client's URL mean the URL as it comes to this layer.
// A path has no query, wherever it is from.
var current = strings.NewReplacer(
	`\{`, `\{`,
	"{path}", "{rewrite_path}", "{path_escaped}", "{rewrite_path_escaped}",
	"{query}", "{rewrite_query}", "{query_escaped}", "{rewrite_query_escaped}",
	"{uri}", "{rewrite_uri}", "{uri_escaped}", "{rewrite_uri_escaped}",
)

var pathOnly = strings.NewReplacer(`\{`, `\{`, "{rewrite_uri}", "{rewrite_path}")

func newDestination(text string) destination {
	text = current.Replace(text)
	p, query, ok := cutQuery(text)
	p = pathOnly.Replace(p)
	d := destination{
		plain:   placeholder.Compile(p, placeholder.Plain),
		escaped: placeholder.Compile(p, placeholder.Path),
	}
	if ok {
		d.query = placeholder.Compile(query, placeholder.Query)
	}
	return d
}

// cutQuery cuts text at the first question mark that is not part of a name in
// braces.
func cutQuery(text string) (path, query string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			if end := strings.IndexAny(text[i+1:], "{}"); end > 0 && text[i+1+end] == '}' {
				i += end + 1
			}
		case '?':
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// path returns the path for what v is of.
func (d *destination) path(v *placeholder.Values) string {
	return clean(string(d.plain.Append(nil, v)))
}

// clean returns p as a file system would walk it from the site's root, but for the
// slash at its end.
func clean(p string) string {
	c := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && c != "/" {
		c += "/"
	}
	return c
}

// url returns the URL for what v is of, whose path is known.
func (d *destination) url(v *placeholder.Values, path string) *url.URL {
	u := *v.Request.URL
	u.Path, u.RawPath, u.Opaque = path, "", ""
	if v.Request.URL.RawPath != "" {
		u.RawPath = clean(string(d.escaped.Append(nil, v))) // which counts only if it is another way to write Path
	}
	if d.query != nil {
		u.RawQuery, u.ForceQuery = string(d.query.Append(nil, v)), false
	}
	return &u
}
