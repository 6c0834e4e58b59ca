package middleware_test

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestNewRoot follows a folder through its life, and the requests of each time.
func TestNewRoot(t *testing.T) {
	dir := t.TempDir()
	for _, release := range []string{"1", "2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, release), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, release, "version"), []byte(release), 0o600))
	}
	current := filepath.Join(dir, "current")
	point := func(t *testing.T, release string) {
		os.Remove(current)
		middlewaretest.Symlink(t, release, current)
	}
	version := func(root *middleware.Root) string {
		if root.FS == nil {
			return "none"
		}
		b, err := root.FS.ReadFile("version")
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	synctest.Test(t, func(t *testing.T) {
		root := middleware.NewRoot(current)
		now := func() *middleware.Root { return middleware.RootOf(httptest.NewRequest("GET", "/", nil), root) }
		missing := now()
		require.Equal(t, "none", version(missing))
		require.Equal(t, current, missing.Dir)

		point(t, "1")
		require.Equal(t, "none", version(now()), "it looks once a second")
		time.Sleep(time.Second)
		first := now()
		require.Equal(t, "1", version(first))
		real, err := filepath.EvalSymlinks(filepath.Join(dir, "1"))
		require.NoError(t, err)
		require.Equal(t, real, first.Dir, "as whoever opens files by their names must call it")

		time.Sleep(time.Minute)
		require.Same(t, first, now(), "nothing has changed")

		point(t, "2")
		time.Sleep(time.Second)
		second := now()
		require.Equal(t, "2", version(second))
		require.Equal(t, "1", version(first), "as the requests under way see it")
		require.Same(t, first, first.Now())

		require.NoError(t, os.Remove(current))
		time.Sleep(time.Second)
		require.Equal(t, "none", version(now()))
		require.Equal(t, "2", version(second))
		require.NoError(t, first.Close())
		require.NoError(t, second.Close())
	})
}

// TestCloseRoot checks that what is closed is no longer open, whatever it is.
func TestCloseRoot(t *testing.T) {
	dir := t.TempDir()
	pinned, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	followed := middleware.NewRoot(dir)
	latest := followed.Now()
	for root, folder := range map[*middleware.Root]*os.Root{pinned: pinned.FS, followed: latest.FS} {
		require.NoError(t, root.Close())
		_, err := folder.Stat(".")
		require.ErrorIs(t, err, os.ErrClosed)
		require.NoError(t, root.Close(), "again")
	}
	_, err = followed.Now().FS.Stat(".")
	require.NoError(t, err, "opened again")
	require.NoError(t, followed.Close())

	for _, root := range []*middleware.Root{nil, new(middleware.Root), middleware.NewRoot(filepath.Join(dir, "missing"))} {
		root.Now()
		require.NoError(t, root.Close())
	}
}

func TestNewRootIsAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	wd, err := os.Getwd()
	require.NoError(t, err)
	root := middleware.NewRoot(".")
	defer root.Close()
	require.Equal(t, wd, root.Dir)
	t.Chdir(os.TempDir())
	require.Equal(t, wd, root.Now().Dir, "whatever becomes of the working directory")
}

// TestNewRootAtOnce has many requests find out what the folder is.
func TestNewRootAtOnce(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	root := middleware.NewRoot(dir)
	defer root.Close()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if _, err := root.Now().FS.Stat("file"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Same(t, root.Now(), root.Now())
}

func TestPinnedRoot(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "file"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside"), nil, 0o600))
	root, err := middleware.PinnedRoot(filepath.Join(dir, "a"))
	require.NoError(t, err)
	defer root.Close()
	require.Equal(t, filepath.Join(dir, "a"), root.Dir)
	require.Same(t, root, root.Now())
	_, err = root.FS.Stat("../outside")
	require.Error(t, err)

	_, err = middleware.PinnedRoot(filepath.Join(dir, "b"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = middleware.PinnedRoot(filepath.Join(dir, "outside"))
	require.Error(t, err, "no folder")
}

func TestRootOf(t *testing.T) {
	dir := t.TempDir()
	fallback := middleware.NewRoot(dir)
	defer fallback.Close()
	pinned, err := middleware.PinnedRoot(t.TempDir())
	require.NoError(t, err)
	defer pinned.Close()
	r := httptest.NewRequest("GET", "/", nil)

	require.Equal(t, dir, middleware.RootOf(r, fallback).Dir)
	require.Nil(t, middleware.RootOf(r, nil).FS, "no root at all")
	require.Same(t, pinned, middleware.RootOf(middleware.WithRoot(r, pinned), fallback))
	require.Same(t, pinned, middleware.RootOf(middleware.WithRoot(r, pinned), nil))
	inner := &middleware.Root{Dir: "inner"}
	require.Same(t, inner, middleware.RootOf(middleware.WithRoot(middleware.WithRoot(r, pinned), inner), fallback), "the nearest counts")
	require.Equal(t, dir, middleware.RootOf(r, fallback).Dir, "the request given is as it was")
}

func TestRetire(t *testing.T) {
	var retired int
	retire := func() { retired++ }

	idle := new(middleware.Root)
	idle.Retire(retire)
	require.Equal(t, 1, retired, "at once, if nobody holds it")
	idle.Retire(retire)
	require.Equal(t, 1, retired, "once")
	require.False(t, idle.Hold())

	retired = 0
	held := new(middleware.Root)
	require.True(t, held.Hold())
	require.True(t, held.Hold())
	held.Retire(retire)
	require.False(t, held.Hold(), "too late")
	held.Release()
	require.Zero(t, retired, "still held")
	held.Retire(func() { t.Error("only the first call counts") })
	held.Release()
	require.Equal(t, 1, retired)

	retired = 0
	let := new(middleware.Root)
	require.True(t, let.Hold())
	let.Release()
	require.Zero(t, retired, "nobody has retired it")
	require.True(t, let.Hold(), "so it can be held again")
	let.Release()
}

// TestRetireAtOnce has many requests hold a root while it is retired: whoever
// holds it finds it alive, and in the end it is retired, once.
func TestRetireAtOnce(t *testing.T) {
	for range 50 {
		var (
			root    middleware.Root
			retired atomic.Int32
			wg      sync.WaitGroup
			start   = make(chan struct{})
		)
		for range 16 {
			wg.Go(func() {
				<-start
				for range 100 {
					if !root.Hold() {
						return
					}
					if retired.Load() != 0 {
						t.Error("retired while it is held")
					}
					root.Release()
				}
			})
		}
		for range 2 {
			wg.Go(func() {
				<-start
				root.Retire(func() { retired.Add(1) })
			})
		}
		close(start)
		wg.Wait()
		require.EqualValues(t, 1, retired.Load())
	}
}

func BenchmarkRootOf(b *testing.B) {
	root, r := middleware.NewRoot(b.TempDir()), httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		middleware.RootOf(r, root)
	}
}
