package middleware

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// A LogLevel is the level of a logger that can be changed while a program runs: it
// is put in place of what the logger's own handler says, and taken away again. The
// zero LogLevel changes nothing.
//
//	var level middleware.LogLevel
//	log := slog.New(level.Handler(slog.NewTextHandler(os.Stderr, nil)))
//	...
//	level.Set(slog.LevelDebug)
type LogLevel struct {
	set atomic.Bool
	at  slog.LevelVar
}

// Set has everything from a level on logged, and nothing below it.
func (l *LogLevel) Set(at slog.Level) {
	l.at.Set(at)
	l.set.Store(true)
}

// Unset leaves it to the handler again.
func (l *LogLevel) Unset() { l.set.Store(false) }

// Get returns the level that was set, and whether one is.
func (l *LogLevel) Get() (at slog.Level, set bool) { return l.at.Level(), l.set.Load() }

// Handler returns a handler that passes on to next what is to be logged. Next must
// write what it is given without asking once more whether it is enabled, as the
// handlers of package slog do.
func (l *LogLevel) Handler(next slog.Handler) slog.Handler { return &levelHandler{l, next} }

type levelHandler struct {
	level *LogLevel
	slog.Handler
}

func (h *levelHandler) Enabled(ctx context.Context, at slog.Level) bool {
	if h.level.set.Load() {
		return at >= h.level.at.Level()
	}
	return h.Handler.Enabled(ctx, at)
}

func (h *levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &levelHandler{h.level, h.Handler.WithAttrs(attrs)}
}

func (h *levelHandler) WithGroup(name string) slog.Handler {
	return &levelHandler{h.level, h.Handler.WithGroup(name)}
}
