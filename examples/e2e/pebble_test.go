package e2e_test

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A pebble is an ACME server, which is Let's Encrypt's own for tests. It takes
// every name for one of this machine.
type pebble struct {
	directory string         // its URL
	root      string         // a file of the certificate that it is to be trusted by
	trusts    *x509.CertPool // the same
	issues    *x509.CertPool // the root of the certificates that it issues
	orders    atomic.Int64
}

// newPebble starts one that looks for proofs on the ports given, and whose
// certificates are good for some seconds.
func newPebble(t *testing.T, httpPort, httpsPort string, validity uint64) *pebble {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_AUTHZREUSE", "0")
	number := func(port string) int {
		n, err := strconv.Atoi(port)
		require.NoError(t, err)
		return n
	}
	var (
		p     = &pebble{issues: x509.NewCertPool(), trusts: x509.NewCertPool()}
		quiet = log.New(io.Discard, "", 0)
		store = db.NewMemoryStore()
		issue = ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: validity}})
		check = va.New(quiet, number(httpPort), number(httpsPort), true, resolver(t), store)
		front = wfe.New(quiet, store, check, issue, []string{"pebble.test"}, true, false, 1, 1)
	)
	handler := front.Handler()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/order-plz") {
			p.orders.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.directory = server.URL + wfe.DirectoryPath
	p.trusts.AddCert(server.Certificate())
	p.root = filepath.Join(t.TempDir(), "pebble.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(p.root, text, 0o600))
	require.True(t, p.issues.AppendCertsFromPEM(issue.GetRootCert(0).PEM()))
	return p
}

// resolver starts a DNS server that knows one address.
func resolver(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		a := new(dns.Msg).SetReply(q)
		for _, question := range q.Question {
			if question.Qtype == dns.TypeA {
				a.Answer = append(a.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET},
					A:   net.IPv4(127, 0, 0, 1),
				})
			}
		}
		w.WriteMsg(a)
	})}
	go server.ActivateAndServe()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// freePort returns a port that nobody listens to.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}
