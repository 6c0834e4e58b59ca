package fastcgi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
)

// A voice is what an application says in, about a request.
type voice struct {
	context.Context
	w http.ResponseWriter
	r *http.Request
}

type voiceKey struct{}

// Value is for LogStderr to find v.
func (v *voice) Value(key any) any {
	if key == (voiceKey{}) {
		return v
	}
	return v.Context.Value(key)
}

// LogStderr is the Stderr of a [ClientConfig] that logs what applications have to
// say, at level Warn, to the logger of the chain that the request is in, with what
// was noted of it.
func LogStderr(ctx context.Context, line []byte) {
	v, ok := ctx.Value(voiceKey{}).(*voice)
	if !ok {
		slog.LogAttrs(ctx, slog.LevelWarn, "application", slog.String("stderr", string(line)))
		return
	}
	attrs := append([]slog.Attr{
		slog.String("method", v.r.Method),
		slog.String("path", v.r.URL.Path),
		slog.String("stderr", string(line)),
	}, middleware.Notes(v.w)...)
	middleware.Logger(v.w).LogAttrs(ctx, slog.LevelWarn, "application", attrs...)
}
