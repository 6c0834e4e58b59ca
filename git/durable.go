package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// replaceFile puts text in the place of a file, in one step and for good.
func replaceFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir has the names in a folder survive a loss of power, where that can be
// asked for.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return syncFile(dir)
}

// syncTree has all that is in a folder survive, before anything says that it is
// there.
func syncTree(ctx context.Context, dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a file must be open for writing to be synced there
	}
	var (
		names = make(chan string)
		mu    sync.Mutex
		errs  []error
		all   sync.WaitGroup
	)
	for range 8 { // the disk does those at a time together
		all.Go(func() {
			for name := range names {
				// What then has made may be out of reach; it is up to it.
				if err := syncFile(name); err != nil && !errors.Is(err, fs.ErrPermission) {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil: // a large site takes longer than the end may
			return context.Cause(ctx)
		case d.IsDir(), d.Type().IsRegular():
			names <- name
		}
		return nil
	})
	close(names)
	all.Wait()
	if err != nil {
		return err
	}
	return errors.Join(errs...)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
