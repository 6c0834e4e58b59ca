package proxy

import "time"

// A closing is after how long without use a backend was found to have closed a
// connection, without having announced that. It may close the next one just as a
// request arrives there. What can be repeated then is; all else had better not be
// sent on a connection that is about to be that old.
type closing struct {
	after time.Duration
	until time.Time // when to forget it: the backend may just have been restarted
}

const (
	shortestClosing = 200 * time.Millisecond // below, it was not for being idle
	rememberClosing = 5 * time.Minute
)

// learn notes that a connection had been closed after it was idle for so long.
func (p *pool) learn(k key, idle time.Duration, now time.Time) {
	if idle < shortestClosing {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.learned[k]; ok && known.after < idle && now.Before(known.until) {
		return
	}
	if p.learned == nil {
		p.learned = map[key]closing{}
	}
	p.learned[k] = closing{idle, now.Add(rememberClosing)}
}

// doubts reports whether a connection that was idle for so long may be about to be
// closed.
func (p *pool) doubts(k key, idle time.Duration, now time.Time) bool {
	if idle < shortestClosing/2 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.learned[k]
	switch {
	case !ok:
		return false
	case !now.Before(known.until):
		delete(p.learned, k)
		return false
	}
	return idle >= known.after-known.after/5
}
