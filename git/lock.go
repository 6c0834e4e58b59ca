package git

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errLocked is what tryLock returns if somebody else has the lock.
var errLocked = errors.New("locked")

// lockInterval is how often to look whether a lock is free that another program has.
const lockInterval = 20 * time.Millisecond

// lockFile waits for the lock that a file stands for, which no other program has
// at the same time. It ends with the program that has it, whatever ends that.
func lockFile(ctx context.Context, name string) (unlock func(), err error) {
	for {
		f, err := tryLock(name)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another program works with it: waiting for %s: %w", name, context.Cause(ctx))
		case <-time.After(lockInterval):
		}
	}
}
