package page

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// A Cache remembers what was made of files until these change: of 1000 at most, and
// of 64 MiB. The zero Cache is empty.
type Cache[T any] struct {
	mu     sync.Mutex
	byName map[string]entry[T]
	size   int64 // of the files
}

type entry[T any] struct {
	made T
	info fs.FileInfo
}

const (
	mostFiles = 1000
	mostBytes = 64 << 20
)

// Load returns what was made of a file, or makes it of what is in the file, which
// must not have more than most bytes. The error is [fs.ErrNotExist], or wraps it, if
// there is no such file.
func (c *Cache[T]) Load(tree static.Tree, name string, most int64, make func(source []byte, info fs.FileInfo) (T, error)) (made T, err error) {
	name = path.Clean("/" + name)[1:] // so that it is one, however it is written
	info, err := tree.Stat(name)
	if err != nil {
		return made, err
	}
	if made, ok := c.get(name, info); ok {
		return made, nil
	}
	source, info, err := read(tree, name, most)
	if err == nil {
		made, err = make(source, info)
	}
	if err != nil {
		return made, err
	}
	c.put(name, entry[T]{made, info})
	return made, nil
}

func (c *Cache[T]) get(name string, info fs.FileInfo) (made T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byName[name]
	return e.made, ok && middleware.Unchanged(e.info, info)
}

// put makes room by forgetting whatever comes first.
func (c *Cache[T]) put(name string, e entry[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = map[string]entry[T]{}
	}
	c.drop(name)
	if !middleware.Settled(e.info.ModTime(), time.Now()) {
		return
	}
	for other := range c.byName {
		if len(c.byName) < mostFiles && c.size+e.info.Size() <= mostBytes {
			break
		}
		c.drop(other)
	}
	c.byName[name] = e
	c.size += e.info.Size()
}

func (c *Cache[T]) drop(name string) {
	if e, ok := c.byName[name]; ok {
		c.size -= e.info.Size()
		delete(c.byName, name)
	}
}

// read returns all of a file.
func read(tree static.Tree, name string, most int64) ([]byte, fs.FileInfo, error) {
	file, info, err := tree.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	source, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(source)) > most {
		err = tooMuch(most)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return source, info, nil
}
