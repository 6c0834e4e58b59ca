package git

import "time"

// A Status is how a Service is doing, for health pages and metrics.
type Status struct {
	Release   Release   // what is live; it is zero if nothing is
	Pinned    string    // the commit that stays whatever is pushed, or ""
	Syncing   bool      // it is at work just now
	Syncs     int       // how often it was
	Failures  int       // how often it has failed since it last succeeded
	Err       error     // why it failed the last time, if it did
	Succeeded time.Time // when it last did
	Next      time.Time // when it looks again by itself; zero if it is at work, or only does so when told to
}

// Status returns how s is doing.
func (s *Service) Status() Status {
	s.mu.Lock()
	st := s.status
	s.mu.Unlock()
	if s.repo != nil {
		st.Pinned = s.repo.Pinned()
		if release, ok := s.repo.Current(); ok {
			st.Release = release // as it may have been chosen since
		}
	}
	return st
}

func (s *Service) update(f func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.status)
}
