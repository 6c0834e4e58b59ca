package probelog

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// NewHandler returns a Handler that passes on records as next does, by next's own
// level, and that tells a tracer of all of them: the level, the message, and the
// attributes as " key=value", of groups as " group.key=value". Values that are not
// plain are quoted.
func NewHandler(next slog.Handler) slog.Handler {
	if !probe.Supported {
		return next
	}
	return &handler{next: next}
}

type handler struct {
	next  slog.Handler
	attrs []byte // of WithAttrs, as a tracer is told them
	group string // of WithGroup, each with a dot
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return probe.LogEnabled() || h.next.Enabled(ctx, level)
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if probe.LogEnabled() {
		tell(h, r)
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// tell is a function of its own, lest what is in it is allocated in any case.
//
//go:noinline
func tell(h *handler, r slog.Record) {
	attrs := append([]byte(nil), h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		attrs = appendAttr(attrs, h.group, a)
		return true
	})
	probe.LogRecord(int64(r.Level), r.Message, string(attrs))
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := &handler{h.next.WithAttrs(attrs), append([]byte(nil), h.attrs...), h.group}
	for _, a := range attrs {
		with.attrs = appendAttr(with.attrs, h.group, a)
	}
	return with
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h // as slog.Handler has it
	}
	return &handler{h.next.WithGroup(name), h.attrs, h.group + name + "."}
}

func appendAttr(b []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	switch {
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, a := range v.Group() {
			b = appendAttr(b, group, a)
		}
		return b
	case a.Equal(slog.Attr{}):
		return b
	}
	b = append(append(append(append(b, ' '), group...), a.Key...), '=')
	text := v.String()
	if v.Kind() == slog.KindTime {
		text = v.Time().Format(time.RFC3339Nano)
	}
	if !isPlain(text) {
		return strconv.AppendQuote(b, text)
	}
	return append(b, text...)
}

// isPlain reports whether text is one word that cannot be mistaken.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == '"' || c == '=' || c >= 0x7f {
			return false
		}
	}
	return text != ""
}
