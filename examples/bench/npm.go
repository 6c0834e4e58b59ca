package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A release is one file of a package of npm, by its hash.
type release struct {
	pkg, version, file string
	sha256             string
}

func (r release) String() string { return r.pkg + "@" + r.version + " " + r.file }

// load returns the file. It has npm fetch it, unless it has been fetched before.
func (r release) load(ctx context.Context) ([]byte, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "shallot-bench")
	name := filepath.Join(dir, r.sha256)
	if text, err := os.ReadFile(name); err == nil && hashOf(text) == r.sha256 {
		return text, nil
	}
	text, err := r.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("%v cannot be fetched: %w", r, err)
	}
	if got := hashOf(text); got != r.sha256 {
		return nil, fmt.Errorf("%v is not what it was: its SHA-256 is %s", r, got)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return text, os.WriteFile(name, text, 0o644)
}

func (r release) fetch(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "npm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pack := exec.CommandContext(ctx, "npm", "pack", "--loglevel=error", "--fetch-retries=0", "--fetch-timeout=30000", "--pack-destination="+dir, r.pkg+"@"+r.version)
	pack.Dir = dir
	if out, err := pack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w: %.200q", err, out)
	}
	packed, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(packed) != 1 {
		return nil, errors.New("npm pack has left no package")
	}
	f, err := os.Open(packed[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(plain); ; {
		h, err := t.Next()
		if err != nil {
			return nil, err
		}
		if h.Name == "package/"+r.file {
			return io.ReadAll(t)
		}
	}
}

func hashOf(text []byte) string {
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}
