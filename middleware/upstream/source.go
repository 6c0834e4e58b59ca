package upstream

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Source finds targets. A group calls Watch once.
type Source interface {
	// Watch calls update with all targets there are, at once and whenever that
	// changes, or with an error if that cannot be found out: then the last ones stand.
	// It returns when ctx ends, or if nothing will change any more. The targets of the
	// last update stand then, too.
	Watch(ctx context.Context, update func([]Target, error))
}

// A feed is what a source said last.
type feed struct {
	source  Source
	targets []Target
	at      time.Time // of the last time that it knew
	err     error
}

// watch runs a source. It calls said when the source has said something, or has
// nothing to say.
func (g *Group) watch(i int, said func()) {
	defer said()
	g.feeds[i].source.Watch(g.ctx, func(targets []Target, err error) {
		defer said()
		g.hear(i, targets, err)
	})
}

func (g *Group) hear(i int, targets []Target, err error) {
	g.mu.Lock()
	defer g.unlock()
	if g.closed {
		return // the error may well be that
	}
	f := &g.feeds[i]
	before := f.err
	f.err = err
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		g.events = append(g.events, Event{Kind: Unknown, Source: f.name(), Err: err})
	case err == nil && before != nil:
		g.events = append(g.events, Event{Kind: Known, Source: f.name()})
	}
	if err != nil {
		return
	}
	f.at = time.Now()
	if !slices.Equal(f.targets, targets) {
		f.targets = slices.Clone(targets)
		g.arrange()
	}
}

// name returns what a source is called in logs.
func (f *feed) name() string {
	if s, ok := f.source.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", f.source)
}
