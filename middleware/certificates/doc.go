// Package certificates makes a [tls.Config] of certificates in files, which are
// read again when they change, of certificates that a server signs itself, or of
// any other [Source], such as package autohttps.
//
//	files := &certificates.Files{Cert: "cert.pem", Key: "key.pem"}
//	if err := files.Start(ctx); err != nil {
//		return err
//	}
//	defer files.Close()
//	server := &http.Server{Handler: mux, TLSConfig: certificates.Config{Source: files}.TLS()}
//	return server.ListenAndServeTLS("", "")
//
// TLS 1.2 is the least there is (RFC 8996), and HTTP/2 is on. What bounds streams
// that are reset at once (CVE-2023-44487) and headers that go on for ever
// (CVE-2023-45288) is net/http, of the version of Go that a program is built with:
// since Go 1.21.3 and 1.22.2, while this module asks for 1.26.
//
// A session that a client resumes is one of the same [tls.Config]: the tickets of
// each are encrypted with keys of its own, so that who has shown a certificate to
// one site is not taken for known at another.
//
// # In a Caddyfile
//
//	tls CERT KEY
//	tls EMAIL
//	tls self_signed
//	tls off
//	tls [as above] {
//		protocols MIN [MAX]     # tls1.2 or tls1.3; at least tls1.2 by default
//		ciphers   NAME...       # of TLS 1.2; by default those of crypto/tls
//		curves    NAME...       # x25519mlkem768, x25519, p256, p384 or p521
//		clients   FILE...       # clients need a certificate of one of these CAs
//		alpn      h2|http/1.1... # both by default; http/1.1 alone is without HTTP/2
//		load      FOLDER        # of certificates, in place of an argument
//		ca        URL           # of automatic HTTPS: the ACME directory
//		ca_root   FILE          # of automatic HTTPS: by which to trust its server
//		storage   FOLDER        # of automatic HTTPS: where keys and certificates are kept
//	}
//
// CERT and KEY are files in PEM, the certificate followed by those between it and
// its root. They are read again when they have changed, which is looked for when
// a client connects, at most once a second; if that fails, that is logged, and
// those before stay. The files of a FOLDER end in .pem, each with a certificate and
// its key; which one is shown depends on the name that the client asks for. Keys
// are never served as files. The certificates of CAs are looked at again, too; a
// connection that was made by one that is gone stays until it ends.
//
// EMAIL is for automatic HTTPS, see package autohttps: the certificates come
// from an ACME server, by default Let's Encrypt's, and requests without TLS are
// redirected. No other site gets them: an address alone makes no server call out
// to the Internet. A certificate that is self_signed is made when the server
// starts, is good for the names of the site, for a week, and is made anew before
// that has passed. Off is for a snippet's sake: there is no TLS without a line.
//
// The names of ciphers are those of crypto/tls, such as
// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or the ten of Caddy 0.7.1, such as
// ECDHE-RSA-AES128-GCM-SHA256, of which the four without forward secrecy or with
// 3DES (CVE-2016-2183) are warned of. Those of TLS 1.3 are not a matter of choice.
//
// Each site has settings of its own, even where they share a port: the connection
// is made as the site demands that the client asks for by name. One that asks for
// no site on the port gets no certificate at all, but the alert unrecognized_name.
// A client that gives no name, because it connects to an address, gets the site of
// that very address, or else the one without a host. Where any site of a port has
// clients, a request for another host than the connection was made for is answered
// 421 Misdirected Request.
//
// Unlike in Caddy 0.7.1 the settings of one site do not apply to the others of its
// port, ssl3.0, tls1.0 and tls1.1 are errors, and so is tls for a site with
// addresses of http only. One that has others, too, is served on those with
// TLS.
package certificates
