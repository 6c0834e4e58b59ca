package basicauth

import (
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A File is the users of an htpasswd file. It is looked at when somebody tries to
// get in, but not more often than once a second, and read again if it has changed.
type File struct {
	name string
	list atomic.Pointer[list]
	next atomic.Int64 // when to look again, in nanoseconds since the epoch

	mu     sync.Mutex
	seen   fs.FileInfo // of what was last tried to read; nil if it was not there
	fresh  bool        // it may have been written to after that, at the same time
	failed string      // what was last said of it
}

// A list is what the file said at a time.
type list struct{ users map[string]*listed }

// lookInterval is how long a change may go unseen.
const lookInterval = time.Second

// maxFileSize is well beyond what anybody keeps in such a file.
const maxFileSize = 64 << 20

// Open reads an htpasswd file; the package comment says which hashes it may have.
// What is wrong with it is an error that gives the line. There is nothing to close.
func Open(name string) (*File, error) {
	f := &File{name: name}
	f.list.Store(new(list))
	f.next.Store(time.Now().Add(lookInterval).UnixNano())
	return f, f.read(time.Now())
}

func (f *File) has(user string) bool { return f.list.Load().users[user] != nil }

// current returns what the file says, and once for every change of it why that is no
// longer so.
func (f *File) current() (*list, error) {
	now := time.Now()
	if next := f.next.Load(); now.UnixNano() < next || !f.next.CompareAndSwap(next, now.Add(lookInterval).UnixNano()) {
		return f.list.Load(), nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.name)
	if err == nil && f.seen != nil && !f.fresh && middleware.Unchanged(f.seen, info) {
		return f.list.Load(), nil
	}
	err = f.read(now)
	said := f.failed
	f.failed = ""
	if err != nil {
		f.failed = err.Error()
	}
	if f.failed == said {
		err = nil
	}
	return f.list.Load(), err
}

// read replaces the list by what the file says, if that can be understood.
func (f *File) read(now time.Time) error {
	f.seen = nil
	info, err := os.Stat(f.name) // first: of what comes after it is seen that it is another
	if err != nil {
		return fmt.Errorf("htpasswd: %w", err)
	}
	text, err := directive.ReadFile(f.name, maxFileSize)
	if err != nil {
		return fmt.Errorf("htpasswd: %w", err)
	}
	f.seen, f.fresh = info, !middleware.Settled(info.ModTime(), now)
	users, err := parseHtpasswd(string(text), f.list.Load().users)
	if err != nil {
		return fmt.Errorf("htpasswd: %s: %w", f.name, err)
	}
	f.list.Store(&list{users})
	return nil
}
