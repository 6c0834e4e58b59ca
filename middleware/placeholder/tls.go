package placeholder

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"strconv"
	"time"
)

// appendTLS appends what the names that begin with tls_ stand for. The values are
// those of Caddy 1, except that ciphers have the names of IANA.
func (v *Values) appendTLS(dst []byte, o *op) ([]byte, form) {
	conn := v.Request.TLS
	if conn == nil {
		return dst, ours
	}
	switch o.source {
	case fromTLSProtocol:
		return append(dst, protocol(conn.Version)...), ours
	case fromTLSCipher:
		return append(dst, tls.CipherSuiteName(conn.CipherSuite)...), ours
	}
	if len(conn.PeerCertificates) == 0 {
		return dst, ours
	}
	const layout = "Jan 02 15:04:05 2006 MST"
	switch cert := conn.PeerCertificates[0]; o.source {
	case fromCertSubject:
		dst = append(dst, cert.Subject.String()...)
	case fromCertIssuer:
		dst = append(dst, cert.Issuer.String()...)
	case fromCertSerial:
		dst = cert.SerialNumber.Append(dst, 16)
	case fromCertFingerprint:
		sum := sha256.Sum256(cert.Raw)
		dst = hex.AppendEncode(dst, sum[:])
	case fromCertStart:
		dst = cert.NotBefore.UTC().AppendFormat(dst, layout)
	case fromCertEnd:
		dst = cert.NotAfter.UTC().AppendFormat(dst, layout)
	case fromCertRemain:
		dst = strconv.AppendInt(dst, int64(cert.NotAfter.Sub(v.now())/(24*time.Hour)), 10)
	case fromCertPEM:
		start := len(dst)
		dst = append(dst, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
		return escapePercent(dst, start, true, inArgument), escaped
	case fromCertDER:
		dst = append(dst, cert.Raw...)
	}
	return dst, text
}

func protocol(version uint16) string {
	switch version {
	case tls.VersionTLS10:
		return "tls1.0"
	case tls.VersionTLS11:
		return "tls1.1"
	case tls.VersionTLS12:
		return "tls1.2"
	case tls.VersionTLS13:
		return "tls1.3"
	}
	return "tls"
}
