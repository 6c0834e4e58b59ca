package git

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// ServiceConfig says when a Repo is to look for something new.
type ServiceConfig struct {
	// Interval is the time from one look at the remote to the next, give or take a
	// tenth. Zero is an hour; negative is never, which leaves Trigger.
	Interval time.Duration

	// Lazy has Start succeed whether or not the repository can be had: it is looked
	// at later, and if that fails, again.
	Lazy bool

	// After is run once a release is live, at start and whenever a sync finds that
	// another one is: in the folder that has its files, one after the other. Nothing
	// waits for it; the next time ends what is still running of it.
	After []Command
}

// A Service has a Repo sync at start, at intervals and when told to.
type Service struct {
	repo     *Repo
	cfg      ServiceConfig
	sync     func(context.Context) (Release, error)
	triggers chan struct{} // holds one, for the sync that is due

	life context.Context // until Close
	end  context.CancelFunc

	mu      sync.Mutex
	status  Status
	after   *after
	running bool
	pause   context.CancelFunc // ends what is running
	sites   int                // that use it and have not been replaced
	unused  bool               // all of them have been
	done    sync.WaitGroup
}

// NewService returns a Service for r, which is its own from then on. It does nothing
// before Start.
func NewService(r *Repo, c ServiceConfig) *Service {
	s := newService(r.Sync, c)
	s.repo = r
	return s
}

func newService(sync func(context.Context) (Release, error), c ServiceConfig) *Service {
	c.Interval = cmp.Or(c.Interval, time.Hour)
	c.After = slices.Clone(c.After)
	s := &Service{cfg: c, sync: sync, triggers: make(chan struct{}, 1)}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// ErrClosed is what Start returns after Close.
var ErrClosed = errors.New("git: service is closed")

// Start syncs once and then has it done again and again until Close. If the first
// time fails, so does Start, unless Lazy is set; without a git that is recent
// enough it fails in any case. The context is for starting only.
func (s *Service) Start(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	err := s.check(ctx)
	if err == nil && !s.cfg.Lazy {
		err = s.do(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.life.Err() != nil:
		return ErrClosed
	case err != nil:
		return err
	case !s.running:
		s.running, s.unused = true, false
		var ctx context.Context
		ctx, s.pause = context.WithCancel(s.life)
		s.done.Go(func() { s.loop(ctx) })
	}
	return nil
}

// check makes sure of git, and takes over the release that there may be already.
func (s *Service) check(ctx context.Context) error {
	if s.repo == nil {
		return nil
	}
	for _, c := range s.cfg.After {
		if err := c.check(); err != nil {
			return errors.Join(errors.New("git: after"), err)
		}
	}
	return s.repo.begin(ctx)
}

// Trigger has the service sync as soon as it can. While it does, and before it
// begins, further calls are one call.
func (s *Service) Trigger() {
	select {
	case s.triggers <- struct{}{}:
	default:
	}
}

// Close ends what is running, children included, and closes the Repo. It takes no
// more than a second. Requests under way keep the release they have.
func (s *Service) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.done.Wait()
	s.runAfter(nil, Release{})
	if s.repo == nil {
		return nil
	}
	return s.repo.Close()
}

// Repo returns the Repo that the service is for.
func (s *Service) Repo() *Repo { return s.repo }

func (s *Service) loop(ctx context.Context) {
	failures := 0
	if s.cfg.Lazy {
		s.Trigger()
	}
	for {
		timer, next := s.wait(failures)
		s.update(func(st *Status) { st.Next = next })
		select {
		case <-ctx.Done():
			timer.Stop()
			s.update(func(st *Status) { st.Next = time.Time{} })
			return
		case <-s.triggers:
			timer.Stop()
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return
		}
		if s.do(ctx) != nil {
			failures++
		} else {
			failures = 0
		}
	}
}

// Failures are followed by another try after a second, then two, and so on up to
// five minutes.
const (
	firstBackoff = time.Second
	lastBackoff  = 5 * time.Minute
)

// wait returns a timer for the next sync, and when that is. Times are spread, so
// that servers that were started together do not ask together for ever.
func (s *Service) wait(failures int) (*time.Timer, time.Time) {
	d := s.cfg.Interval
	if failures > 0 {
		backoff := lastBackoff
		if failures < 10 {
			backoff = min(lastBackoff, firstBackoff<<(failures-1))
		}
		if d < 0 || backoff < d {
			d = backoff
		}
	}
	if d < 0 {
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		return timer, time.Time{}
	}
	d += time.Duration((rand.Float64() - 0.5) / 5 * float64(d))
	return time.NewTimer(d), time.Now().Add(d)
}

// do syncs once.
func (s *Service) do(ctx context.Context) error {
	s.update(func(st *Status) { st.Syncing, st.Next = true, time.Time{} })
	release, err := s.sync(ctx)
	if ctx.Err() != nil && err != nil {
		s.update(func(st *Status) { st.Syncing = false })
		return err // it was told to end, which is no failure
	}
	var was Release
	s.update(func(st *Status) {
		was = st.Release
		st.Syncing, st.Err = false, err
		st.Syncs++
		if err != nil {
			st.Failures++
			return
		}
		st.Failures, st.Succeeded = 0, time.Now()
		st.Release = release
	})
	switch {
	case err != nil && s.repo != nil:
		s.repo.log.Error("git: sync failed", "error", err)
	case err == nil && release.Dir != was.Dir && len(s.cfg.After) > 0:
		s.runAfter(s.cfg.After, release)
	}
	return err
}

// after is what runs since the last publication.
type after struct {
	stop context.CancelFunc
	done chan struct{}
}

// runAfter ends what runs since the last publication, and begins anew.
func (s *Service) runAfter(commands []Command, release Release) {
	s.mu.Lock()
	last := s.after
	s.after = nil
	s.mu.Unlock()
	if last != nil {
		last.stop()
		<-last.done
	}
	if len(commands) == 0 {
		return
	}
	ctx, stop := context.WithCancel(s.life)
	a := &after{stop, make(chan struct{})}
	s.mu.Lock()
	s.after = a
	s.mu.Unlock()
	go func() {
		defer close(a.done)
		defer stop()
		dir := filepath.Join(release.Dir, filepath.FromSlash(s.repo.cfg.Under))
		for _, c := range commands {
			limited, cancel := ctx, context.CancelFunc(func() {})
			if c.Timeout > 0 {
				limited, cancel = context.WithTimeout(ctx, c.Timeout)
			}
			err := c.run(limited, dir, s.repo.log)
			cancel()
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				s.repo.log.Error("git: command after publication failed", "error", err)
				return
			}
		}
	}()
}
