package live

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Levels are those of the loggers of sites, that can be changed for a time.
type levels struct {
	mu     sync.Mutex
	sites  map[string]*siteLevel
	closed bool
}

type siteLevel struct {
	loggers []*middleware.LogLevel
	set     bool
	at      slog.Level
	until   time.Time
	timer   *time.Timer
}

// A SiteLevel is the level from which on a site's logger logs.
type SiteLevel struct {
	Site  string     `json:"site"`
	Set   bool       `json:"set"`            // by SetLevel; else it is as it was configured
	Level slog.Level `json:"level"`          // if it was set
	Until time.Time  `json:"until,omitzero"` // if it was set
}

// SetLevel has a site's logger log from a level on, for a time; then, or once the
// Recorder is closed, all is as it was before. A time of 0 or less ends at once what
// was set. It reports whether there is such a site, with a [Config.Level].
func (r *Recorder) SetLevel(site string, at slog.Level, d time.Duration) bool {
	ls := &r.levels
	ls.mu.Lock()
	defer ls.mu.Unlock()
	s := ls.sites[site]
	if s == nil || ls.closed {
		return false
	}
	s.change(ls, at, d)
	return true
}

// Levels returns the levels of the sites whose logger has one that can be changed, by
// name.
func (r *Recorder) Levels() (all []SiteLevel) {
	r.levels.mu.Lock()
	defer r.levels.mu.Unlock()
	for name, s := range r.levels.sites {
		l := SiteLevel{Site: name, Set: s.set}
		if s.set {
			l.Level, l.Until = s.at, s.until
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b SiteLevel) int { return cmp.Compare(a.Site, b.Site) })
	return all
}

// control adds a logger's level to those of a site.
func (ls *levels) control(site string, level *middleware.LogLevel) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	s := ls.sites[site]
	if s == nil {
		s = new(siteLevel)
		if ls.sites == nil {
			ls.sites = map[string]*siteLevel{}
		}
		ls.sites[site] = s
	}
	if !slices.Contains(s.loggers, level) {
		s.loggers = append(s.loggers, level)
	}
	if s.set { // before a reload
		level.Set(s.at)
	}
}

// release forgets a logger's level.
func (ls *levels) release(site string, level *middleware.LogLevel) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	s := ls.sites[site]
	if s == nil {
		return
	}
	s.loggers = slices.DeleteFunc(s.loggers, func(l *middleware.LogLevel) bool { return l == level })
	if len(s.loggers) == 0 {
		s.change(ls, 0, 0)
		delete(ls.sites, site)
	}
}

func (ls *levels) close() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.closed = true
	for _, s := range ls.sites {
		s.change(ls, 0, 0)
	}
}

// change sets a level for a time, or none. The mutex of ls is held.
func (s *siteLevel) change(ls *levels, at slog.Level, d time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if s.set = d > 0; !s.set {
		for _, l := range s.loggers {
			l.Unset()
		}
		return
	}
	s.at, s.until = at, time.Now().Add(d)
	for _, l := range s.loggers {
		l.Set(at)
	}
	var own *time.Timer
	own = time.AfterFunc(d, func() {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if s.timer == own { // and not another, set when this one had just gone off
			s.change(ls, 0, 0)
		}
	})
	s.timer = own
}
