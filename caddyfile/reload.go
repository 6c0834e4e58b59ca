package caddyfile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// A ReloadReport says what has become of sites, which are known by the first of
// their addresses, and of where they are listened for.
type ReloadReport struct {
	Kept                    int      // sites that are as they were
	Changed, Added, Removed []string // sites

	ListenersKept, ListenersOpened, ListenersClosed []string // as host:port; all hosts are ""

	Warnings []error // those of the File, and what could not be done without a loss
	Took     time.Duration
}

// Reload puts the sites of f in the place of those there are, under the [Config]
// that they were built with.
//
// A site whose addresses and lines say what they did, with all that is imported and
// with the values of variables put in, is not touched: its handlers stay, and so do
// its connections, its upstreams and all that is known of them. The others are set
// up and started first, and so are addresses to listen on that are new; if anything
// is wrong, all is as it was. Then they take over, at once at each address.
// Requests and connections that the sites before them have stay there until they
// have ended or [Config].Drain is over, for which Reload does not wait.
//
// An address that is still listened on is so without a break, and connections to it
// stay open. If its timeouts have changed, or it is one of TLS now and was not
// before, they end with their next response. Only where one address becomes part of
// another, as 127.0.0.1:80 and :80, is there a moment in between, of which there is
// a warning.
//
// A Server that was not opened is just made to have the other sites. Reload works
// with what [Server.Handler] has returned, too. It returns ErrClosed if s has ended,
// or does so meanwhile.
func (s *Server) Reload(ctx context.Context, f *File) (ReloadReport, error) {
	began := time.Now()
	report, err := s.reload(ctx, f)
	report.Took = time.Since(began)
	status := int64(0)
	if err != nil {
		status = 1
	}
	probe.Reload(report.Took.Nanoseconds(), status, f.Name)
	return report, err
}

// ReloadFile reads the Caddyfile again that s was made of, or what has been put in
// its place since, and reloads s with it.
func (s *Server) ReloadFile(ctx context.Context) (ReloadReport, error) {
	began, name := time.Now(), s.now.Load().file.Name
	f, err := parseToBuild(name, s.config.Parse)
	if err != nil {
		took := time.Since(began)
		probe.Reload(took.Nanoseconds(), 1, name)
		return ReloadReport{Took: took}, err
	}
	return s.Reload(ctx, f)
}

func (s *Server) reload(ctx context.Context, f *File) (report ReloadReport, err error) {
	select {
	case s.changing <- struct{}{}:
	case <-ctx.Done():
		return report, context.Cause(ctx)
	}
	defer func() { <-s.changing }()

	old := s.now.Load()
	if s.isEnding() {
		return report, ErrClosed
	}
	next, err := s.generation(f, old)
	if err != nil {
		return report, err
	}
	report = compare(old, next)
	swap := exchange{Server: s, old: old, next: next, report: &report}
	if err := swap.do(ctx); err != nil {
		next.settle(false)
		return ReloadReport{}, errors.Join(err, next.discard(old))
	}
	next.settle(true)
	return report, nil
}

// isEnding reports whether s has ended, or been told to.
func (s *Server) isEnding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed || s.stopping || s.life != nil && s.life.Err() != nil
}

// Draining returns how many requests, and connections such as WebSockets, are left at
// sites that have been replaced.
func (s *Server) Draining() (n int) {
	for one := range s.former.Range {
		n += one.(*site).inFlight.count()
	}
	return n
}

// compare says what has become of the sites.
func compare(old, next *generation) (r ReloadReport) {
	was := make(map[string]*site, len(old.sites))
	for i, decl := range old.decls {
		was[decl.Addrs[0].Text] = old.sites[i]
	}
	for i, decl := range next.decls {
		name := decl.Addrs[0].Text
		switch before := was[name]; before {
		case nil:
			r.Added = append(r.Added, name)
		case next.sites[i]:
			r.Kept++
		default:
			r.Changed = append(r.Changed, name)
		}
		delete(was, name)
	}
	for _, decl := range old.decls {
		if name := decl.Addrs[0].Text; was[name] != nil {
			r.Removed = append(r.Removed, name)
		}
	}
	for _, w := range next.warnings {
		r.Warnings = append(r.Warnings, w)
	}
	return r
}

