package live_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// serve has a request answered that is recorded.
func serve(recorder *live.Recorder, target string) {
	h := middleware.AppHandler(live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder, Site: "s", Slow: 1}).ServeHTTP)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
}

// TestTap checks that each reader gets what it asked for, in order.
func TestTap(t *testing.T) {
	recorder := open(t)
	all, err := recorder.Tap(live.Filter{})
	require.NoError(t, err)
	some, err := recorder.Tap(live.Filter{Path: "/b"})
	require.NoError(t, err)
	for _, path := range []string{"/a", "/b", "/c"} {
		serve(recorder, path)
	}
	for _, want := range []string{"/a", "/b", "/c"} {
		r, lost, err := all.Next(t.Context())
		require.NoError(t, err)
		require.Zero(t, lost)
		require.Equal(t, want, r.URI)
	}
	r, _, err := some.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, "/b", r.URI)
	require.False(t, some.Waiting())

	all.Close()
	all.Close()
	serve(recorder, "/d")
	require.False(t, all.Waiting())
}

// TestTapOfAReaderThatStalls checks that what it has no room for is lost, and told of.
func TestTapOfAReaderThatStalls(t *testing.T) {
	recorder := open(t)
	reader, err := recorder.Tap(live.Filter{})
	require.NoError(t, err)
	const n = 1000
	for range n {
		serve(recorder, "/")
	}
	r, lost, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.Nil(t, r)
	require.NotZero(t, lost)
	got := 0
	for reader.Waiting() {
		r, more, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.NotNil(t, r)
		require.Zero(t, more)
		got++
	}
	require.Equal(t, n, got+int(lost))
}

func TestTapEnds(t *testing.T) {
	recorder := open(t)
	var readers []*live.Reader
	for range 16 {
		r, err := recorder.Tap(live.Filter{})
		require.NoError(t, err)
		readers = append(readers, r)
	}
	_, err := recorder.Tap(live.Filter{})
	require.ErrorIs(t, err, live.ErrReaders)
	readers[15].Close()
	last, err := recorder.Tap(live.Filter{})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = last.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
	recorder.EndTaps()
	_, _, err = last.Next(t.Context())
	require.ErrorIs(t, err, live.ErrClosed)
	_, err = recorder.Tap(live.Filter{})
	require.ErrorIs(t, err, live.ErrClosed)
}
