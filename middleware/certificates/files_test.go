package certificates_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/certificates"
	"github.com/shallot-http/shallot/middleware/certificates/certificatestest"
)

// shown returns the names of the certificate that source shows to a client that
// asks for a name.
func shown(t *testing.T, source certificates.Source, name string) []string {
	t.Helper()
	c, err := source.GetCertificate(&tls.ClientHelloInfo{
		ServerName:        name,
		SupportedVersions: []uint16{tls.VersionTLS13},
		SignatureSchemes:  []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
	})
	require.NoError(t, err)
	if c == nil {
		return nil
	}
	return c.Leaf.DNSNames
}

// age gives files a time of their own: two that are written at once may have the
// same.
func age(t *testing.T, at time.Time, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, os.Chtimes(name, at, at))
	}
}

// TestFilesAreReadAgain checks that a certificate is renewed by writing its files,
// one after the other as it may be, and that what cannot be read does no harm.
func TestFilesAreReadAgain(t *testing.T) {
	dir, ca := t.TempDir(), certificatestest.New(t, "ca")
	cert, key := ca.Issue(t, "old.example").Write(t, dir, "a")
	next := ca.Issue(t, "new.example")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		files := &certificates.Files{Cert: cert, Key: key, Log: slog.New(slog.NewTextHandler(&log, nil))}
		require.NoError(t, files.Start(t.Context()))
		defer files.Close()
		old, renewed := []string{"old.example"}, []string{"new.example"}
		later := func(want []string) {
			t.Helper()
			time.Sleep(time.Second)
			require.Equal(t, want, shown(t, files, ""))
		}

		require.NoError(t, os.WriteFile(cert, next.Cert, 0o600))
		age(t, time.Now(), cert)
		require.Equal(t, old, shown(t, files, ""), "it has been looked at this second")
		later(old)
		require.Contains(t, log.String(), "certificates have changed and cannot be read: those before stay in use")
		said := log.Len()
		later(old)
		require.Equal(t, said, log.Len(), "one failure is logged once")

		require.NoError(t, os.WriteFile(key, next.Key, 0o600))
		age(t, time.Now(), key)
		later(renewed)
		require.Contains(t, log.String(), "certificates have changed, and are in use")

		require.NoError(t, os.Remove(key))
		later(renewed)
		require.NoError(t, os.WriteFile(key, next.Key, 0o600))
		later(renewed)
	})
}

// TestFilesThatLookAlike puts a file in the place of another that has its size and
// its time.
func TestFilesThatLookAlike(t *testing.T) {
	dir, ca := t.TempDir(), certificatestest.New(t, "ca")
	put := func(name string, p certificatestest.PEM) {
		text := slices.Concat(p.Cert, p.Key)
		text = append(text, bytes.Repeat([]byte("\n"), 8<<10-len(text))...)
		require.NoError(t, os.WriteFile(name, text, 0o600))
		age(t, time.Unix(1, 0), name)
	}
	name, next := filepath.Join(dir, "a.pem"), filepath.Join(dir, "next.pem")
	put(name, ca.Issue(t, "old.example"))
	put(next, ca.Issue(t, "new.example"))
	synctest.Test(t, func(t *testing.T) {
		files := &certificates.Files{Cert: name, Key: name, Log: slog.New(slog.DiscardHandler)}
		require.NoError(t, files.Start(t.Context()))
		defer files.Close()
		require.Equal(t, []string{"old.example"}, shown(t, files, ""))
		require.NoError(t, os.Rename(next, name))
		time.Sleep(time.Second)
		require.Equal(t, []string{"new.example"}, shown(t, files, ""))
	})
}

