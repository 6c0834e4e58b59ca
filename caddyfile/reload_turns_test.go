package caddyfile_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestReloadsAtOnce checks that reloads wait for each other, and that one that comes
// together with the end leaves nothing behind.
func TestReloadsAtOnce(t *testing.T) {
	middlewaretest.NoLeaks(t)
	for range 20 {
		var e events
		server, err := caddyfile.Build(parse(t, "127.0.0.1:0 {\n noted 0\n}"), caddyfile.Config{Vocabulary: e.watched(nil)})
		require.NoError(t, err)
		require.NoError(t, server.Listen(t.Context()))
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(t.Context()) })
		for n := range 4 {
			running.Go(func() {
				_, err := server.Reload(t.Context(), parse(t, fmt.Sprintf("127.0.0.1:0 {\n noted %d\n}\nb%[1]d {\n}", n+1)))
				if err != nil && !errors.Is(err, caddyfile.ErrClosed) {
					t.Error(err)
				}
			})
		}
		running.Go(func() { _ = server.Shutdown(t.Context()) })
		running.Wait()
		starts := 0
		for _, event := range e.all() {
			if strings.HasPrefix(event, "start") {
				starts++
			}
		}
		require.GreaterOrEqual(t, len(e.all()), 2*starts, e.all())
	}
}

// TestReloadWaitsNoLongerThanItMay checks that who waits for another reload, or for
// a site to start, waits as long as its context says.
func TestReloadWaitsNoLongerThanItMay(t *testing.T) {
	starting := make(chan struct{}, 1)
	var e events
	v := append(e.watched(nil), directive.Directive{Name: "hang", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.OnStart(func(ctx context.Context) error {
			starting <- struct{}{}
			<-ctx.Done()
			return context.Cause(ctx)
		})
		return nil, c.Err()
	}})
	server := load(t, "a {\n noted a\n}", caddyfile.Config{Vocabulary: v})
	require.NoError(t, server.Open(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := server.Reload(ctx, parse(t, "b {\n noted b\n hang\n}"))
		first <- err
	}()
	<-starting
	short, end := context.WithTimeout(t.Context(), time.Millisecond)
	defer end()
	_, err := server.Reload(short, parse(t, "c"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancel()
	require.ErrorIs(t, <-first, context.Canceled)
	require.Equal(t, []string{"start a", "start b", "stop b"}, e.all())
}

// TestReloadOfHandler checks that a server of the embedder's own serves what was
// loaded last by the Handler that it was given first.
func TestReloadOfHandler(t *testing.T) {
	server := load(t, "127.0.0.1 {\n answer 1\n}", caddyfile.Config{Vocabulary: vocabulary()})
	require.NoError(t, server.Open(t.Context()))
	own := httptest.NewServer(server.Handler())
	defer own.Close()
	addr := own.Listener.Addr().String()
	require.Equal(t, "1", get(t, addr, "127.0.0.1"))
	reload(t, server, "127.0.0.1 {\n answer 2\n}")
	require.Equal(t, "2", get(t, addr, "127.0.0.1"))
	http.DefaultClient.CloseIdleConnections()
}

// TestReloadHides checks that a Caddyfile is hidden as long as it counts, and what is
// no longer imported no longer.
func TestReloadHides(t *testing.T) {
	t.Chdir(t.TempDir())
	var site *directive.Site
	v := append(vocabulary(), directive.Directive{Name: "see", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		site = c.Site()
		return nil, c.Err()
	}})
	write(t, "more", "b {\n}")
	write(t, "Caddyfile", "a {\n see\n}\nimport more")
	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	defer server.Close()
	require.True(t, site.Hidden("more", nil))
	write(t, "Caddyfile", "a {\n see\n}\nb {\n nonsense\n}")
	_, err = server.ReloadFile(t.Context())
	require.Error(t, err)
	require.True(t, site.Hidden("more", nil))
	write(t, "Caddyfile", "a {\n see\n}")
	_, err = server.ReloadFile(t.Context())
	require.NoError(t, err)
	require.False(t, site.Hidden("more", nil))
	require.True(t, site.Hidden("Caddyfile", nil))
}
