package autohttps

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/shallot-http/shallot/middleware/certificates"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary: tls, as package
// certificates has it, with automatic HTTPS.
var Directive = certificates.DirectiveWith(setup)

func setup(c *directive.Controller, line *directive.Line, s certificates.Settings) (certificates.Source, func(http.Handler) http.Handler) {
	site := c.Site()
	for _, name := range site.Hosts {
		if err := Check(name, s.CA != ""); err != nil {
			line.Errorf(s.At, "%w", err)
		}
	}
	if s.Storage == "" {
		var err error
		if s.Storage, err = DefaultStorage(); err != nil {
			line.Errorf(s.At, "there is no place to keep keys and certificates, which storage in the block names: %w", err)
		}
	}
	site.Hide(filepath.Join(s.Storage, "*"))
	type key struct{ email, ca, roots, storage string }
	m := directive.Share(c, key{s.Email, s.CA, s.RootPEM, s.Storage}, func() *Manager {
		return New(Config{Email: s.Email, Directory: s.CA, Roots: s.Roots, Storage: s.Storage, Log: site.Log})
	})
	release := func() {}
	c.OnStart(func(context.Context) (err error) {
		release, err = m.Manage(Site{
			Names:   site.Hosts,
			Renewed: func(ctx context.Context, _ string) { site.Renewed(ctx) },
		})
		return err
	})
	c.OnStop(func() error {
		if release != nil {
			release()
		}
		return nil
	})
	return m, m.Handler
}
