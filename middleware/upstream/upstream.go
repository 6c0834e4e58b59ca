package upstream

import (
	"sync/atomic"
	"time"
)

// An Upstream is a [Target] with what is known of it. It stays valid, and keeps
// what is known, for as long as somebody has it.
type Upstream struct {
	Target
	*state
	hash uint64 // of what it is called, the same in every process
}

// state is what is known of a target, whichever weight it has at the moment.
type state struct {
	// What is written for each request stands together, and apart from what is only
	// read, so that processors have one cache line to pass on and not several.
	active       atomic.Int64 // requests under way
	limit        atomic.Int64 // the most there may be; 0 is any number
	latency      ewma
	done, failed atomic.Uint64
	_            [16]byte

	ramp      atomic.Int64 // when its slow start began, as Group.now; 0 is not
	turn      atomic.Int64 // what it has been through: results from before do not count
	probation atomic.Bool  // from the return of an ejection to the first success
	token     atomic.Pointer[token]

	breaker breaker
	handle  *Upstream // the last one; guarded by Group.mu
	health
}

// health is what keeps a target from being picked. It is guarded by Group.mu.
type health struct {
	present bool // in what the sources said last
	joined  bool // and in what they said before
	down    bool // by active checks
	checked bool // at least once
	streak  int  // of results of active checks that contradict down
	ejected bool // by failed requests
	circuit circuit

	until     time.Time // the end of the ejection
	returned  time.Time // from the last ejection
	ejections int       // how many count
	failures  []failure // the last ones of requests
	timer     *time.Timer

	openUntil    time.Time
	circuitTimer *time.Timer

	lastCheck  time.Time
	checkError error
	lastError  error  // of a request
	cancel     func() // its checks
}

// Active returns how many requests are under way.
func (u *Upstream) Active() int { return int(u.active.Load()) }

// Latency returns how long answers take to begin, on an average in which those of
// the last ten seconds count most, and a slow one at once. It is 0 if that is not
// known.
func (u *Upstream) Latency() time.Duration { return time.Duration(u.latency.value()) }

// full reports whether no further request may be sent.
func (s *state) full() bool {
	limit := s.limit.Load()
	return limit != 0 && s.active.Load() >= limit
}

// acquire counts a request unless that would be one too many.
func (s *state) acquire() bool {
	limit := s.limit.Load()
	if limit == 0 {
		s.active.Add(1)
		return true
	}
	for {
		n := s.active.Load()
		if n >= limit {
			return false
		}
		if s.active.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// fit reports whether the target is picked at all. Group.mu is held.
func (s *state) fit() bool { return s.mayServe() && !s.ejected }

// mayServe reports whether there is no more against the target than that it was
// ejected. Group.mu is held.
func (s *state) mayServe() bool { return s.present && !s.down && s.circuit != open }
