package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// properties reads the block.
func (s *setting) properties() {
	names := append(slices.Collect(maps.Keys(elsewhere)),
		"protocols", "ciphers...", "curves...", "clients...", "alpn", "load", "ca", "ca_root", "storage")
	for _, prop := range s.line.Properties(names...) {
		switch prop.Name() {
		case "protocols":
			args := prop.Args(1, 2, "a version such as tls1.2")
			s.config.MinVersion = version(prop, args[0])
			if len(args) == 2 {
				s.config.MaxVersion = version(prop, args[1])
				if s.config.MaxVersion < s.config.MinVersion {
					prop.Errorf(args[1], "%s is less than %s", args[1].Text, args[0].Text)
				}
			}
		case "ciphers":
			for _, arg := range prop.Args(1, directive.Any, "a cipher") {
				s.cipher(prop, arg)
			}
		case "curves":
			for _, arg := range prop.Args(1, directive.Any) {
				name := prop.OneOf(lower(arg), "curve", slices.Sorted(maps.Keys(curves))...)
				s.config.Curves = append(s.config.Curves, curves[name])
			}
		case "clients":
			for _, arg := range prop.Args(1, directive.Any, "a file of CAs") {
				if slices.Contains(modes, arg.Text) {
					prop.Errorf(arg, "clients that have no certificate of these CAs are always refused")
					continue
				}
				pool(prop, arg)
				s.clients = append(s.clients, arg.Text)
			}
		case "alpn":
			s.config.NextProtos = []string{}
			for _, arg := range prop.Args(1, directive.Any) {
				s.config.NextProtos = append(s.config.NextProtos, prop.OneOf(arg, "protocol", "h2", "http/1.1"))
			}
		case "load":
			s.load = prop.Arg("a folder")
		case "ca":
			arg := prop.Arg("the URL of an ACME directory")
			if u, err := url.Parse(arg.Text); err != nil || u.Scheme != "https" || u.Host == "" {
				prop.Errorf(arg, "%q is not the URL of an ACME directory, such as https://acme-staging-v02.api.letsencrypt.org/directory", arg.Text)
			}
			s.auto.CA, s.auto.At = arg.Text, prop.Words[0]
		case "ca_root":
			arg := prop.Arg("a file of CAs")
			s.c.Site().DependsOn(arg.Text)
			s.auto.Roots, s.auto.RootPEM = pool(prop, arg)
			s.auto.At = prop.Words[0]
		case "storage":
			s.auto.Storage, s.auto.At = prop.Arg("a folder").Text, prop.Words[0]
		default:
			prop.Args(0, directive.Any)
			prop.Errorf(prop.Words[0], "this is of Caddy 1 only: %s", elsewhere[prop.Name()])
		}
	}
}

// modes are what Caddy 1 takes before the files of clients.
var modes = []string{"request", "require", "verify_if_given"}

// elsewhere is what Caddy 1 has, and what there is in its place.
var elsewhere = map[string]string{
	"key_type":    "keys are ECDSA, or RSA for clients that know no other",
	"max_certs":   "certificates are got for the names of the site, and no others",
	"ask":         "certificates are got for the names of the site, and no others",
	"dns":         "proofs are given by TLS-ALPN-01 and HTTP-01",
	"wildcard":    "a certificate for a wildcard takes a proof in the DNS; it can be had from elsewhere, by tls CERT KEY",
	"must_staple": "CAs end OCSP, as Let's Encrypt has in 2025",
}

// lower returns w in lower case: names are written in either, as in Caddy 0.7.1.
func lower(w directive.Word) directive.Word {
	w.Text = strings.ToLower(w.Text)
	return w
}

func version(prop *directive.Line, w directive.Word) uint16 {
	switch w = lower(w); w.Text {
	case "ssl3.0", "tls1.0", "tls1.1":
		prop.Errorf(w, "%s is not to be used any more (RFC 7568, RFC 8996): the least is tls1.2", w.Text)
		return tls.VersionTLS12
	}
	if prop.OneOf(w, "protocol", "tls1.2", "tls1.3") == "tls1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

func (s *setting) cipher(prop *directive.Line, w directive.Word) {
	name := strings.ToUpper(w.Text)
	if now, ok := ciphersOfOld[name]; ok {
		name = now
	}
	for _, suite := range tls.CipherSuites() {
		if suite.Name != name {
			continue
		}
		if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			prop.Errorf(w, "the ciphers of TLS 1.3 are all in use, always")
		}
		s.config.CipherSuites = append(s.config.CipherSuites, suite.ID)
		return
	}
	for _, suite := range tls.InsecureCipherSuites() {
		if suite.Name == name && slices.Contains(weak, suite.ID) {
			prop.Warnf(w, "%s is weak: it has no forward secrecy, or is 3DES (CVE-2016-2183)", w.Text)
			s.config.CipherSuites = append(s.config.CipherSuites, suite.ID)
			return
		}
	}
	prop.Errorf(w, "unknown cipher %q%s", w.Text, directive.Suggest(name, names()...))
}

// names returns those that are suggested.
func names() []string {
	names := slices.Collect(maps.Keys(ciphersOfOld))
	for _, suite := range tls.CipherSuites() {
		names = append(names, suite.Name)
	}
	slices.Sort(names)
	return names
}

// ciphersOfOld are the names that Caddy 0.7.1 has for them.
var ciphersOfOld = map[string]string{
	"ECDHE-RSA-AES128-GCM-SHA256":   "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"ECDHE-RSA-AES128-CBC-SHA":      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
	"ECDHE-RSA-AES256-CBC-SHA":      "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
	"ECDHE-ECDSA-AES128-CBC-SHA":    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
	"ECDHE-ECDSA-AES256-CBC-SHA":    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
	"RSA-AES128-CBC-SHA":            "TLS_RSA_WITH_AES_128_CBC_SHA",
	"RSA-AES256-CBC-SHA":            "TLS_RSA_WITH_AES_256_CBC_SHA",
	"ECDHE-RSA-3DES-EDE-CBC-SHA":    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
	"RSA-3DES-EDE-CBC-SHA":          "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
}

// weak are those of Caddy 0.7.1 that crypto/tls has got by request only.
var weak = []uint16{
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
}

var curves = map[string]tls.CurveID{
	"p256": tls.CurveP256, "p384": tls.CurveP384, "p521": tls.CurveP521,
	"x25519": tls.X25519, "x25519mlkem768": tls.X25519MLKEM768,
}

// pool returns the certificates of CAs in a file, and its text.
func pool(prop *directive.Line, w directive.Word) (*x509.CertPool, string) {
	text, err := directive.ReadFile(w.Text, directive.MaxPEM)
	if err != nil {
		prop.Errorf(w, "%w", err)
		return nil, ""
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(text) {
		prop.Errorf(w, "%s: there is no certificate in PEM", w.Text)
	}
	return p, string(text)
}
