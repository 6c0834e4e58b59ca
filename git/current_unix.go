//go:build !windows

package git

import (
	"os"
	"path/filepath"
)

// readCurrent returns the name of the release that is live.
func readCurrent(state string) (string, error) {
	target, err := os.Readlink(filepath.Join(state, "current"))
	return filepath.Base(target), err
}

// writeCurrent makes another release the one that is live. At any moment there is
// one of both.
func writeCurrent(state, name string) error {
	temp := filepath.Join(state, "current.new")
	if err := os.Remove(temp); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Symlink(filepath.Join("releases", name), temp); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(state, "current")); err != nil {
		return err
	}
	return syncDir(state)
}