func TestFilesThatAreNone(t *testing.T) {
	dir, ca := t.TempDir(), certificatestest.New(t, "ca")
	cert, key := ca.Issue(t, "a.example").Write(t, dir, "a")
	_, other := ca.Issue(t, "b.example").Write(t, dir, "b")
	for _, tt := range []struct{ name, cert, key, want string }{
		{"no certificate", "none", key, "open none: "},
		{"no key", cert, "none", "open none: "},
		{"the key of another", cert, other, cert + ", " + other + ": tls: private key does not match public key"},
		{"a key in place of the certificate", key, key, key + ": tls: failed to find certificate PEM data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := &certificates.Files{Cert: tt.cert, Key: tt.key}
			require.ErrorContains(t, files.Start(t.Context()), tt.want)
			_, err := files.GetCertificate(nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestFolder checks that the certificate shown is one for the name that is asked
// for, and that new ones are found.
func TestFolder(t *testing.T) {
	dir, ca := t.TempDir(), certificatestest.New(t, "ca")
	put := func(file string, names ...string) {
		p := ca.Issue(t, names...)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), append(p.Cert, p.Key...), 0o600))
	}
	put("a.pem", "a.example", "www.a.example")
	put("b.pem", "*.b.example")
	put("ignored.txt", "c.example")
	synctest.Test(t, func(t *testing.T) {
		folder := &certificates.Folder{Dir: dir}
		require.NoError(t, folder.Start(t.Context()))
		defer folder.Close()
		require.Equal(t, []string{"a.example", "www.a.example"}, shown(t, folder, "www.a.example"))
		require.Equal(t, []string{"*.b.example"}, shown(t, folder, "x.b.example"))
		require.Nil(t, shown(t, folder, "c.example"))
		require.Nil(t, shown(t, folder, ""))
		put("c.pem", "c.example")
		time.Sleep(time.Second)
		require.Equal(t, []string{"c.example"}, shown(t, folder, "c.example"))
	})
	none := &certificates.Folder{Dir: t.TempDir()}
	require.EqualError(t, none.Start(t.Context()), none.Dir+": no file there ends in .pem")
}

// TestSelfSignedIsRenewed checks that a server may run for longer than its
// certificate is good for.
func TestSelfSignedIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &certificates.SelfSigned{Names: []string{"a.example", "192.0.2.1"}}
		require.NoError(t, s.Start(t.Context()))
		defer s.Close()
		first, err := s.GetCertificate(nil)
		require.NoError(t, err)
		require.NoError(t, first.Leaf.VerifyHostname("192.0.2.1"))
		time.Sleep(4 * 24 * time.Hour)
		second, err := s.GetCertificate(nil)
		require.NoError(t, err)
		require.Same(t, first, second)
		time.Sleep(24 * time.Hour)
		third, err := s.GetCertificate(nil)
		require.NoError(t, err)
		require.NotSame(t, first, third)
		require.True(t, third.Leaf.NotAfter.After(time.Now().Add(6*24*time.Hour)))
	})
}

// TestAuthoritiesAreReadAgain checks that who loses the trust of a server loses it
// while the server runs.
func TestAuthoritiesAreReadAgain(t *testing.T) {
	known, next := certificatestest.New(t, "known"), certificatestest.New(t, "next")
	name := filepath.Join(t.TempDir(), "clients.pem")
	require.NoError(t, os.WriteFile(name, known.PEM, 0o600))
	age(t, time.Now().Add(-time.Hour), name)
	var log bytes.Buffer
	clients := &certificates.Authorities{Names: []string{name}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	require.NoError(t, clients.Start(t.Context()))
	defer clients.Close()
	conf := certificates.Config{Source: &certificates.SelfSigned{}, Clients: clients}.TLS()
	require.Equal(t, tls.RequireAndVerifyClientCert, conf.ClientAuth)
	synctest.Test(t, func(t *testing.T) {
		chosen := func() *tls.Config {
			time.Sleep(time.Second)
			c, err := conf.GetConfigForClient(&tls.ClientHelloInfo{})
			require.NoError(t, err)
			require.Equal(t, tls.RequireAndVerifyClientCert, c.ClientAuth)
			return c
		}
		first := chosen()
		require.Same(t, first, chosen())
		require.True(t, first.ClientCAs.Equal(known.Pool))
		require.NoError(t, os.WriteFile(name, []byte("none"), 0o600))
		require.Same(t, first, chosen())
		require.Contains(t, log.String(), "there is no certificate in PEM")
		require.NoError(t, os.WriteFile(name, next.PEM, 0o600))
		require.True(t, chosen().ClientCAs.Equal(next.Pool))
	})
}
