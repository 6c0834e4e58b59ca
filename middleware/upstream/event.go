package upstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// An Event is a change to a target, or of what a source says.
type Event struct {
	Kind   Kind
	Target Target        // none if it is about a source
	Source string        // none if it is about a target
	Err    error         // the reason, if there is one
	For    time.Duration // how long it lasts, if that is known
}

// A Kind is what happened.
type Kind string

// The kinds of events.
const (
	Joined     Kind = "joined"      // a source found a target
	Left       Kind = "left"        // it finds it no more
	Down       Kind = "down"        // active checks failed
	Up         Kind = "up"          // they succeed again
	Ejected    Kind = "ejected"     // requests failed
	Readmitted Kind = "readmitted"  // the time of that is over
	Opened     Kind = "opened"      // the circuit: too much failed
	HalfOpened Kind = "half opened" // a few requests decide
	Closed     Kind = "closed"      // they succeeded

	Unknown Kind = "unknown" // a source could not find out its targets
	Known   Kind = "known"   // it can again
)

// LogTo returns an Observe that logs, to slog.Default() if log is nil. What is bad
// news is a warning.
func LogTo(log *slog.Logger) func(Event) {
	return func(e Event) {
		to, level := log, slog.LevelInfo
		if to == nil {
			to = slog.Default()
		}
		switch e.Kind {
		case Down, Ejected, Opened, Unknown:
			level = slog.LevelWarn
		}
		attrs := []slog.Attr{slog.String("event", string(e.Kind))}
		if e.Source != "" {
			attrs = append(attrs, slog.String("source", e.Source))
		} else {
			attrs = append(attrs, slog.String("target", e.Target.String()))
		}
		if e.Err != nil {
			attrs = append(attrs, slog.Any("error", e.Err))
		}
		if e.For != 0 {
			attrs = append(attrs, slog.Duration("for", e.For))
		}
		to.LogAttrs(context.Background(), level, "upstream", attrs...)
	}
}

// trace tells a tracer whether a target may be asked from now on, if that is what
// has happened.
func (e Event) trace() {
	var up int64
	switch e.Kind {
	case Joined, Up, Readmitted, Closed:
		up = 1
	case Left, Down, Ejected, Opened:
	default:
		return
	}
	reason := string(e.Kind)
	if e.Err != nil {
		reason += ": " + e.Err.Error()
	}
	probe.HealthChange(up, e.Target.Addr, reason)
}

// tell has Observe told once Group.mu, which is held, is free.
func (g *Group) tell(u *Upstream, kind Kind, err error, d time.Duration) {
	g.events = append(g.events, Event{Kind: kind, Target: u.Target, Err: err, For: d})
}
