package caddyfile

import (
	"context"
	"time"
)

// WatchConfig says how a Caddyfile is watched. The zero WatchConfig will do.
type WatchConfig struct {
	// Interval is how often to look at the files; zero is a second.
	Interval time.Duration

	// Reloaded is told of every reload that files have given rise to. Nil is to have
	// it logged.
	Reloaded func(ReloadReport, error)
}

// Watch reloads s whenever the Caddyfile changes that it was loaded from, or what
// that imports, until ctx is done or s has ended. A file that a pattern matches is
// a change as well, and so is one that was not there when it was looked for, and
// those that sites were made from, see [directive.Site.DependsOn].
//
// Files are looked at, for there is no file system that tells of all changes: at
// their size, mode, time and, on Unix, inode. A change counts once nothing has
// changed for an Interval, so that several files can be replaced one after the
// other. If the reload fails, all is as it was until files change again.
func (s *Server) Watch(ctx context.Context, c WatchConfig) {
	if c.Interval <= 0 {
		c.Interval = time.Second
	}
	if c.Reloaded == nil {
		c.Reloaded = s.logReload
	}
	tick := time.NewTicker(c.Interval)
	defer tick.Stop()
	var before, tried *look
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-tick.C:
		}
		now := s.look()
		settled := before != nil && before.equal(now)
		before = now
		if !settled || now.isLoaded() || tried != nil && tried.equal(now) {
			continue
		}
		tried = now
		report, err := s.ReloadFile(ctx)
		if ctx.Err() == nil {
			c.Reloaded(report, err)
		}
	}
}

func (s *Server) logReload(report ReloadReport, err error) {
	if err != nil {
		s.log.Error("reload: all is as it was", "error", err)
		return
	}
	s.log.Info("reloaded", "report", report)
	for _, w := range report.Warnings {
		s.log.Warn("reloaded", "warning", w)
	}
}

// A look is at all that the sites come from.
type look struct {
	loaded, now *inputs
	outdated    *inputs // of sites whose files are others by now
	sites       *generation
}

func (s *Server) look() *look {
	g, loaded := s.now.Load(), s.inputs.Load()
	l := &look{loaded: loaded, now: loaded.look(s.config.Parse.Limits.complete().Matches), outdated: newInputs(newTree(nil)), sites: g}
	for _, site := range g.sites {
		if site.conf.Outdated() {
			for _, name := range site.conf.Dependencies() {
				l.outdated.note(name)
			}
		}
	}
	return l
}

func (l *look) isLoaded() bool { return len(l.outdated.files) == 0 && l.loaded.equal(l.now) }

func (l *look) equal(other *look) bool {
	return l.now.equal(other.now) && l.outdated.equal(other.outdated) && l.sites == other.sites
}
