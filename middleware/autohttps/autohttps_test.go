package autohttps_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/autohttps"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// refusing is an ACME server that does nothing for anybody, and counts who asks.
func refusing(t *testing.T) (c autohttps.Config, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "not today", http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return autohttps.Config{
		Directory: server.URL, Roots: roots, Storage: filepath.Join(t.TempDir(), "acme"), Log: slog.New(slog.DiscardHandler),
	}, asked
}

// managing returns a Manager of names, which is closed when the test ends.
func managing(t *testing.T, c autohttps.Config, names ...string) (m *autohttps.Manager, release func()) {
	t.Helper()
	m = autohttps.New(c)
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	release, err := m.Manage(autohttps.Site{Names: names})
	require.NoError(t, err)
	return m, release
}

func ask(m *autohttps.Manager, name string) (*tls.Certificate, error) {
	return m.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
}

// TestOnlyWhatIsManaged checks that a client cannot have a certificate got for a
// name of its choice.
func TestOnlyWhatIsManaged(t *testing.T) {
	c, asked := refusing(t)
	m, release := managing(t, c, "a.example")
	for _, name := range []string{"b.example", "www.a.example", "", "example"} {
		got, err := ask(m, name)
		require.NoError(t, err)
		require.Nil(t, got)
	}
	require.Zero(t, asked.Load())
	_, err := ask(m, "A.example.")
	require.ErrorContains(t, err, "403")
	require.NotZero(t, asked.Load())

	again, err := m.Manage(autohttps.Site{Names: []string{"a.example", "b.example"}})
	require.NoError(t, err)
	release()
	release()
	_, err = ask(m, "a.example")
	require.Error(t, err, "another site has that name still")
	again()
	got, err := ask(m, "a.example")
	require.NoError(t, err)
	require.Nil(t, got)
}

// TestFailuresAreFew checks that who visits a site that gets no certificate does not
// make it run into the limits of its CA, and that it is logged once.
func TestFailuresAreFew(t *testing.T) {
	c, asked := refusing(t)
	var log bytes.Buffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	m, _ := managing(t, c, "a.example")
	_, err := ask(m, "a.example")
	require.Error(t, err)
	first := asked.Load()
	_, err = ask(m, "a.example")
	require.ErrorContains(t, err, "autohttps: no certificate for a.example before ")
	require.Equal(t, first, asked.Load())
	require.Equal(t, 1, strings.Count(log.String(), "no certificate could be got"), log.String())
}

func TestClosed(t *testing.T) {
	middlewaretest.NoLeaks(t)
	c, asked := refusing(t)
	m := autohttps.New(c)
	require.NoError(t, m.Start(t.Context()))
	_, err := m.Manage(autohttps.Site{Names: []string{"a.example"}})
	require.NoError(t, err)
	require.NoError(t, m.Close())
	_, err = ask(m, "a.example")
	require.ErrorIs(t, err, autohttps.ErrClosed)
	require.Zero(t, asked.Load())
	require.NoError(t, m.Close())
}

func TestManageRefuses(t *testing.T) {
	_, err := autohttps.New(autohttps.Config{}).Manage(autohttps.Site{Names: []string{"a.example", "localhost", "b.local"}})
	require.ErrorContains(t, err, "localhost is this machine")
	require.ErrorContains(t, err, "b.local is a name of a private network")
}

// TestStorage checks that nobody else can read the keys.
func TestStorage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode there, but inherit who may read them")
	}
	var log bytes.Buffer
	dir := filepath.Join(t.TempDir(), "a", "b")
	c := autohttps.Config{Storage: dir, Log: slog.New(slog.NewTextHandler(&log, nil))}
	managing(t, c)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	require.Empty(t, log.String())

	require.NoError(t, os.Chmod(dir, 0o755))
	managing(t, c)
	require.Contains(t, log.String(), "others may read the folder of private keys")

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, autohttps.New(autohttps.Config{Storage: file}).Start(t.Context()))
}

func TestHandler(t *testing.T) {
	c, _ := refusing(t)
	m, _ := managing(t, c, "a.example")
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, tt := range []struct {
		name, method, host, target string
		next                       http.Handler
		status                     int
		location                   string
	}{
		{"a redirect", "GET", "a.example", "/x%2f?a=b", nil, 308, "https://a.example/x%2f?a=b"},
		{"a redirect that keeps the method", "POST", "a.example:80", "/", nil, 308, "https://a.example/"},
		{"a redirect of no path", "OPTIONS", "a.example", "*", nil, 308, "https://a.example/"},
		{"a path that looks like a host", "GET", "a.example", "//b.example/", nil, 308, "https://a.example//b.example/"},
		{"no redirect to who is not known", "GET", "b.example", "/", nil, 421, ""},
		{"what is next", "GET", "b.example", "/", next, 418, ""},
		{"a proof that nobody gave", "GET", "a.example", "/.well-known/acme-challenge/x", next, 404, ""},
		{"a proof for another", "GET", "b.example", "/.well-known/acme-challenge/x", next, 403, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), tt.method, tt.target, nil)
			r.Host = tt.host
			m.Handler(tt.next).ServeHTTP(w, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.location, w.Header().Get("Location"))
		})
	}
}
