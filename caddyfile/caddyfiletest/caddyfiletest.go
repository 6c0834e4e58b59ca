// Package caddyfiletest puts directives to the test: text of a Caddyfile in,
// behaviour or the exact errors out.
package caddyfiletest

import (
	"errors"
	"testing"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Setup has d set up and started by the lines of src, as a site would, and
// stops it when the test ends. Warnings go to the site's log. All lines must be d's. They may run commands.
func Setup(t testing.TB, d directive.Directive, src string) (middleware.Middleware, error) {
	t.Helper()
	site := directive.NewSite("localhost")
	site.AllowExec = true
	return SetupIn(t, site, d, src)
}

// SetupIn is Setup for a site of the test's own, whose root is closed, too.
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
		if err := errors.Join(c.Stop(), site.Root.Close()); err != nil {
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
	for _, w := range c.Warnings() {
		site.Log.Warn(w.Path+": "+w.Err.Error(), "at", w.Pos.String())
	}
	return m, c.Start(t.Context())
}

// Parse returns the lines of src, as of a file named Caddyfile. It takes it for
// the test's fault if they are not well-formed.
func Parse(t testing.TB, src string) []*directive.Line {
	t.Helper()
	lines, err := caddyfile.ParseLines("Caddyfile", []byte(src), caddyfile.ParseConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
