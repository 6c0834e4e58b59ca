package fastcgi

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// AuthorizerConfig says which requests need leave, and who gives it. The zero value
// gives none.
type AuthorizerConfig struct {
	// From is the part of the site that needs leave, in whatever letters; "" is all of
	// it. Except are parts of it that do not.
	From   middleware.Path
	Except []middleware.Path

	// Upstreams are asked, in the role of an authorizer. Client, Trusted, Names and
	// Env are as in [Config].
	Upstreams *upstream.Group
	Client    *Client
	Trusted   []netip.Prefix
	Names     []string
	Env       []Var

	// Script is the file to be run, by its absolute name where the application runs,
	// if it is one for several, as php-fpm is.
	Script string

	// Fields are fields of the request that handlers further in see, by the variables
	// that the application sets them by: {"REMOTE_USER": "X-User"}. What a client says
	// in these is dropped.
	Fields map[string]string
}

// NewAuthorizer returns the middleware that asks an application whether requests may
// pass: https://fastcgi-archives.github.io/FastCGI_Specification.html, section 6.3.
// It is told what a responder is, but for the script and the body. If it answers
// with status 200, the next handler answers, and else the client gets that response.
//
// Fields called Variable-NAME of a response of status 200 become variables of the
// applications that a [Handler] further in asks, in place of all others of that name,
// which is in upper case, and those of AuthorizerConfig.Fields. REMOTE_USER is noted
// as [middleware.NoteUser].
func NewAuthorizer(c AuthorizerConfig) middleware.Middleware {
	c.Fields = maps.Clone(c.Fields)
	c.Except = slices.Clone(c.Except)
	env := slices.Clone(c.Env)
	h := newHandler(Config{From: c.From, Upstreams: c.Upstreams, Client: c.Client, Trusted: c.Trusted, Names: c.Names, Env: env})
	return func(next middleware.Handler) middleware.Handler {
		return &authorizer{h, next, c}
	}
}

type authorizer struct {
	*Handler
	next middleware.Handler
	cfg  AuthorizerConfig
}

// ServeHTTP implements [middleware.Handler].
func (a *authorizer) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	from := a.Handler.cfg.From
	if !from.Protects(r) || slices.ContainsFunc(a.cfg.Except, func(p middleware.Path) bool { return p.Within(r) }) {
		return a.next.ServeHTTP(w, r)
	}
	d := &delivery{h: a.Handler, w: w, r: r, leave: &leave{script: a.cfg.Script}}
	if script := a.cfg.Script; script != "" {
		d.route.script = "/" + path.Base(script)
	}
	status, err := d.serve()
	d.free()
	if !d.leave.given || err != nil {
		return status, err
	}
	granted := r.WithContext(context.WithValue(r.Context(), leaveKey{}, d.leave.variables))
	granted.Header = a.fields(r.Header, d.leave.variables)
	if user := d.leave.variables["REMOTE_USER"]; user != "" {
		middleware.Note(w, slog.String(middleware.NoteUser, user))
	}
	status, err = a.next.ServeHTTP(w, granted)
	middleware.CopyBack(r, granted)
	return status, err
}

// fields returns the header that handlers further in see.
func (a *authorizer) fields(h http.Header, variables map[string]string) http.Header {
	if len(a.cfg.Fields) == 0 {
		return h
	}
	h = h.Clone()
	for variable, name := range a.cfg.Fields {
		h.Del(name)
		if value, ok := variables[variable]; ok {
			h.Set(name, value)
		}
	}
	return h
}

// A leave is what an authorizer is asked for.
type leave struct {
	script    string
	given     bool
	variables map[string]string
}

type leaveKey struct{}

const variablePrefix = "Variable-"

// take looks at the response of an authorizer. What is for others to know is taken
// from its header.
func (l *leave) take(resp *Response) {
	l.given = resp.Status == http.StatusOK
	l.variables = map[string]string{}
	for name, values := range resp.Header {
		if variable, ok := strings.CutPrefix(name, variablePrefix); ok {
			l.variables[strings.ToUpper(variable)] = values[0]
			delete(resp.Header, name)
		}
	}
}
