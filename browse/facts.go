package browse

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A fact is what entries are sorted by if it is not their name.
type fact struct{ size, modified int64 }

// factLifetime is for how long a listing by size or time may be out of date. It
// takes a look at every entry.
const factLifetime = time.Second

// facts looks at all entries; those who want to know the same at a time wait for
// the one that does.
func (l *listing) facts() ([]fact, error) {
	n := l.names
	n.looking.Lock()
	defer n.looking.Unlock()
	if n.facts != nil && time.Since(n.looked) < factLifetime {
		return n.facts, nil
	}
	const batch = 512
	facts, looked := make([]fact, len(n.entries)), time.Now()
	var (
		next    atomic.Int64
		workers sync.WaitGroup
		failed  atomic.Value // of the panic of one of them
	)
	for range min(runtime.GOMAXPROCS(0), len(facts)/batch+1) {
		workers.Go(func() {
			defer func() { // which here would end the program, not the request
				if v := recover(); v != nil {
					failed.CompareAndSwap(nil, panicked{v, debug.Stack()})
				}
			}()
			for l.ctx.Err() == nil && failed.Load() == nil {
				start := int(next.Add(batch)) - batch
				if start >= len(facts) {
					return
				}
				for i := start; i < min(start+batch, len(facts)); i++ {
					info, _, err := l.folder.Stat(n.entries[i].name)
					if err != nil {
						continue
					}
					facts[i].modified = info.ModTime().UnixNano()
					if !info.IsDir() {
						facts[i].size = info.Size()
					}
				}
			}
		})
	}
	workers.Wait()
	if p := failed.Load(); p != nil {
		panic(p)
	}
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	n.facts, n.looked = facts, looked
	return facts, nil
}

// panicked is the panic of another goroutine.
type panicked struct {
	value any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }
