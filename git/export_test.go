package git

import (
	"context"
	"net/http"
	"time"

	"github.com/shallot-http/shallot/middleware/directive"
)

// NewServiceOf returns a Service that has sync done in place of a Repo's.
func NewServiceOf(sync func(context.Context) (Release, error), c ServiceConfig) *Service {
	return newService(sync, c)
}

// Use has a site use the service that there is under a key, or s.
func Use(c *directive.Controller, key any, s *Service) *Service { return use(c, key, s) }

// CheckURL returns what git would be given for the address of a repository.
func CheckURL(text string) (string, error) {
	r, err := parseRemote(text)
	return r.text, err
}

// CheckRef returns what the remote would be asked for.
func CheckRef(text string) ([]string, error) {
	r, err := parseRef(text)
	if err != nil {
		return nil, err
	}
	return r.patterns(), nil
}

// Highest is highest.
func Highest(names ...string) string { return highest(names) }

// Verify verifies a delivery at a time.
func (p Provider) Verify(h http.Header, body, secret []byte, now time.Time) error {
	_, err := p.verify(h, body, secret, now)
	return err
}

// Refs is refs.
func (p Provider) Refs(h http.Header, body []byte) ([]string, bool, error) { return p.refs(h, body) }

// Triggered takes back what Trigger has said, and reports whether it did.
func Triggered(s *Service) int {
	select {
	case <-s.triggers:
		return 1
	default:
		return 0
	}
}

// Replace has sync done in place of what the Repo would do.
func Replace(s *Service, sync func(context.Context) (Release, error)) { s.sync = sync }

// RemoteOf returns what a repository in a Caddyfile means.
func RemoteOf(text string, key bool) (string, error) {
	p := &parser{url: text}
	if key {
		p.repo.Key = "key"
	}
	return CheckURL(p.remote())
}

// Find returns what a ref is by what a remote says.
func Find(out, text string) (hash, name string, err error) {
	r, err := parseRef(text)
	if err != nil {
		return "", "", err
	}
	a, err := parseAdvert(out)
	if err != nil {
		return "", "", err
	}
	t, err := a.find(r)
	return t.hash, t.ref, err
}
