package directive_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/directive"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	require.NoError(t, os.WriteFile(name, []byte("12345"), 0o600))
	text, err := directive.ReadFile(name, 5)
	require.NoError(t, err)
	require.Equal(t, "12345", string(text))

	text, err = directive.ReadFile(name, 4)
	require.EqualError(t, err, "read "+name+": it has more than 4 bytes")
	require.Nil(t, text)
	_, err = directive.ReadFile(dir, 4)
	require.EqualError(t, err, "open "+dir+": it is not a regular file")
	_, err = directive.ReadFile(filepath.Join(dir, "b"), 4)
	require.ErrorIs(t, err, fs.ErrNotExist)
	if runtime.GOOS != "windows" {
		_, err = directive.ReadFile("/dev/zero", 4)
		require.EqualError(t, err, "open /dev/zero: it is not a regular file")
	}
}

func TestReadKeyPair(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.example"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	both, one, missing := filepath.Join(dir, "both"), filepath.Join(dir, "one"), filepath.Join(dir, "missing")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	require.NoError(t, os.WriteFile(both, append(certPEM, keyPEM...), 0o600))
	require.NoError(t, os.WriteFile(one, certPEM, 0o600))

	pair, err := directive.ReadKeyPair(one, both)
	require.NoError(t, err)
	require.Equal(t, []string{"a.example"}, pair.Leaf.DNSNames)
	_, err = directive.ReadKeyPair(both, missing)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = directive.ReadKeyPair(missing, both)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = directive.ReadKeyPair(one, one)
	require.ErrorContains(t, err, "found a certificate rather than a key")
}
