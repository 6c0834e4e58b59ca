package certificates

import (
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// kept is what was read from files, which are looked at again now and then.
type kept[T any] struct {
	value  atomic.Pointer[T]
	looked atomic.Int64 // in nanoseconds since 1970

	mu    sync.Mutex
	state state // of the files when they were read last
}

// files are what a kept is read from.
type files[T any] interface {
	names() ([]string, error)
	load(names []string) (T, error)
	log() *slog.Logger
}

// lookInterval is how often clients that connect have the files looked at.
const lookInterval = time.Second

// get returns what was read. Nobody waits for what has changed but the one
// that sees it.
func (k *kept[T]) get(f files[T]) (T, error) {
	if k.value.Load() == nil {
		if err := k.read(f); err != nil {
			var none T
			return none, err
		}
	}
	now, looked := time.Now().UnixNano(), k.looked.Load()
	if since := time.Duration(now - looked); (since >= lookInterval || since < 0) && k.looked.CompareAndSwap(looked, now) {
		k.look(f)
	}
	return *k.value.Load(), nil
}

// read reads the files for the first time.
func (k *kept[T]) read(f files[T]) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.value.Load() != nil {
		return nil
	}
	names, err := f.names()
	if err != nil {
		return err
	}
	state := stateOf(names)
	value, err := f.load(names)
	if err != nil {
		return err
	}
	k.state = state
	k.looked.Store(time.Now().UnixNano())
	k.value.Store(&value)
	return nil
}

// look reads the files again if they have changed. While the certificate is new and
// its key is not yet, they do not fit: then it is tried again when that changes.
func (k *kept[T]) look(f files[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	names, err := f.names()
	state := stateOf(names)
	if err != nil {
		state.failed = err.Error()
	}
	if state.equal(k.state) {
		return
	}
	k.state = state
	var value T
	if err == nil {
		value, err = f.load(names)
	}
	if err != nil {
		f.log().Error("certificates have changed and cannot be read: those before stay in use", slog.Any("error", err))
		return
	}
	k.value.Store(&value)
	f.log().Info("certificates have changed, and are in use", slog.Any("files", names))
}

// A state is what is different once files are.
type state struct {
	names  []string
	infos  []fs.FileInfo // nil is of what is not there
	failed string        // why there are no names
}

func stateOf(names []string) state {
	s := state{names: names}
	for _, name := range names {
		info, _ := os.Stat(name)
		s.infos = append(s.infos, info)
	}
	return s
}

func (s state) equal(other state) bool {
	return s.failed == other.failed && slices.Equal(s.names, other.names) && slices.EqualFunc(s.infos, other.infos, middleware.Unchanged)
}
