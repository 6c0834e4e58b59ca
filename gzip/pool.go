package gzip

import (
	"io"
	"sync"
)

// A pool keeps the encoders of a coding between responses, and what these say of
// the coding.
type pool struct {
	name   string   // "gzip"
	header []string // of Content-Encoding; its capacity is 1, so that Header.Add copies it
	suffix string   // of entity tags: "-gzip"
	coding Coding
	idle   sync.Pool
}

func newPool(c Coding) *pool {
	name := c.Name()
	return &pool{name: name, header: []string{name}, suffix: "-" + name, coding: c}
}

// get returns an encoder for a stream to w. With nil the stream has yet to begin.
func (p *pool) get(w io.Writer) Encoder {
	e, ok := p.idle.Get().(Encoder)
	if !ok {
		e = p.coding.NewEncoder()
	}
	if w != nil {
		e.Reset(w)
	}
	return e
}

// put takes an encoder back, whatever it is up to.
func (p *pool) put(e Encoder) {
	e.Reset(nil)
	p.idle.Put(e)
}
