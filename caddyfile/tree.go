package caddyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A tree is where files are imported from: an fs.FS or the operating system,
// whose names are not those of an fs.FS.
type tree struct {
	fs.FS
	local bool
}

func newTree(fsys fs.FS) tree {
	if fsys == nil {
		return tree{system{}, true}
	}
	return tree{fsys, false}
}

// system is the files of the operating system, under the names they have there.
type system struct{}

func (system) Open(name string) (fs.File, error)     { return os.Open(name) }
func (system) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// key returns what a file is known by, whatever way leads to it.
func (t tree) key(name string) string {
	if !t.local {
		return path.Clean(name)
	}
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return filepath.Clean(name)
}

// resolve returns the path of a file as seen from another.
func (t tree) resolve(name, from string) string {
	switch {
	case !t.local:
		return path.Join(path.Dir(from), name)
	case filepath.IsAbs(name):
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(from), name)
}

// split cuts the last element off a path.
func (t tree) split(name string) (dir, base string) {
	if !t.local {
		return path.Dir(name), path.Base(name)
	}
	return filepath.Dir(name), filepath.Base(name)
}

func (t tree) join(elem ...string) string {
	if !t.local {
		return path.Join(elem...)
	}
	return filepath.Join(elem...)
}

// readAll returns what is in a file, or if that is more than limit bytes, as many
// and one.
func (t tree) readAll(name string, limit int) (string, error) {
	f, err := t.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		text.Grow(int(min(info.Size(), int64(limit))) + 1)
	}
	_, err = io.Copy(&text, io.LimitReader(f, int64(limit)+1))
	return text.String(), err
}

// regular reports what keeps a file from being imported: only ordinary ones end.
func (t tree) regular(name string) error {
	info, err := fs.Stat(t.FS, name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

var errTooMany = errors.New("too many files")

// glob returns the files that a path with one * stands for, in order. The * is
// for any part of one element, but for a dot at its beginning. There can be limit
// of them, in directories that have a hundred times as many entries; looked is how
// many were seen.
func (t tree) glob(pattern string, limit int, looked *int) ([]string, error) {
	dir, elem := t.split(pattern)
	var rest []string // what comes after elem
	for !strings.Contains(elem, "*") && dir != elem {
		rest = slices.Insert(rest, 0, elem)
		dir, elem = t.split(dir)
	}
	prefix, suffix, _ := strings.Cut(elem, "*")
	var matches []string
	err := t.eachEntry(dir, func(entry fs.DirEntry) error {
		name := entry.Name()
		*looked++
		switch {
		case *looked > 100*limit:
			return errTooMany
		case len(name) < len(prefix)+len(suffix), !strings.HasPrefix(name, prefix), !strings.HasSuffix(name, suffix):
			return nil
		case prefix == "" && name[0] == '.':
			return nil
		}
		match := t.join(append([]string{dir, name}, rest...)...)
		info, err := fs.Stat(t.FS, match)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(rest) > 0, err == nil && info.IsDir():
			return nil
		case len(matches) == limit:
			return errTooMany
		}
		matches = append(matches, match)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	slices.Sort(matches)
	return matches, err
}

// eachEntry calls f with the entries of a directory, some at a time. It does not
// open what is none: opening a pipe could take forever.
func (t tree) eachEntry(name string, f func(fs.DirEntry) error) error {
	info, err := fs.Stat(t.FS, name)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a directory", name)
	}
	if err != nil {
		return err
	}
	opened, err := t.Open(name)
	if err != nil {
		return err
	}
	defer opened.Close()
	dir, ok := opened.(fs.ReadDirFile)
	if !ok {
		return fmt.Errorf("%s: %w", name, errors.ErrUnsupported)
	}
	for {
		entries, err := dir.ReadDir(1024)
		for _, entry := range entries {
			if err := f(entry); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
