package fastcgi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
)

type writerKey struct{}

// withWriter returns a context by which LogStderr finds the logger.
func withWriter(ctx context.Context, w http.ResponseWriter) context.Context {
	return context.WithValue(ctx, writerKey{}, w)
}

// LogStderr is the Stderr of a [ClientConfig] that logs what applications have to
// say, at level Warn, to the logger of the chain that the request is in, with what
// was noted of it.
func LogStderr(ctx context.Context, line []byte) {
	w, ok := ctx.Value(writerKey{}).(http.ResponseWriter)
	if !ok {
		slog.LogAttrs(ctx, slog.LevelWarn, "application", slog.String("stderr", string(line)))
		return
	}
	attrs := append([]slog.Attr{slog.String("stderr", string(line))}, middleware.Notes(w)...)
	middleware.Logger(w).LogAttrs(ctx, slog.LevelWarn, "application", attrs...)
}
