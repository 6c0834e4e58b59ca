package caddyfile

import (
	"context"
	"errors"
	"log/slog"
	"strings"
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

// LogValue makes r readable in a log.
func (r ReloadReport) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("kept", r.Kept)}
	for _, some := range []struct {
		what  string
		names []string
	}{
		{"changed", r.Changed}, {"added", r.Added}, {"removed", r.Removed},
		{"listeners_opened", r.ListenersOpened}, {"listeners_closed", r.ListenersClosed},
	} {
		switch n := len(some.names); {
		case n > maxReported:
			attrs = append(attrs, slog.Int(some.what, n))
		case n > 0:
			attrs = append(attrs, slog.String(some.what, strings.Join(some.names, " ")))
		}
	}
	return slog.GroupValue(append(attrs, slog.Duration("took", r.Took))...)
}

// Reload puts the sites of f in the place of those there are, under the [Config]
// that they were built with.
//
// A site whose addresses and lines say what they did, with all that is imported and
// with the values of variables put in, is not touched, unless a file that it was made
// of has changed: its handlers stay, and so do its connections, its upstreams and all
// that is known of them. The others are set
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
	f, inputs, err := parseToBuild(name, s.config.Parse)
	s.inputs.Store(inputs)
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
	for _, site := range old.fresh(next) {
		site.replaced()
	}
	if f.inputs != nil {
		s.inputs.Store(f.inputs)
	}
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
