package caddyfile

import (
	"context"
	"sync"
	"sync/atomic"
)

// Shutdown takes no more requests, lets those in flight finish until ctx is
// done, cuts off the rest and closes s.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	closeAll(s.sockets)
	closeAll(s.spare)
	s.mu.Unlock()
	var (
		all  sync.WaitGroup
		late atomic.Bool
	)
	for v := range s.servers.Range {
		all.Go(func() {
			if !v.(*server).shutdown(ctx) {
				late.Store(true)
			}
		})
	}
	all.Wait()
	if late.Load() {
		s.log.Warn("stopping: requests were cut off that took longer than they were given")
	}
	return s.Close()
}

// Close ends everything at once: it stops listening, cuts off what is in flight
// and, once that has come to its end or after a second, stops what the sites
// needed. Closing twice does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	return s.closeLocked()
}

func (s *Server) closeLocked() error {
	s.closed = true
	defer close(s.ended)
	for v := range s.servers.Range {
		v.(*server).Server.Close()
	}
	closeAll(s.sockets)
	closeAll(s.spare)
	s.sockets, s.spare = nil, nil
	s.hasten()
	last, cancel := context.WithTimeout(context.Background(), lastMoment)
	defer cancel()
	sites := s.now.Load().sites
	for _, site := range sites {
		site.inFlight.end()
	}
	for _, site := range sites {
		site.inFlight.wait(last)
	}
	err := stop(sites)
	s.leaving.Wait()
	return err
}
