package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
)

// A Source has certificates to show to clients. The [Files], [Folder] and
// [SelfSigned] of this package are Sources, and so is autocert.Manager. With nil
// for both results the handshake ends with the alert unrecognized_name.
type Source interface {
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// Config says how connections are made. It needs a Source; the rest has defaults.
type Config struct {
	Source Source // nil refuses every connection

	MinVersion, MaxVersion uint16        // zero is tls.VersionTLS12 and the highest there is
	CipherSuites           []uint16      // of TLS 1.2; nil is the default of crypto/tls
	Curves                 []tls.CurveID // nil is the default of crypto/tls

	// ClientCAs are those one of which has to have signed the certificate that every
	// client has to have; nil is not to ask for it.
	ClientCAs *x509.CertPool

	// Clients are the same in files that are read again when they change; nil is
	// ClientCAs.
	Clients *Authorities

	// NextProtos are the protocols above TLS that are spoken, h2 and http/1.1. Nil is
	// both, but for h2 where CipherSuites have none that HTTP/2 requires.
	NextProtos []string

	// Challenges leaves it to the Source to prove by TLS-ALPN-01 (RFC 8737) that a
	// name is its own. Who asks for that needs no certificate.
	Challenges bool
}

// acmeProto is what a CA negotiates that asks for a proof.
const acmeProto = "acme-tls/1"

// TLS returns the configuration for a server, which is not to be changed once it
// is used.
func (c Config) TLS() *tls.Config {
	conf := c.with(c.ClientCAs)
	switch {
	case c.Clients != nil:
		conf.ClientAuth = tls.RequireAndVerifyClientCert
		conf.GetConfigForClient = c.Clients.choose(c)
	case c.Challenges:
		conf.GetConfigForClient = challenged(conf)
	}
	return conf
}

func (c Config) with(clients *x509.CertPool) *tls.Config {
	conf := &tls.Config{
		MinVersion:       max(c.MinVersion, tls.VersionTLS12),
		MaxVersion:       c.MaxVersion,
		CipherSuites:     slices.Clone(c.CipherSuites),
		CurvePreferences: slices.Clone(c.Curves),
		NextProtos:       slices.Clone(c.NextProtos),
	}
	if c.Source != nil {
		conf.GetCertificate = c.Source.GetCertificate
	}
	if c.NextProtos == nil {
		conf.NextProtos = protocols(conf)
	}
	if clients != nil {
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, clients
	}
	// Where one Config is chosen among several, as by GetConfigForClient, tickets are
	// those of the one that chooses, unless another has ways of its own.
	conf.WrapSession = conf.EncryptTicket
	conf.UnwrapSession = conf.DecryptTicket
	return conf
}

func protocols(c *tls.Config) []string {
	required := [...]uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	has := func(id uint16) bool { return slices.Contains(required[:], id) }
	if c.CipherSuites == nil || c.MinVersion > tls.VersionTLS12 || slices.ContainsFunc(c.CipherSuites, has) {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"} // RFC 9113, section 9.2.2
}

// challenged returns what has a CA that asks for a proof be answered as c says,
// but not be asked for a certificate.
func challenged(c *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	proof := &tls.Config{
		GetCertificate:         c.GetCertificate,
		MinVersion:             tls.VersionTLS12,
		NextProtos:             []string{acmeProto},
		SessionTicketsDisabled: true,
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Equal(hello.SupportedProtos, []string{acmeProto}) {
			return proof, nil
		}
		return nil, nil
	}
}
