package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"time"
)

// SelfSigned is a certificate that nobody vouches for, for tests and for what is
// on its way to a server. It is kept in memory, and made anew before its week has
// passed.
type SelfSigned struct {
	// Names are the hosts, or addresses, that it is for; nil is localhost and its
	// addresses.
	Names []string

	mu   sync.Mutex
	cert *tls.Certificate
}

// As in Caddy 1, but for the clock that may be slow of who looks at it.
const (
	lifetime = 7 * 24 * time.Hour
	slow     = time.Hour
)

// Start makes the certificate.
func (s *SelfSigned) Start(context.Context) error {
	_, err := s.GetCertificate(nil)
	return err
}

// Close does nothing: a SelfSigned may be started and closed, like other
// resources.
func (s *SelfSigned) Close() error { return nil }

// GetCertificate returns the certificate, whatever name it is for.
func (s *SelfSigned) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.cert != nil && now.Before(s.cert.Leaf.NotAfter.Add(-lifetime/3)) {
		return s.cert, nil
	}
	c, err := selfSigned(s.Names, now)
	if err != nil {
		return nil, err
	}
	s.cert = c
	return c, nil
}

func selfSigned(names []string, now time.Time) (*tls.Certificate, error) {
	if names == nil {
		names = []string{"localhost", "127.0.0.1", "::1"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"self-signed"}},
		NotBefore:             now.Add(-slow),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
