// Package autohttps gets certificates from an ACME server (RFC 8555), by default
// that of Let's Encrypt, and renews them.
//
//	manager := autohttps.New(autohttps.Config{Email: "me@example.com"})
//	if err := manager.Start(ctx); err != nil {
//		return err
//	}
//	defer manager.Close()
//	release, err := manager.Manage(autohttps.Site{Names: []string{"example.com"}})
//	if err != nil {
//		return err
//	}
//	defer release()
//	go http.ListenAndServe(":80", manager.Handler(nil))
//	server := &http.Server{Handler: mux, TLSConfig: manager.TLS()}
//	return server.ListenAndServeTLS("", "")
//
// The engine is [golang.org/x/crypto/acme/autocert]. Certificates are got for the
// names that are managed and for no others, whatever clients ask for. To have one
// is to agree to the terms of service of the CA. That a name leads here is proven by
// TLS-ALPN-01 (RFC 8737) on port 443, or else by HTTP-01 on port 80: one of the two
// has to be reachable for the CA.
//
// A certificate is got some seconds after its name is managed, or when the first
// client asks for it, who waits for it. If that fails, it is logged and tried
// again after ten minutes, then twice that, up to a day; CAs have limits for failures, of
// five an hour. It is renewed once a third of its lifetime is left, or 30 days.
//
// Keys and certificates are kept in a folder that nobody else can read, to outlive
// the program: CAs have limits for new certificates, too. Several programs may
// share it.
//
// # In a Caddyfile
//
//	tls EMAIL
//	tls [EMAIL] {
//		ca      URL      # of another ACME directory
//		ca_root FILE     # in PEM, to trust that server by; by default the system's
//		storage FOLDER   # by default shallot/acme in the folder for configuration of the user
//		...              # see package certificates
//	}
//
// Only sites with such a line get certificates. Their addresses are on port 443
// unless they say otherwise, and port 80 is listened to as well: for what is asked
// for there, the site with that very address answers, if there is one, such as
// http://example.com. All else is redirected to https by 308, with its path and
// query. Proofs are given before any layer is asked.
//
// No certificate can be had for what is no name in the DNS, such as localhost,
// intranet and 192.0.2.1, nor for *.example.com, which takes a proof in the DNS;
// these are errors. A server of one's own, given as the ca, may know the names of
// private networks, such as printer.local.
package autohttps
