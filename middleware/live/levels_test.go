package live_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// TestSetLevel checks that a level is set for a time, and for no longer.
func TestSetLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := live.Open()
		defer recorder.Close()
		var shop, blog middleware.LogLevel
		live.New(live.Config{Recorder: recorder, Site: "shop", Level: &shop})
		live.New(live.Config{Recorder: recorder, Site: "blog", Level: &blog})
		debug := func(l *middleware.LogLevel) bool {
			at, set := l.Get()
			return set && at == slog.LevelDebug
		}

		require.False(t, recorder.SetLevel("none", slog.LevelDebug, time.Minute))
		require.True(t, recorder.SetLevel("shop", slog.LevelDebug, time.Minute))
		require.Equal(t, []live.SiteLevel{
			{Site: "blog"},
			{Site: "shop", Set: true, Level: slog.LevelDebug, Until: time.Now().Add(time.Minute)},
		}, recorder.Levels())
		time.Sleep(time.Minute - 1)
		require.True(t, debug(&shop))
		require.False(t, debug(&blog))
		time.Sleep(1)
		synctest.Wait()
		require.False(t, debug(&shop), "its time is over")
		require.Equal(t, []live.SiteLevel{{Site: "blog"}, {Site: "shop"}}, recorder.Levels())

		// A later change counts from when it is made.
		recorder.SetLevel("shop", slog.LevelDebug, time.Minute)
		time.Sleep(59 * time.Second)
		recorder.SetLevel("shop", slog.LevelDebug, time.Minute)
		time.Sleep(59 * time.Second)
		require.True(t, debug(&shop))
		recorder.SetLevel("shop", 0, 0)
		require.False(t, debug(&shop), "taken back")

		// What a reload brings is as what was there.
		recorder.SetLevel("shop", slog.LevelDebug, time.Minute)
		var reloaded middleware.LogLevel
		live.New(live.Config{Recorder: recorder, Site: "shop", Level: &reloaded})
		require.True(t, debug(&reloaded))
		recorder.Close()
		require.False(t, debug(&shop), "closed")
		require.False(t, debug(&reloaded), "closed")
		require.False(t, recorder.SetLevel("shop", slog.LevelDebug, time.Minute))
	})
}