// discard gives up what only g has, and not old.
func (g *generation) discard(old *generation) error {
	g.own.Unhide()
	return stop(g.fresh(old))
}

// An exchange is one generation taking the place of another.
type exchange struct {
	*Server
	old, next *generation
	report    *ReloadReport

	opened []*socket
	served map[endpoint]*port // where next is to be found
}

func (x *exchange) do(ctx context.Context) error {
	x.mu.Lock()
	open, listening := x.open, x.sockets != nil
	x.mu.Unlock()
	if open {
		if err := start(x.life, ctx, x.next.fresh(x.old)); err != nil {
			return err
		}
	}
	if listening {
		if err := x.listen(ctx); err != nil {
			return errors.Join(x.next.file.Explain(err), closeAll(x.opened))
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || x.stopping {
		return errors.Join(ErrClosed, closeAll(x.opened))
	}
	x.commit()
	return nil
}

// listen opens what next listens on and old does not.
func (x *exchange) listen(ctx context.Context) error {
	have := map[endpoint]*socket{}
	for _, k := range x.sockets {
		have[k.at] = k
	}
	x.served = map[endpoint]*port{}
	for _, p := range x.next.ports {
		for _, host := range p.listen {
			for _, at := range p.endpoints(host) {
				x.served[at] = p
			}
		}
	}
	for _, p := range x.next.ports {
		opened, err := p.open(ctx, have)
		if err != nil {
			return err
		}
		x.opened = append(x.opened, opened...)
	}
	return nil
}

// commit has next be what is found from now on. It cannot fail.
func (x *exchange) commit() {
	var (
		sockets  []*socket
		removed  []*socket
		replaced []*server
	)
	for _, k := range x.sockets {
		p := x.served[k.at]
		if p == nil {
			removed = append(removed, k)
			x.report.ListenersClosed = append(x.report.ListenersClosed, k.at.String())
			continue
		}
		sockets = append(sockets, k)
		x.report.ListenersKept = append(x.report.ListenersKept, k.at.String())
		k.port.Store(p)
		if x.serving && !k.server.does(p) {
			replaced = append(replaced, k.serve(x.Server))
			x.report.Warnings = append(x.report.Warnings,
				fmt.Errorf("%v: connections are served in another way from now on; those there are end with their next response", k.at))
		}
	}
	for _, k := range x.opened {
		sockets = append(sockets, k)
		x.report.ListenersOpened = append(x.report.ListenersOpened, k.at.String())
		if x.serving {
			k.serve(x.Server)
		}
	}
	if x.sockets != nil {
		x.sockets = sockets
	}
	for i, site := range x.next.sites {
		site.file, site.decl = x.next.file, x.next.decls[i]
	}
	x.now.Store(x.next)
	x.old.own.Unhide()
	gone := x.old.fresh(x.next)
	for _, site := range gone {
		x.former.Store(site, nil)
	}
	if len(removed)+len(replaced)+len(gone) > 0 {
		x.leaving.Go(func() { x.retire(removed, replaced, gone) })
	}
}

// retire ends what nothing is sent to any more, without a loss if there is time.
func (s *Server) retire(removed []*socket, replaced []*server, gone []*site) {
	ctx, cancel := context.WithTimeout(s.hurry, max(s.config.Drain, 0))
	defer cancel()
	var all, others sync.WaitGroup
	for _, v := range replaced {
		others.Go(func() {
			v.leave(ctx)
			s.servers.Delete(v)
		})
	}
	for _, k := range removed {
		k.Close()
		if k.server != nil {
			all.Go(func() {
				k.server.shutdown(ctx)
				s.servers.Delete(k.server)
			})
		}
	}
	all.Wait() // its requests still go to the sites that are gone
	late, err := leave(ctx, gone)
	for _, site := range gone {
		s.former.Delete(site)
	}
	if late > 0 {
		s.log.Warn("reload: requests to former sites were cut off that took longer than they were given", "number", late)
	}
	if err != nil {
		s.log.Warn("reload: ending former sites", "error", err)
	}
	others.Wait()
}
