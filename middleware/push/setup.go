package push

import (
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "push", Setup: setup, Elsewhere: []string{"http2_push"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var cfg Config
	for _, line := range c.Lines() {
		cfg.Rules = append(cfg.Rules, readLine(line))
	}
	return New(cfg), c.Err()
}

func readLine(line *directive.Line) Rule {
	rule := Rule{Path: "/"}
	args := line.Args(0, directive.Any)
	if len(args) > 0 {
		rule.Path = line.Path(args[0])
		rule.add(line, args[1:])
	}
	var idle []*directive.Line // that say something of server push
	for _, prop := range line.Properties(properties(line)...) {
		switch prop.Name() {
		case "http2":
			prop.Args(0, 0)
			rule.Push = true
		case "method":
			rule.Method = prop.OneOf(prop.Arg(), "method", http.MethodGet, http.MethodHead)
			idle = append(idle, prop)
		case "header":
			rule.addField(prop)
			idle = append(idle, prop)
		default:
			rule.add(line, prop.Words[:1])
			rule.add(line, prop.Args(0, directive.Any))
		}
	}
	if rule.Push {
		return rule
	}
	if len(rule.Resources) == 0 {
		idle = append(idle, line)
	}
	for _, l := range idle {
		l.Warnf(l.Words[0], "of no effect without http2, the server push that browsers do not accept any more")
	}
	return rule
}

// properties returns the names that the lines of the block may have, among them those
// that look like a resource.
func properties(line *directive.Line) []string {
	names := []string{"http2", "method", "header..."}
	for _, l := range line.Block {
		if strings.HasPrefix(l.Name(), "/") {
			names = append(names, l.Name())
		}
	}
	return names
}

func (r *Rule) add(line *directive.Line, words []directive.Word) {
	for _, w := range words {
		if !isOurs(w.Text) {
			line.Errorf(w, "%q is not a path of this site, escaped as in a page", w.Text)
		}
		r.Resources = append(r.Resources, w.Text)
	}
}

func (r *Rule) addField(prop *directive.Line) {
	args := prop.Args(2, 2, "a field", "its value")
	if strings.HasPrefix(args[0].Text, ":") || strings.ContainsAny(args[0].Text+args[1].Text, "\r\n\x00") {
		prop.Errorf(args[0], "%q cannot be the field of a request", args[0].Text)
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Add(args[0].Text, args[1].Text)
}
