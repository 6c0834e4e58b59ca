package git_test

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
)

// syncs are the times at which a service has synced, since it was started.
type syncs struct {
	mu    sync.Mutex
	start time.Time
	at    []time.Duration
	takes time.Duration
	err   error
}

func (s *syncs) sync(ctx context.Context) (git.Release, error) {
	s.mu.Lock()
	s.at = append(s.at, time.Since(s.start))
	takes, err := s.takes, s.err
	s.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return git.Release{}, ctx.Err()
	}
	return git.Release{Hash: "x"}, err
}

// become has later syncs take as long, and fail as they say.
func (s *syncs) become(takes time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes, s.err = takes, err
}

// sleep lets time pass, and what is due in it be done.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func start(t *testing.T, s *syncs, c git.ServiceConfig) *git.Service {
	t.Helper()
	s.start = time.Now()
	service := git.NewServiceOf(s.sync, c)
	require.NoError(t, service.Start(t.Context()))
	return service
}

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		name     string
		interval time.Duration
		after    time.Duration
		min, max int // syncs, the first included
	}{
		{"an hour by default", 0, 10 * time.Hour, 10, 12},
		{"as configured", time.Minute, time.Hour, 55, 67},
		{"never", -1, 1000 * time.Hour, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(syncs)
				service := start(t, s, git.ServiceConfig{Interval: tt.interval})
				sleep(tt.after)
				require.NoError(t, service.Close())
				require.GreaterOrEqual(t, len(s.at), tt.min)
				require.LessOrEqual(t, len(s.at), tt.max)
				var steps []time.Duration
				for i := range len(s.at) - 1 {
					step := s.at[i+1] - s.at[i]
					require.InEpsilon(t, cmp.Or(tt.interval, time.Hour), step, 0.11)
					steps = append(steps, step)
				}
				if len(steps) > 5 {
					require.NotEqual(t, steps[0], steps[1], "they are spread")
				}
			})
		})
	}
}

// TestBackoff has a repository that cannot be had for a while.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(syncs)
		service := start(t, s, git.ServiceConfig{Interval: 24 * time.Hour})
		defer service.Close()
		reason := errors.New("reason")
		s.become(0, reason)
		service.Trigger()
		sleep(time.Hour)
		status := service.Status()
		require.Equal(t, reason, status.Err)
		require.Equal(t, len(s.at)-1, status.Failures)
		require.Equal(t, s.start, status.Succeeded)
		require.Equal(t, "x", status.Release.Hash, "as it was")
		require.WithinRange(t, status.Next, time.Now(), time.Now().Add(330*time.Second))
		for i, seconds := range []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
			require.InEpsilon(t, seconds, (s.at[i+2] - s.at[i+1]).Seconds(), 0.11, i)
		}

		s.become(0, nil)
		sleep(10 * time.Minute)
		status = service.Status()
		require.NoError(t, status.Err)
		require.Zero(t, status.Failures)
		require.WithinRange(t, status.Next, time.Now().Add(20*time.Hour), time.Now().Add(27*time.Hour))
	})
}

// TestTriggers checks that nothing that was pushed while a sync runs is missed, and
// that it takes one more, however many say so.
func TestTriggers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &syncs{takes: time.Minute}
		service := start(t, s, git.ServiceConfig{Interval: -1})
		defer service.Close()
		service.Trigger()
		synctest.Wait()
		require.True(t, service.Status().Syncing)
		for range 100 {
			service.Trigger()
		}
		sleep(time.Hour)
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, s.at)
		require.Equal(t, 3, service.Status().Syncs)
		require.False(t, service.Status().Syncing)
		require.Zero(t, service.Status().Next)

		service.Trigger()
		sleep(time.Hour)
		require.Len(t, s.at, 4, "and again later")
	})
}

func TestStart(t *testing.T) {
	boom := errors.New("boom")
	t.Run("fails with the first sync", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &syncs{err: boom}
			service := git.NewServiceOf(s.sync, git.ServiceConfig{})
			require.ErrorIs(t, service.Start(t.Context()), boom)
			sleep(10 * time.Hour)
			require.Len(t, s.at, 1, "nothing is left running")
			require.NoError(t, service.Close())
		})
	})
	t.Run("lazy", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &syncs{err: boom}
			service := start(t, s, git.ServiceConfig{Lazy: true})
			synctest.Wait()
			require.Len(t, s.at, 1, "at once, but nobody waits for it")
			s.become(0, nil)
			sleep(2 * time.Second)
			require.Len(t, s.at, 2)
			require.NoError(t, service.Close())
		})
	})
	t.Run("the context is for starting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := new(syncs)
			ctx, cancel := context.WithCancel(t.Context())
			service := git.NewServiceOf(s.sync, git.ServiceConfig{})
			require.NoError(t, service.Start(ctx))
			cancel()
			sleep(3 * time.Hour)
			require.Greater(t, len(s.at), 2)
			require.NoError(t, service.Close())
			s = &syncs{takes: time.Hour}
			service = git.NewServiceOf(s.sync, git.ServiceConfig{})
			require.ErrorIs(t, service.Start(ctx), context.Canceled)
		})
	})
	t.Run("twice is once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := new(syncs)
			service := start(t, s, git.ServiceConfig{Interval: time.Hour})
			require.NoError(t, service.Start(t.Context()))
			sleep(5*time.Hour + 30*time.Minute)
			require.NoError(t, service.Close())
			require.InDelta(t, 6, len(s.at), 1)
		})
	})
}

func TestClose(t *testing.T) {
	t.Run("ends the sync that runs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := new(syncs)
			service := start(t, s, git.ServiceConfig{Interval: -1})
			s.become(time.Hour, nil)
			service.Trigger()
			sleep(time.Second)
			require.NoError(t, service.Close())
			require.Equal(t, time.Second, time.Since(s.start))
			require.NoError(t, service.Status().Err, "to be told to end is no failure")
			require.NoError(t, service.Close(), "again")
		})
	})
	t.Run("ends the first one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &syncs{takes: time.Hour, start: time.Now()}
			service := git.NewServiceOf(s.sync, git.ServiceConfig{})
			failed := make(chan error)
			go func() { failed <- service.Start(t.Context()) }()
			synctest.Wait()
			require.NoError(t, service.Close())
			require.ErrorIs(t, <-failed, git.ErrClosed)
			require.Zero(t, time.Since(s.start))
		})
	})
	t.Run("of what never started", func(t *testing.T) {
		service := git.NewServiceOf(new(syncs).sync, git.ServiceConfig{})
		service.Trigger()
		require.NoError(t, service.Close())
		require.ErrorIs(t, service.Start(t.Context()), git.ErrClosed)
	})
}
