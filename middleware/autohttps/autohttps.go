package autohttps

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/shallot-http/shallot/middleware/certificates"
)

// Config says where certificates come from. The zero Config is Let's Encrypt, by
// an account without an email address.
type Config struct {
	Email       string         // for the CA to write to; "" is none
	Directory   string         // URL of the ACME directory; "" is Let's Encrypt's
	Roots       *x509.CertPool // to trust that server by; nil is the system's
	Storage     string         // folder of keys and certificates; "" is DefaultStorage
	RenewBefore time.Duration  // its end a certificate is renewed; zero is a third of its lifetime, or 30 days
	Log         *slog.Logger   // nil is slog.Default()
}

// A Site is names that belong together, such as example.com and www.example.com.
type Site struct {
	Names []string // in lower case and ASCII

	// Renewed, if not nil, is called with each name that a certificate was got for
	// in place of another. Its context ends when the Manager is closed.
	Renewed func(ctx context.Context, name string)
}

// A Manager gets certificates, and is a [certificates.Source] of them. It is
// usable once it is started.
type Manager struct {
	config Config
	store  *store
	auto   *autocert.Manager
	life   context.Context
	end    context.CancelFunc
	news   chan struct{} // has room for one: that there are new names
	done   sync.WaitGroup

	mu    sync.Mutex
	names map[string]*managed
}

// managed is a name that sites have.
type managed struct {
	sites    []*Site
	ready    bool      // there is a certificate
	next     time.Time // when to try to get one, again
	failures int
	err      error // of the last try
}

// ErrClosed is returned for what is asked of a Manager after Close.
var ErrClosed = errors.New("autohttps: manager is closed")

// New returns a Manager that manages no names yet.
func New(c Config) *Manager {
	c.Log = cmp.Or(c.Log, slog.Default())
	m := &Manager{config: c, news: make(chan struct{}, 1), names: map[string]*managed{}}
	m.life, m.end = context.WithCancel(context.Background())
	m.store = &store{life: m.life, renewed: m.renewed}
	m.auto = &autocert.Manager{
		Prompt:      autocert.AcceptTOS,
		Cache:       m.store,
		HostPolicy:  m.permits,
		RenewBefore: c.RenewBefore,
		Email:       c.Email,
		Client: &acme.Client{
			DirectoryURL: cmp.Or(c.Directory, autocert.DefaultACMEDirectory),
			HTTPClient:   &http.Client{Transport: newTransport(m.life, c.Roots), Timeout: 30 * time.Second},
			UserAgent:    "shallot",
		},
	}
	return m
}

// Start opens the folder of keys and certificates, which it makes if it is not
// there.
func (m *Manager) Start(context.Context) error {
	if err := m.store.open(m.config); err != nil {
		return err
	}
	m.done.Go(m.run)
	return nil
}

// Close ends what m does. An attempt to get a certificate fails at its next
// request. No certificate is renewed after.
func (m *Manager) Close() error {
	m.mu.Lock()
	m.end()
	m.mu.Unlock()
	m.done.Wait()
	return nil
}

// Manage has certificates for the names of a site, until release is called. Sites
// may share names.
func (m *Manager) Manage(s Site) (release func(), err error) {
	var errs []error
	for _, name := range s.Names {
		errs = append(errs, Check(name, m.config.Directory != ""))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range s.Names {
		if m.names[name] == nil {
			m.names[name] = &managed{next: time.Now().Add(delay)}
		}
		m.names[name].sites = append(m.names[name].sites, &s)
	}
	m.tell()
	return sync.OnceFunc(func() { m.release(&s) }), nil
}

func (m *Manager) release(s *Site) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range s.Names {
		n := m.names[name]
		if n == nil {
			continue // named twice
		}
		if n.sites = slices.DeleteFunc(n.sites, func(other *Site) bool { return other == s }); len(n.sites) == 0 {
			delete(m.names, name)
		}
	}
}

// TLS returns the configuration for a server of all names.
func (m *Manager) TLS() *tls.Config {
	return certificates.Config{Source: m, Challenges: true}.TLS()
}

// Handler proves to the CA, by HTTP-01, that the names are m's, and leaves all other
// requests to next. Nil redirects them to https on port 443. It is for port 80.
func (m *Manager) Handler(next http.Handler) http.Handler {
	if next == nil {
		next = http.HandlerFunc(m.redirect)
	}
	return m.auto.HTTPHandler(next)
}

func (m *Manager) redirect(w http.ResponseWriter, r *http.Request) {
	name := hostname(r.Host)
	if m.permits(r.Context(), name) != nil {
		http.Error(w, "421 Misdirected Request", http.StatusMisdirectedRequest)
		return
	}
	uri := r.URL.RequestURI()
	if !strings.HasPrefix(uri, "/") { // OPTIONS *
		uri = "/"
	}
	w.Header().Set("Location", "https://"+name+uri)
	w.WriteHeader(http.StatusPermanentRedirect)
}

// permits is what keeps m to its names.
func (m *Manager) permits(_ context.Context, host string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[hostname(host)] == nil {
		return fmt.Errorf("autohttps: %q is not managed", host)
	}
	return nil
}

// hostname returns a Host field, or what a client asks for, as names are written.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// renewed tells the sites of a name.
func (m *Manager) renewed(name string) {
	m.config.Log.Info("certificate renewed", slog.String("name", name))
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.names[name]; n != nil && m.life.Err() == nil {
		for _, s := range n.sites {
			if s.Renewed != nil {
				m.done.Go(func() { s.Renewed(m.life, name) })
			}
		}
	}
}
