package autohttps

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"
)

const (
	delay    = 3 * time.Second // after which whoever manages a name listens, too, for the CA to see
	patience = 10 * time.Minute
	longest  = 24 * time.Hour
)

// run gets certificates that nobody has asked for yet, one after the other.
func (m *Manager) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-m.life.Done():
			return
		case <-m.news:
		case <-timer.C:
		}
		name, at := m.pending()
		if wait := time.Until(at); name == "" {
			continue
		} else if wait > 0 {
			timer.Reset(wait)
			continue
		}
		m.obtain(&tls.ClientHelloInfo{
			ServerName:   name,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, // for which autocert has an ECDSA key
		})
		timer.Reset(0)
	}
}

// tell has run look at what is pending. Whoever calls it may hold mu.
func (m *Manager) tell() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// pending returns the name without a certificate that is the first to be tried, and
// when; "" if there is none.
func (m *Manager) pending() (name string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for other, n := range m.names {
		if !n.ready && (name == "" || n.next.Before(at)) {
			name, at = other, n.next
		}
	}
	return name, at
}

// GetCertificate returns the certificate for the name that a client asks for, and
// waits until there is one.
func (m *Manager) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == "acme-tls/1" {
		return m.auto.GetCertificate(hello)
	}
	return m.obtain(hello)
}

// obtain does not try again too early what has failed, as autocert would each
// minute.
func (m *Manager) obtain(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := hostname(hello.ServerName)
	m.mu.Lock()
	n := m.names[name]
	if n == nil {
		m.mu.Unlock()
		return nil, nil // and so the alert unrecognized_name
	}
	if n.err != nil && time.Now().Before(n.next) {
		defer m.mu.Unlock()
		return nil, fmt.Errorf("autohttps: no certificate for %s before %s: %w", name, n.next.Format(time.RFC3339), n.err)
	}
	m.mu.Unlock()

	c, err := m.auto.GetCertificate(hello)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err == nil:
		n.ready, n.err, n.failures = true, nil, 0
	case m.life.Err() != nil:
		return nil, ErrClosed
	case n.err == nil || !time.Now().Before(n.next): // else somebody who has waited with us has said so
		n.err = err
		n.next = time.Now().Add(min(patience<<min(n.failures, 10), longest))
		n.failures++
		m.config.Log.Error("no certificate could be got", slog.String("name", name), slog.Any("error", err), slog.Time("next", n.next))
	}
	return c, err
}
