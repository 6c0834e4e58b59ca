package middleware_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestLogLevel checks what is logged before, while and after a level is set, also by
// loggers that were made before that.
func TestLogLevel(t *testing.T) {
	var (
		out   bytes.Buffer
		level middleware.LogLevel
	)
	plain := slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	log := slog.New(level.Handler(plain))
	derived := log.With("a", 1).WithGroup("g")
	logged := func() string {
		out.Reset()
		log.Debug("debug")
		log.Info("info")
		derived.Debug("derived", "b", 2)
		log.Error("error")
		return out.String()
	}
	const asConfigured = "level=INFO msg=info\nlevel=ERROR msg=error\n"
	require.Equal(t, asConfigured, logged())
	level.Set(slog.LevelDebug)
	require.Equal(t, "level=DEBUG msg=debug\nlevel=INFO msg=info\nlevel=DEBUG msg=derived a=1 g.b=2\nlevel=ERROR msg=error\n", logged())
	level.Set(slog.LevelError)
	require.Equal(t, "level=ERROR msg=error\n", logged())
	at, set := level.Get()
	require.Equal(t, slog.LevelError, at)
	require.True(t, set)
	level.Unset()
	require.Equal(t, asConfigured, logged())
	_, set = level.Get()
	require.False(t, set)
}
