package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary, without
// automatic HTTPS.
var Directive = DirectiveWith(nil)

// Automatic gets certificates for the hosts of c's site, see [directive.Site], as
// its line says, to which it reports what it cannot do. The result is their Source,
// and what [directive.Server] calls Plain.
type Automatic func(c *directive.Controller, line *directive.Line, s Settings) (Source, func(http.Handler) http.Handler)

// Settings are what a Caddyfile says of automatic HTTPS.
type Settings struct {
	At      directive.Word // that asks for it
	Email   string         // "" is none
	CA      string         // the URL of an ACME directory; "" is the default
	Roots   *x509.CertPool // to trust its server by; nil is the default
	RootPEM string         // the same
	Storage string         // a folder; "" is the default
}

// DirectiveWith is Directive with automatic HTTPS.
func DirectiveWith(automatic Automatic) directive.Directive {
	return directive.Directive{Name: "tls", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		line := c.Once()
		args := line.Args(0, 2)
		if len(args) == 1 && args[0].Text == "off" {
			return nil, c.Err()
		}
		s := setting{c: c, line: line, automatic: automatic}
		s.properties()
		s.config.Source = s.source(args)
		switch {
		case c.Err() != nil:
			c.Site().Server.TLS = new(tls.Config) // there is one mistake, and not an address without TLS besides
		case s.config.Source != nil:
			c.Site().Server.TLS = s.share()
		}
		return nil, c.Err()
	}}
}

// A setting is a line being read.
type setting struct {
	c         *directive.Controller
	line      *directive.Line
	automatic Automatic
	config    Config
	clients   []string       // files of CAs
	load      directive.Word // a folder
	auto      Settings
}

// source returns what the arguments ask for, or nil. The CA asks for automatic
// HTTPS, too, where there is nothing else.
func (s *setting) source(args []directive.Word) Source {
	isAuto := len(args) == 1 && strings.Contains(args[0].Text, "@") || len(args) == 0 && s.load.Text == "" && s.auto.CA != ""
	switch {
	case s.load.Text != "" && len(args) > 0:
		s.line.Errorf(s.load, "there is a certificate already")
		return nil
	case s.auto.At.Text != "" && !isAuto:
		s.line.Errorf(s.auto.At, "this is of automatic HTTPS, which an email address asks for")
		return nil
	case isAuto:
		return s.issued(args)
	case s.load.Text != "":
		return s.folder()
	case len(args) == 2:
		return s.files(args[0], args[1])
	case len(args) == 1 && args[0].Text == "self_signed":
		return s.selfSigned()
	case len(args) == 1:
		s.line.Errorf(args[0], "%q is neither off nor self_signed nor an email address; and a certificate comes with its key, which is another file", args[0].Text)
	default:
		s.line.Errorf(s.line.Words[0], "a certificate and its key are missing; or self_signed, an email address, or load within a block")
	}
	return nil
}

func (s *setting) issued(args []directive.Word) Source {
	if len(args) == 1 {
		s.auto.At, s.auto.Email = args[0], args[0].Text
	}
	if s.automatic == nil {
		s.line.Errorf(s.auto.At, "this program has no automatic HTTPS")
		return nil
	}
	source, plain := s.automatic(s.c, s.line, s.auto)
	s.c.Site().Server.Plain = plain
	s.config.Challenges = true
	return source
}

// files returns the Source of a certificate and its key. What is wrong with them
// is found while there is a line to blame.
func (s *setting) files(cert, key directive.Word) Source {
	site := s.c.Site()
	site.Hide(key.Text)
	f := &Files{Cert: cert.Text, Key: key.Text, Log: site.Log}
	if err := f.Start(context.Background()); err != nil {
		s.line.Errorf(cert, "%w", err)
		return nil
	}
	return directive.Share(s.c, f.Cert+"\x00"+f.Key, func() *Files { return f })
}

func (s *setting) folder() Source {
	site := s.c.Site()
	site.Hide(filepath.Join(s.load.Text, "*.pem"))
	f := &Folder{Dir: s.load.Text, Log: site.Log}
	if err := f.Start(context.Background()); err != nil {
		s.line.Errorf(s.load, "%w", err)
		return nil
	}
	return directive.Share(s.c, f.Dir, func() *Folder { return f })
}

func (s *setting) selfSigned() Source {
	var names []string // of a site for any host, the default
	if hosts := s.c.Site().Hosts; !slices.Contains(hosts, "") {
		names = hosts
	}
	return directive.Share(s.c, strings.Join(names, " "), func() *SelfSigned { return &SelfSigned{Names: names} })
}

// share returns the configuration that all sites of the same settings have: two
// of one host on one port must, and after a reload those whose settings stay the
// same can take over connections.
func (s *setting) share() *tls.Config {
	type key struct {
		source   Source
		settings string
	}
	settings := s.config
	settings.Source = nil
	id := key{s.config.Source, fmt.Sprintf("%v %q", settings, s.clients)}
	if s.clients != nil {
		s.config.Clients = directive.Share(s.c, strings.Join(s.clients, "\x00"), func() *Authorities {
			return &Authorities{Names: s.clients, Log: s.c.Site().Log}
		})
	}
	return directive.Share(s.c, id, func() *shared { return &shared{s.config.TLS()} }).conf
}

// shared is a configuration as a resource.
type shared struct{ conf *tls.Config }

func (*shared) Start(context.Context) error { return nil }
func (*shared) Close() error                { return nil }
