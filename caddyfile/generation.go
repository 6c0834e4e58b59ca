package caddyfile

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/shallot-http/shallot/middleware/directive"
)

// A generation is the sites of one configuration. They may be those of the one
// before, too.
type generation struct {
	file   *File // without what has become sites
	sites  []*site
	decls  []*Site // of sites, without their lines
	ports  []*port
	all    *hosts            // of every port
	by     map[string]*hosts // a port's number
	prints []fingerprint     // of sites
	own    *directive.Site   // hides the files that all of it was read from

	settle   func(loaded bool)  // tells the sites that were kept
	warnings []*directive.Error // of file, and of what was built of it
}

// hostsFor returns the sites on the port that a request came in at, or all of them.
func (g *generation) hostsFor(r *http.Request) *hosts {
	if len(g.by) > 1 {
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			return g.hostsAt(local)
		}
	}
	return g.all
}

func (g *generation) hostsAt(local net.Addr) *hosts {
	if len(g.by) > 1 {
		if _, number, err := net.SplitHostPort(local.String()); err == nil && g.by[number] != nil {
			return g.by[number]
		}
	}
	return g.all
}

// fresh returns the sites of g that other has not got.
func (g *generation) fresh(other *generation) (sites []*site) {
	if other == nil {
		return g.sites
	}
	known := make(map[*site]bool, len(other.sites))
	for _, s := range other.sites {
		known[s] = true
	}
	for _, s := range g.sites {
		if !known[s] {
			sites = append(sites, s)
		}
	}
	return sites
}

// start starts sites, or none of them. What they are given is done with life, or if
// hurry is done before they have all been started; that may be nil.
func start(life, hurry context.Context, sites []*site) error {
	for _, s := range sites {
		s.life, s.end = context.WithCancel(life)
	}
	started := func() bool { return true }
	if hurry != nil {
		started = context.AfterFunc(hurry, func() {
			for _, s := range sites {
				s.end()
			}
		})
	}
	for _, s := range sites {
		if err := s.start(); err != nil {
			started()
			return err
		}
	}
	if !started() {
		return context.Cause(hurry)
	}
	return nil
}

// stop gives up what sites needed.
func stop(sites []*site) error {
	var errs []error
	for _, s := range slices.Backward(sites) {
		errs = append(errs, s.stop())
	}
	return errors.Join(errs...)
}

// leave has sites that are no longer found end, each once it has answered all that it
// was asked or ctx is done. It returns how many requests were cut off.
func (s *Server) leave(ctx context.Context, sites []*site) (late int, err error) {
	for _, site := range sites {
		site.inFlight.end()
	}
	var (
		mu   sync.Mutex
		errs []error
		busy sync.WaitGroup
		idle []*site
	)
	for _, site := range sites {
		if site.inFlight.count() == 0 {
			idle = append(idle, site)
			continue
		}
		busy.Go(func() {
			n := s.await(ctx, site)
			err := site.stop()
			mu.Lock()
			defer mu.Unlock()
			late += n
			errs = append(errs, err)
		})
	}
	err = stop(idle)
	busy.Wait()
	return late, errors.Join(append(errs, err)...)
}

// await waits for the requests of a site. If they take too long it first tells the
// site to end, and then cuts them off. It returns how many are too late for the first.
func (s *Server) await(ctx context.Context, site *site) (late int) {
	if site.inFlight.wait(ctx) {
		return 0
	}
	if site.end != nil {
		site.end()
	}
	moment := func() bool {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
		defer cancel()
		return site.inFlight.wait(last)
	}
	if moment() {
		return 0
	}
	late = site.inFlight.count()
	for v := range s.servers.Range {
		v.(*server).cutOff(site)
	}
	moment()
	return late
}
