package live

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/probe"
)

// A Recorder knows what the requests of one or several sites are doing, and keeps
// what has become of some. All its methods may be called at any time, by several
// goroutines at once.
type Recorder struct {
	epoch  time.Time
	opened time.Duration // which is then, by middleware.Clock
	on     atomic.Bool
	stop   func() // to watch

	ids       atomic.Uint64 // where package probe gives none
	slots     slots
	ways      sync.Pool // of *way
	names     names
	rings     rings
	upstreams attempts
	tap       tap
	tracer    tracer
	levels    levels

	mu    sync.Mutex
	sites map[string]*site
}

// Open returns a Recorder that records.
func Open() *Recorder {
	r := newRecorder()
	r.watch()
	return r
}

func newRecorder() *Recorder {
	return &Recorder{
		epoch: time.Now(), opened: middleware.Clock(), sites: map[string]*site{}, stop: func() {},
		ways: sync.Pool{New: func() any { return new(way) }},
	}
}

func (r *Recorder) watch() {
	r.stop = probe.Watch()
	r.on.Store(true)
}

// Close has the Recorder record no more, ends those who listen, and puts the levels of
// logs back. What it has kept can still be asked for.
func (r *Recorder) Close() error {
	r.on.Store(false)
	r.stop()
	r.EndTaps()
	r.levels.close()
	r.tracer.close(r.tracer.current())
	return nil
}

// EndTaps ends those who listen, and lets no others. It is for when a server is told
// to stop, which waits for requests: theirs would not end.
func (r *Recorder) EndTaps() { r.tap.close() }

// Tap returns a Reader that is told of the requests that match as they end. It fails
// with ErrReaders if there are 16 already, and with ErrClosed.
func (r *Recorder) Tap(f Filter) (*Reader, error) { return r.tap.add(f) }

// A site is those requests that are counted together.
type site struct {
	recorder    *Recorder
	name        string
	slow, trace time.Duration
	classes     *classes
}

// Classes are how long requests took, by the class of their status. One is made when
// there is something to count.
type classes [len(classNames)]atomic.Pointer[histogram]

var classNames = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

// site returns a site for c. Those of one name are counted together.
func (r *Recorder) site(c Config) *site {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.sites[c.Site]
	if known == nil {
		known = &site{recorder: r, name: c.Site, classes: new(classes)}
		r.sites[c.Site] = known
	}
	return &site{r, c.Site, cmp.Or(c.Slow, DefaultSlow), c.Trace, known.classes}
}

// all returns the sites by their names.
func (r *Recorder) all() (sites []*site) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sites {
		sites = append(sites, s)
	}
	slices.SortFunc(sites, func(a, b *site) int { return cmp.Compare(a.name, b.name) })
	return sites
}

// class returns what requests of a status are counted by: 0 is a connection that was
// handed over.
func (s *site) class(status int) *histogram {
	p := &s.classes[min(max(status/100, 1), len(classNames))-1]
	h := p.Load()
	if h == nil {
		p.CompareAndSwap(nil, new(histogram))
		h = p.Load()
	}
	return h
}

// InFlight returns the requests under way that match, the oldest first and no more
// than most, and how many there are.
func (r *Recorder) InFlight(f Filter, most int) (oldest []Request, total int) {
	flights, now := r.slots.all(), middleware.Clock()
	slices.SortFunc(flights, func(a, b *flight) int { return cmp.Compare(a.start, b.start) })
	oldest = make([]Request, 0, min(most, len(flights)))
	for _, q := range flights {
		if len(oldest) == most && f == (Filter{}) {
			return oldest, len(flights)
		}
		if req := q.request(now, nil); f.match(&req) {
			total++
			if len(oldest) < most {
				oldest = append(oldest, req)
			}
		}
	}
	return oldest, total
}

// A SiteLatency is how long the requests of a site took that ended in a class of
// statuses.
type SiteLatency struct {
	Site  string
	Class string // such as "2xx"; "1xx" are connections that were handed over
	Histogram
}

// Latency returns how long requests took, by site and status.
func (r *Recorder) Latency() (all []SiteLatency) {
	for _, s := range r.all() {
		for i := range s.classes {
			if h := s.classes[i].Load(); h != nil {
				all = append(all, SiteLatency{s.name, classNames[i], h.read()})
			}
		}
	}
	return all
}
