package git_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestReplaced checks that a service syncs as long as there is a site that uses it and
// has not been replaced, and again once there is another one.
func TestReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &syncs{start: time.Now()}
		pool := new(directive.Pool)
		use := func() *directive.Controller {
			site := directive.NewSite()
			site.Shared = pool
			c := directive.NewController(site, "git")
			git.Use(c, "state", git.NewServiceOf(s.sync, git.ServiceConfig{Interval: time.Minute}))
			require.NoError(t, c.Start(t.Context()))
			return c
		}
		count := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.at)
		}
		more := func() int { // within an hour
			before := count()
			sleep(time.Hour)
			return count() - before
		}
		first := use()
		require.Positive(t, more())
		second := use()
		first.Replaced()
		require.Positive(t, more())
		require.NoError(t, first.Stop())
		require.Positive(t, more(), "to be replaced and stopped counts once")

		s.become(2*time.Hour, nil)
		sleep(2 * time.Minute)
		second.Replaced() // during a sync
		s.become(0, nil)
		require.Zero(t, more())
		before := count()
		third := use()
		require.Equal(t, before+1, count(), "at start")
		require.Positive(t, more())
		require.NoError(t, second.Stop())
		require.Positive(t, more())
		require.NoError(t, third.Stop())
		require.Zero(t, more())
	})
}

// site sets up, but does not start, one of the sites of a pool.
func site(t *testing.T, pool *directive.Pool, root, src string) (*directive.Controller, middleware.Middleware, error) {
	t.Helper()
	s := directive.NewSite()
	s.Root, s.Shared = middleware.NewRoot(root), pool
	c := directive.NewController(s, "git", caddyfiletest.Parse(t, src)...)
	t.Cleanup(func() {
		require.NoError(t, c.Stop())
		require.NoError(t, s.Root.Close())
	})
	m, err := git.Directive.Setup(c)
	return c, m, err
}

// TestReplacedServesOn checks that requests that a replaced site still has are given
// the release that was live.
func TestReplacedServesOn(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	c, m, err := site(t, new(directive.Pool), filepath.Join(dir, "site"), "git "+o.bare)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context()))
	h := m(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		c.Replaced()
		text, err := middleware.RootOf(r, nil).FS.ReadFile("index.html")
		w.Write(text)
		return 0, err
	}))
	for range 2 {
		w := httptest.NewRecorder()
		middleware.AppHandler(h.ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, "first", w.Body.String())
	}
}

// TestKeptClaims checks that the line of a site that stays as it is counts for those
// that are set up beside it, and no longer than that.
func TestKeptClaims(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	pool, root := new(directive.Pool), filepath.Join(dir, "site")
	kept, _, err := site(t, pool, root, "git "+o.bare)
	require.NoError(t, err)
	require.NoError(t, kept.Start(t.Context()))

	settle := kept.Keep()
	other, _, err := site(t, pool, root, "git "+o.bare+" {\n branch main\n}")
	require.ErrorContains(t, err, "another line has its releases in")
	require.NoError(t, other.Stop())
	for _, f := range settle {
		f(false)
	}

	settle = kept.Keep()
	same, _, err := site(t, pool, root, "git "+o.bare)
	require.NoError(t, err)
	require.NoError(t, same.Start(t.Context()))
	for _, f := range settle {
		f(true)
	}
	_, _, err = site(t, pool, root, "git "+o.bare+" {\n branch main\n}")
	require.NoError(t, err, "in the place of the others")
}
