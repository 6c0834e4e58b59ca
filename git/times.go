package git

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// keepTimes gives files that are, byte by byte, what they are in the release that is
// live the time of modification that they have there: what browsers have of them
// stays good, as if only the others had been written.
func keepTimes(ctx context.Context, dir, live string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		before, err := os.Lstat(filepath.Join(live, rel))
		if err != nil || !before.Mode().IsRegular() {
			return nil // it is new
		}
		now, err := d.Info()
		if err != nil || now.Size() != before.Size() || !equalFiles(ctx, name, filepath.Join(live, rel)) {
			return err
		}
		if err := os.Chtimes(name, before.ModTime(), before.ModTime()); err != nil && !os.IsPermission(err) {
			return err
		}
		return nil
	})
}

// equalFiles reports whether two files can be read and have the same in them.
func equalFiles(ctx context.Context, a, b string) bool {
	f, err := os.Open(a)
	if err != nil {
		return false
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false
	}
	defer g.Close()
	const size = 64 << 10
	p, q := make([]byte, size), make([]byte, size)
	for ctx.Err() == nil {
		n, err := io.ReadFull(f, p)
		m, other := io.ReadFull(g, q)
		if n != m || !bytes.Equal(p[:n], q[:m]) || err != other {
			return false
		}
		if err != nil {
			return err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
	return false
}
