package autohttps

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/crypto/acme/autocert"
)

// DefaultStorage returns the folder that keys and certificates are kept in by
// default: shallot/acme in the one for the user's configuration.
func DefaultStorage() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "shallot", "acme"), nil
}

// A store is the folder of a Manager.
type store struct {
	dir     autocert.DirCache
	life    context.Context
	renewed func(name string)
}

func (s *store) open(c Config) error {
	dir := c.Storage
	if dir == "" {
		var err error
		if dir, err = DefaultStorage(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		cmp.Or(c.Log, slog.Default()).Warn("others may read the folder of private keys", slog.String("folder", dir), slog.String("mode", mode.String()))
	}
	s.dir = autocert.DirCache(dir)
	return nil
}

// Get implements autocert.Cache. The timers of an autocert.Manager cannot be
// stopped: after the end of a Manager they find nothing that they could do.
func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	return s.dir.Get(ctx, key)
}

// Put implements autocert.Cache. What it replaces is renewed, if it is a
// certificate.
func (s *store) Put(ctx context.Context, key string, data []byte) error {
	if s.life.Err() != nil {
		return ErrClosed
	}
	name, kind, _ := strings.Cut(key, "+")
	isCertificate := kind == "" || kind == "rsa"
	_, err := s.dir.Get(ctx, key)
	again := err == nil && isCertificate
	if err := s.dir.Put(ctx, key, data); err != nil {
		return err
	}
	if again {
		s.renewed(name)
	}
	return nil
}

// Delete implements autocert.Cache.
func (s *store) Delete(ctx context.Context, key string) error {
	if s.life.Err() != nil {
		return ErrClosed
	}
	return s.dir.Delete(ctx, key)
}
