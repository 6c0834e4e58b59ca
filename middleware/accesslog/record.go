package accesslog

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// record returns e as a record of slog, of which it does not ask where in the code
// it was made.
func (l *log) record(e *entry) slog.Record {
	rec := slog.NewRecord(e.now, slog.LevelInfo, "request", 0)
	rec.AddAttrs(
		text("method", e.r.Method),
		text("host", e.r.Host),
		text("uri", target(e)),
		text("proto", e.r.Proto),
		slog.Int("status", e.status),
		slog.Int64("size", e.size),
		slog.Duration("duration", e.now.Sub(e.start)),
	)
	if client := l.client(e.r); client.IsValid() {
		rec.AddAttrs(slog.String("remote", client.String()))
	}
	if referer := e.r.Referer(); referer != "" {
		rec.AddAttrs(text("referer", referer))
	}
	if agent := e.r.UserAgent(); agent != "" {
		rec.AddAttrs(text("user_agent", agent))
	}
	if e.aborted {
		rec.AddAttrs(slog.Bool(middleware.NoteAborted, true))
	}
	addNotes(&rec, middleware.Notes(e.rec))
	if l.Headers {
		rec.AddAttrs(l.header("request_header", e.r.Header), l.header("response_header", e.rec.Header()))
	}
	return rec
}

// target returns what the client asked for, to the letter if nothing has changed
// it yet.
func target(e *entry) string {
	if u := middleware.OriginalURL(e.rec, e.r); u != e.r.URL || e.r.RequestURI == "" {
		return u.RequestURI()
	}
	return e.r.RequestURI
}

// addNotes adds each note once, the last of its key; what the record says already
// was not noted to say otherwise.
func addNotes(rec *slog.Record, notes []slog.Attr) {
	for i, note := range notes {
		same := func(other slog.Attr) bool { return other.Key == note.Key }
		if slices.ContainsFunc(notes[i+1:], same) || isOurs(note.Key) {
			continue
		}
		if note.Value.Kind() == slog.KindString {
			note = text(note.Key, note.Value.String())
		}
		rec.AddAttrs(note)
	}
}

func isOurs(key string) bool {
	switch key {
	case "method", "host", "uri", "proto", "status", "size", "duration", "remote", "referer", "user_agent",
		middleware.NoteAborted, "request_header", "response_header":
		return true
	}
	return false
}

func (l *log) header(key string, h http.Header) slog.Attr {
	var fields []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !l.Secrets && isSecret(name) {
			fields = append(fields, slog.String(name, "REDACTED"))
		} else {
			fields = append(fields, text(name, strings.Join(h[name], ",")))
		}
	}
	return slog.GroupAttrs(key, fields...)
}

func isSecret(field string) bool {
	switch field {
	case "Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie":
		return true
	}
	return false
}

// text returns what a client may have had a say in.
func text(key, value string) slog.Attr {
	var buf [256]byte
	if escaped := placeholder.JSON.Append(buf[:0], value); len(escaped) != len(value) {
		value = string(escaped)
	}
	return slog.String(key, value)
}
