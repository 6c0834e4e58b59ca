package directive

import (
	"context"
	"sync"
)

// A Resource is something that has to be started and closed, such as a log file
// or a set of upstreams. The context of Start is for starting only, see
// [Controller.OnStart]; Close must bear with what never started.
type Resource interface {
	Start(context.Context) error
	Close() error
}

// A Pool holds resources that several sites use, each under its key, and the
// names of files that none of them may serve. It survives a reload, and so does
// what both the old and the new sites use. The zero Pool is empty.
type Pool struct {
	mu      sync.Mutex
	entries map[any]*entry
	hidden  hidden
}

type entry struct {
	resource Resource
	users    int // controllers that may still use it
	started  bool
	starting sync.Mutex
}

// Share returns the resource that c's pool holds under key, which has to be
// comparable; there is one of each type for a key. If there is none, it is what
// make returns. It is started before the first site that uses it, and closed
// after the last.
func Share[R Resource](c *Controller, key any, make func() R) R {
	e := c.use(sharedKey[R]{key}, func() Resource { return make() })
	c.OnStart(e.start)
	return e.resource.(R)
}

type sharedKey[R Resource] struct{ key any }

// use returns the entry of id, which is c's until it stops.
func (c *Controller) use(id any, make func() Resource) *entry {
	p := c.site.Shared
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.entries[id]
	if !ok {
		e = &entry{resource: make()}
		if p.entries == nil {
			p.entries = map[any]*entry{}
		}
		p.entries[id] = e
	}
	e.users++
	c.OnStop(func() error { return p.release(id) })
	return e
}

// ShareValue is Share for what never changes and needs neither to be started nor
// closed, such as what is compiled of a text that thousands of sites have alike.
func ShareValue[V any](c *Controller, key any, make func() V) V {
	e := c.use(sharedKey[value[V]]{key}, func() Resource { return value[V]{make()} })
	return e.resource.(value[V]).v
}

type value[V any] struct{ v V }

func (value[V]) Start(context.Context) error { return nil }
func (value[V]) Close() error                { return nil }

func (e *entry) start(ctx context.Context) error {
	e.starting.Lock()
	defer e.starting.Unlock()
	if e.started {
		return nil
	}
	err := e.resource.Start(ctx)
	e.started = err == nil
	return err
}

func (p *Pool) release(id any) error {
	p.mu.Lock()
	e := p.entries[id]
	e.users--
	last := e.users == 0
	if last {
		delete(p.entries, id)
	}
	p.mu.Unlock()
	if !last {
		return nil
	}
	return e.resource.Close()
}

// Each calls f with every resource that is in use.
func (p *Pool) Each(f func(Resource)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		f(e.resource)
	}
}
