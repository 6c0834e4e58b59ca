package directive

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile returns what is in a file that a Caddyfile names. It has to be a regular
// file of at most limit bytes: a Setup must not wait for a pipe to be written to, or
// read a device that has no end.
func ReadFile(name string, limit int64) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("it is not a regular file")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it has more than %d bytes", limit)}
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// MaxPEM is the limit for a file of certificates, and more than all there are.
const MaxPEM = 16 << 20

// ReadKeyPair returns the certificate in one file and its key in another, or in the
// same, as tls.LoadX509KeyPair does. Both files are read by ReadFile.
func ReadKeyPair(cert, key string) (tls.Certificate, error) {
	certPEM, err := ReadFile(cert, MaxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := ReadFile(key, MaxPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}
