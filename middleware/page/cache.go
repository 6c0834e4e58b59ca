package page

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/static"
)

// A cache has the templates of files.
type cache struct {
	mu    sync.Mutex
	byKey map[key]*Template
	size  int64 // of their files
}

type key struct {
	name string
	text bool
}

const (
	mostFiles = 1000
	mostBytes = 64 << 20
)

func (c *cache) get(k key, info fs.FileInfo) *Template {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.byKey[k]; t != nil && t.settled && same(t.info, info) {
		return t
	}
	return nil
}

// put makes room by forgetting whatever comes first.
func (c *cache) put(k key, t *Template) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[key]*Template{}
	}
	c.drop(k)
	if !t.settled || t.info.Size() > mostBytes {
		return
	}
	for other := range c.byKey {
		if len(c.byKey) < mostFiles && c.size+t.info.Size() <= mostBytes {
			break
		}
		c.drop(other)
	}
	c.byKey[k] = t
	c.size += t.info.Size()
}

func (c *cache) drop(k key) {
	if t := c.byKey[k]; t != nil {
		c.size -= t.info.Size()
		delete(c.byKey, k)
	}
}

// load returns the template of a file.
func (e *Engine) load(tree static.Tree, name string, asText bool) (*Template, error) {
	name = path.Clean("/" + name)[1:] // so that it is one, however it is written
	info, err := tree.Stat(name)
	if err != nil {
		return nil, err
	}
	k := key{name, asText}
	if t := e.known.get(k, info); t != nil {
		return t, nil
	}
	source, info, err := Read(tree, name, e.cfg.Limit)
	if err != nil {
		return nil, err
	}
	t, err := e.Parse(name, string(source), asText)
	if err != nil {
		return nil, err
	}
	t.info, t.settled = info, settled(info)
	e.known.put(k, t)
	return t, nil
}

// Read returns all of a file that is no longer than most. The error is as of Load.
func Read(tree static.Tree, name string, most int64) ([]byte, fs.FileInfo, error) {
	file, info, err := tree.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	source, err := io.ReadAll(io.LimitReader(file, most+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	case int64(len(source)) > most:
		return nil, nil, fmt.Errorf("%s: %w", name, tooMuch(most))
	}
	return source, info, nil
}

// settled reports whether the next change of a file will show. A file without a
// time, as one of an embed.FS, never changes.
func settled(info fs.FileInfo) bool {
	return info.ModTime().IsZero() || time.Since(info.ModTime()) > settleTime
}
