package certificates

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Files is a certificate in a file, with those between it and its root, and its
// key in another, or the same, in PEM. They are read again when they change.
type Files struct {
	Cert, Key string
	Log       *slog.Logger // of what happens to them later; nil is slog.Default()

	kept kept[[]*tls.Certificate]
}

// Start reads the files.
func (f *Files) Start(context.Context) error { return f.kept.read(f) }

// Close does nothing: Files may be started and closed, like other resources.
func (f *Files) Close() error { return nil }

// GetCertificate returns the certificate, whatever name it is for.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	certs, err := f.kept.get(f)
	if err != nil {
		return nil, err
	}
	return certs[0], nil
}

func (f *Files) log() *slog.Logger { return cmp.Or(f.Log, slog.Default()) }

func (f *Files) names() ([]string, error) { return []string{f.Cert, f.Key}, nil }

func (f *Files) load([]string) ([]*tls.Certificate, error) {
	c, err := load(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	return []*tls.Certificate{c}, nil
}

// A Folder is certificates in files that end in .pem, each with its key. New ones
// are found, and those that change read again.
type Folder struct {
	Dir string
	Log *slog.Logger // of what happens to them later; nil is slog.Default()

	kept kept[[]*tls.Certificate]
}

// Start reads the files, of which there has to be one.
func (f *Folder) Start(context.Context) error { return f.kept.read(f) }

// Close does nothing: a Folder may be started and closed, like other resources.
func (f *Folder) Close() error { return nil }

// GetCertificate returns the first certificate that is for the name the client
// asks for, or for the address that it connects to if it gives no name. If there is
// none, the result is nil.
func (f *Folder) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	certs, err := f.kept.get(f)
	if err != nil {
		return nil, err
	}
	name := hello.ServerName
	if name == "" && hello.Conn != nil {
		name, _, _ = net.SplitHostPort(hello.Conn.LocalAddr().String())
	}
	var second *tls.Certificate // of a kind that the client does not know
	for _, c := range certs {
		if c.Leaf.VerifyHostname(name) != nil {
			continue
		}
		if hello.SupportsCertificate(c) == nil {
			return c, nil
		}
		second = cmp.Or(second, c)
	}
	return second, nil
}

func (f *Folder) log() *slog.Logger { return cmp.Or(f.Log, slog.Default()) }

func (f *Folder) names() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".pem") && !e.IsDir() {
			names = append(names, filepath.Join(f.Dir, e.Name()))
		}
	}
	return names, nil
}

func (f *Folder) load(names []string) ([]*tls.Certificate, error) {
	var certs []*tls.Certificate
	for _, name := range names {
		c, err := load(name, name)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	if certs == nil {
		return nil, fmt.Errorf("%s: no file there ends in .pem", f.Dir)
	}
	return certs, nil
}

// load reads a certificate and its key, and names the file that is not as it has
// to be.
func load(cert, key string) (*tls.Certificate, error) {
	c, err := directive.ReadKeyPair(cert, key)
	if _, named := errors.AsType[*os.PathError](err); err != nil && !named {
		name := cert
		if key != cert {
			name += ", " + key
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err == nil && c.Leaf == nil { // as it is with GODEBUG=x509keypairleaf=0
		c.Leaf, err = x509.ParseCertificate(c.Certificate[0])
	}
	return &c, err
}
