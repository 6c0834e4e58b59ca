//go:build !windows && (!unix || aix || solaris)

package git

import "os"

// tryLock trusts that there is one program, for want of a lock.
func tryLock(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}
