package fastcgi

import (
	"maps"
	"net/http"
	"path"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// variables is what a Config says of the environment of an application.
type variables struct {
	fixed   Params          // the same for every request
	set     map[string]bool // by Config.Env, so that nothing else sets them; nil if it is empty
	env     []Var           // those of them that are not fixed
	aliases map[string]bool // names of fields, canonical
}

func (c *Config) variables() variables {
	var v variables
	for _, env := range c.Env {
		if v.set == nil {
			v.set = map[string]bool{}
		}
		v.set[env.Name] = true
	}
	for _, fixed := range [...][2]string{
		{"GATEWAY_INTERFACE", "CGI/1.1"},
		{"SERVER_SOFTWARE", "shallot"},
		{"REDIRECT_STATUS", "200"}, // php-cgi does nothing without, lest it is asked directly
	} {
		if !v.set[fixed[0]] {
			v.fixed.Add(fixed[0], fixed[1])
		}
	}
	last := map[string]int{}
	for i, env := range c.Env {
		last[env.Name] = i
	}
	for i, env := range c.Env {
		switch text, constant := env.Value.Constant(); {
		case last[env.Name] != i:
		case constant:
			v.fixed.Add(env.Name, text)
		default:
			v.env = append(v.env, env)
		}
	}
	for _, name := range c.Aliases {
		if v.aliases == nil {
			v.aliases = map[string]bool{}
		}
		v.aliases[http.CanonicalHeaderKey(name)] = true
	}
	return v
}

// with returns v with the variables that an authorizer has set, but for those of the
// Config.
func (v *variables) with(granted map[string]string) *variables {
	own := *v
	own.set, own.fixed = maps.Clone(v.set), Params{}
	if own.set == nil {
		own.set = map[string]bool{}
	}
	for name, value := range v.fixed.All() {
		if _, there := granted[name]; !there || v.set[name] {
			own.fixed.Add(name, value)
		}
	}
	for name, value := range granted {
		if !v.set[name] && name != "CONTENT_LENGTH" {
			own.set[name] = true
			own.fixed.Add(name, value)
		}
	}
	return &own
}

// An environment is that of one request.
type environment struct {
	*variables
	params *Params
}

// add adds a variable unless it is set by the Config.
func (e environment) add(name, value string) {
	if e.set == nil || !e.set[name] {
		e.params.Add(name, value)
	}
}

// variables appends the environment that the application is to have, as of RFC
// 3875, section 4.1; CONTENT_LENGTH is the Client's.
func (d *delivery) variables(p *Params) {
	e, r := environment{&d.h.vars, p}, d.r
	if granted, ok := r.Context().Value(leaveKey{}).(map[string]string); ok && len(granted) > 0 {
		e.variables = e.with(granted)
	}
	p.Append(&e.fixed)
	e.add("SERVER_PROTOCOL", r.Proto)
	e.add("REQUEST_METHOD", r.Method)
	e.add("REQUEST_URI", d.requestURI())
	query := r.URL.RawQuery
	if d.route.replaced {
		query = d.route.query
	}
	e.add("QUERY_STRING", query)
	if d.leave == nil {
		d.addScript(e)
	} else if d.leave.script != "" {
		e.add("SCRIPT_FILENAME", d.leave.script)
		e.add("SCRIPT_NAME", d.route.script)
	}
	d.addServer(e)
	d.addClient(e)
	if values := r.Header["Content-Type"]; len(values) > 0 && d.leave == nil {
		e.add("CONTENT_TYPE", values[0])
	}
	e.addFields(r)
	if len(e.env) > 0 {
		v := d.values()
		for _, env := range e.env {
			p.Add(env.Name, string(env.Value.Append(nil, v)))
		}
	}
}

// requestURI returns what the client asked for, as it wrote it, but for the host
// that may stand in front.
func (d *delivery) requestURI() string {
	u := middleware.OriginalURL(d.w, d.r)
	if u == d.r.URL && (strings.HasPrefix(d.r.RequestURI, "/") || d.r.RequestURI == "*") {
		return d.r.RequestURI
	}
	return u.RequestURI()
}

// addScript adds where the script is, and what of the path is not about that.
func (d *delivery) addScript(e environment) {
	rt, root := &d.route, d.root()
	script := rt.script
	if mount := d.h.cfg.Mount; mount != "" {
		script = mount + script
	}
	e.add("SCRIPT_NAME", script)
	e.add("DOCUMENT_URI", script)
	e.add("PATH_INFO", rt.info)
	if root == "" {
		return
	}
	e.add("DOCUMENT_ROOT", root)
	if len(d.h.routes.split) == 0 {
		return
	}
	// Only of what is a file: php-fpm runs what it is told to, and where it is told of
	// none, what PATH_TRANSLATED says.
	if rt.script != "" {
		e.addBelow("SCRIPT_FILENAME", root, rt.script)
	}
	if rt.info != "" {
		e.addBelow("PATH_TRANSLATED", root, path.Clean(rt.info))
	}
}

// root returns what the root is called by the application. It is free of links, so
// that what an application remembers of a file is never that of another release:
// ZendOptimizerPlus#126.
func (d *delivery) root() string {
	cfg := &d.h.cfg
	switch {
	case cfg.UpstreamRoot == "":
		return d.tree.dir
	case cfg.LocalRoot == "":
		return cfg.UpstreamRoot
	}
	rel, err := filepath.Rel(cfg.LocalRoot, d.tree.dir)
	if err != nil || !filepath.IsLocal(rel) {
		return d.tree.dir // which nobody has said another name of
	}
	return path.Join(cfg.UpstreamRoot, filepath.ToSlash(rel))
}

// addBelow adds the path of a file in root.
func (e environment) addBelow(name, root, file string) {
	if filepath.Separator != '/' && !strings.HasPrefix(root, "/") {
		file = filepath.FromSlash(file)
	}
	if e.set == nil || !e.set[name] {
		e.params.Join(name, "", strings.TrimRight(root, `/\`), file)
	}
}

// values returns what placeholders are filled in with.
func (d *delivery) values() *placeholder.Values {
	return &placeholder.Values{Request: d.r, Writer: d.w, Trusted: d.h.cfg.Trusted}
}

// fill is values for Config.Try, where {path} is the one to look for.
func (d *delivery) fill() *placeholder.Values {
	v := d.values()
	v.Lookup = func(name string) (string, bool) { return string(d.path), name == "path" }
	return v
}
