package probelog_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/slogtest"
	"time"

	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe/probelog"
)

func TestHandler(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		out.Reset()
		return probelog.NewHandler(slog.NewJSONHandler(&out, nil))
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &m))
		return m
	})
}

// TestAppendAttr checks how attributes look to a tracer.
func TestAppendAttr(t *testing.T) {
	for want, a := range map[string]slog.Attr{
		"":                             {},
		" g.n=1":                       slog.Int("n", 1),
		` g.s="two words"`:             slog.String("s", "two words"),
		` g.s=""`:                      slog.String("s", ""),
		` g.err="it is \"so\""`:        slog.Any("err", errors.New(`it is "so"`)),
		" g.d=1m0s":                    slog.Duration("d", time.Minute),
		" g.t=2026-11-23T02:00:00Z":    slog.Time("t", time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)),
		" g.in.a=1 g.in.b=x":           slog.Group("in", "a", 1, "b", "x"),
		` g.s="a\nlevel=ERROR forged"`: slog.String("s", "a\nlevel=ERROR forged"),
	} {
		require.Equal(t, want, string(probelog.AppendAttr(nil, "g.", a)))
	}
}

// TestAllocs checks that what nobody sees costs no memory.
func TestAllocs(t *testing.T) {
	log := slog.New(probelog.NewHandler(slog.NewTextHandler(io.Discard, nil)))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		log.LogAttrs(t.Context(), slog.LevelDebug, "unseen", slog.String("uri", "/"), slog.Int("status", 200))
	}))
}

// BenchmarkUnseen is a record below the level, of which there is no tracer to be
// told, beside the same without this package.
func BenchmarkUnseen(b *testing.B) {
	for name, wrap := range map[string]func(slog.Handler) slog.Handler{
		"slog": func(h slog.Handler) slog.Handler { return h }, "probelog": probelog.NewHandler,
	} {
		b.Run(name, func(b *testing.B) {
			log := slog.New(wrap(slog.NewTextHandler(io.Discard, nil)))
			b.ReportAllocs()
			for b.Loop() {
				log.LogAttrs(b.Context(), slog.LevelDebug, "unseen", slog.String("uri", "/"), slog.Int("status", 200))
			}
		})
	}
}
