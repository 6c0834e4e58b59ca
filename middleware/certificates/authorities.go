package certificates

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Authorities are the CAs of clients: files with their certificates in PEM, which
// are read again when they change.
type Authorities struct {
	Names []string
	Log   *slog.Logger // of what happens to them later; nil is slog.Default()

	kept kept[*x509.CertPool]
}

// Start reads the files.
func (a *Authorities) Start(context.Context) error { return a.kept.read(a) }

// Close does nothing: Authorities may be started and closed, like other resources.
func (a *Authorities) Close() error { return nil }

func (a *Authorities) log() *slog.Logger { return cmp.Or(a.Log, slog.Default()) }

func (a *Authorities) names() ([]string, error) { return a.Names, nil }

func (a *Authorities) load(names []string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, name := range names {
		text, err := directive.ReadFile(name, directive.MaxPEM)
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: there is no certificate in PEM", name)
		}
	}
	return pool, nil
}

// choose returns what makes connections by the CAs there are at the time. Others
// than before make another configuration, so that sessions end with them.
func (a *Authorities) choose(c Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	var (
		mu      sync.Mutex
		current *tls.Config
		proof   func(*tls.ClientHelloInfo) (*tls.Config, error)
	)
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		pool, err := a.kept.get(a)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		if current == nil || current.ClientCAs != pool {
			current = c.with(pool)
			proof = challenged(current)
		}
		if c.Challenges {
			if p, err := proof(hello); p != nil || err != nil {
				return p, err
			}
		}
		return current, nil
	}
}
