package directive_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// siteWith returns a site whose root has files of these names.
func siteWith(t *testing.T, names ...string) (*directive.Site, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o600))
	}
	site := directive.NewSite()
	site.Root = middleware.NewRoot(dir)
	t.Cleanup(func() { site.Root.Close() })
	return site, dir
}

func info(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	i, err := os.Stat(path)
	require.NoError(t, err)
	return i
}

// TestHiddenByName checks which names are hidden before anybody has looked at the
// files.
func TestHiddenByName(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hide  string // below the root
		asked string
		want  bool
	}{
		{"it", "Caddyfile", "Caddyfile", true},
		{"it, in other letters", "Caddyfile", "CADDYFILE", true},
		{"it, from here", "Caddyfile", "./Caddyfile", true},
		{"another", "Caddyfile", "index.html", false},
		{"one that begins like it", "Caddyfile", "Caddyfile.example", false},
		{"one of its name elsewhere", "Caddyfile", "docs/Caddyfile", false},
		{"it, in a folder", "conf/Caddyfile", "conf/Caddyfile", true},
		{"it, in a folder in other letters", "conf/Caddyfile", "Conf/caddyfile", true},
		{"its folder", "conf/Caddyfile", "conf", false},
		{"what a pattern matches", "access-*.log", "access-2006-01-02.log", true},
		{"what a pattern matches, in other letters", "access-*.log", "Access-2006-01-02.LOG", true},
		{"what a pattern does not match", "access-*.log", "access.log", false},
		{"what a pattern would match elsewhere", "access-*.log", "docs/access-1.log", false},
		{"a name that could be a pattern", "a[1].log", "a[1].log", true},
		{"what it would match if it were one", "a[1].log", "a1.log", true},
		{"a name that would be a pattern, were it well-formed", "a[.log", "a[.log", true},
		{"the root", "Caddyfile", ".", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site, dir := siteWith(t, "conf/x", "docs/x")
			site.Hide(filepath.Join(dir, filepath.FromSlash(tt.hide)))
			require.Equal(t, tt.want, site.Hidden(tt.asked, nil))
		})
	}
}

// TestHiddenFromAll checks that a site does not serve what another hides: two
// sites may well have one folder.
func TestHiddenFromAll(t *testing.T) {
	site, dir := siteWith(t, "other.log")
	other := directive.NewSite()
	other.Root, other.Shared = site.Root, site.Shared
	stranger := directive.NewSite()
	stranger.Root = site.Root
	other.Hide(filepath.Join(dir, "other.log"))
	require.True(t, site.Hidden("other.log", nil))
	require.True(t, site.Hidden("by another name", info(t, filepath.Join(dir, "other.log"))))
	require.False(t, stranger.Hidden("other.log", nil), "of another pool")
}

// BenchmarkHidden asks for a file that is not hidden, where 10,000 are: as many
// logs as there may be sites.
func BenchmarkHiddenAmongMany(b *testing.B) {
	dir := b.TempDir()
	name := filepath.Join(dir, "index.html")
	require.NoError(b, os.WriteFile(name, nil, 0o600))
	site := directive.NewSite()
	site.Root = middleware.NewRoot(dir)
	for i := range 10_000 {
		site.Hide(filepath.Join(dir, fmt.Sprintf("site%d.log", i)))
		site.Hide(filepath.Join(dir, fmt.Sprintf("site%d-*.log", i)))
	}
	i, err := os.Stat(name)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		site.Hidden("index.html", i)
	}
}

// TestHiddenByIdentity checks that no other name leads to a hidden file.
func TestHiddenByIdentity(t *testing.T) {
	site, dir := siteWith(t, "conf/Caddyfile", "index.html", "same/Caddyfile")
	outside := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	site.Hide(filepath.Join(dir, "conf", "Caddyfile"))
	site.Hide(outside)
	site.Hide(filepath.Join(dir, "missing"))

	for name, target := range map[string]string{"hard": "conf/Caddyfile", "key": outside} {
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		middlewaretest.Link(t, target, filepath.Join(dir, name))
	}
	middlewaretest.Symlink(t, filepath.Join("conf", "Caddyfile"), filepath.Join(dir, "soft"))
	for name, want := range map[string]bool{
		"conf/Caddyfile": true,
		"hard":           true,
		"soft":           true,
		"key":            true,
		"index.html":     false,
		"same/Caddyfile": false,
	} {
		require.Equal(t, want, site.Hidden(name, info(t, filepath.Join(dir, name))), name)
	}
	require.False(t, site.Hidden("soft", nil), "by its name alone, a link cannot be told")
}

// TestHiddenThroughALink checks that it does not matter by which of its names the
// folder of a hidden file is called.
func TestHiddenThroughALink(t *testing.T) {
	_, dir := siteWith(t, "releases/1/x")
	current := filepath.Join(dir, "current")
	middlewaretest.Symlink(t, filepath.Join("releases", "1"), current)
	for _, tt := range []struct{ root, hide string }{
		{current, filepath.Join(dir, "releases", "1", "access-*.log")},
		{filepath.Join(dir, "releases", "1"), filepath.Join(current, "access-*.log")},
	} {
		site := directive.NewSite()
		site.Root = middleware.NewRoot(tt.root)
		site.Hide(tt.hide)
		require.True(t, site.Hidden("access-1.log", nil))
		require.False(t, site.Hidden("elsewhere/access-1.log", nil))
	}
}

// TestHiddenFollowsRotation checks that a file is known again after another one
// has taken its place, within a second by any name and at once by its own.
func TestHiddenFollowsRotation(t *testing.T) {
	site, dir := siteWith(t, "logs/access.log")
	log := filepath.Join(dir, "logs", "access.log")
	link := filepath.Join(dir, "link")
	site.Hide(log)
	synctest.Test(t, func(t *testing.T) {
		require.True(t, site.Hidden("logs/access.log", info(t, log)))

		require.NoError(t, os.Rename(log, log+".1"))
		require.NoError(t, os.WriteFile(log, nil, 0o600))
		middlewaretest.Link(t, log, link)
		require.True(t, site.Hidden("logs/access.log", info(t, log)), "at once")

		time.Sleep(time.Second)
		require.True(t, site.Hidden("link", info(t, link)))
		require.False(t, site.Hidden("logs/access.log.1", info(t, log+".1")), "a pattern would hide it")
	})
}

// TestHiddenInManyFolders checks that a request for a name that many sites hide,
// each in a folder of its own, does not have each of these looked at: with 1,000
// logs, /access.log/access.log/… took seconds.
func TestHiddenInManyFolders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that what is known stays fresh
		cost := func(sites int) float64 {
			site, dir := siteWith(t, "public/access.log/x")
			for i := range sites {
				site.Hide(filepath.Join(dir, fmt.Sprint(i), "access.log"))
				site.Hide(filepath.Join(dir, fmt.Sprint(i), "access-*.log"))
			}
			return testing.AllocsPerRun(10, func() {
				require.False(t, site.Hidden("public/access.log", nil))
				require.False(t, site.Hidden("public/access-1.log", nil))
				require.True(t, site.Hidden("0/access-1.log", nil))
			})
		}
		require.InDelta(t, cost(1), cost(1000), 10)
	})
}

// TestHiddenFromThenOn checks that a file is hidden as soon as it is said to be,
// though others have been looked at just now.
func TestHiddenFromThenOn(t *testing.T) {
	site, dir := siteWith(t, "a.log", "b.log")
	a, b := info(t, filepath.Join(dir, "a.log")), info(t, filepath.Join(dir, "b.log"))
	site.Hide(filepath.Join(dir, "a.log"))
	require.True(t, site.Hidden("by another name", a))
	require.False(t, site.Hidden("by another name", b))
	site.Hide(filepath.Join(dir, "b.log"))
	require.True(t, site.Hidden("by another name", b))
}

// TestUnhide checks that what a former site hid is hidden no longer, unless another
// one does so, too.
func TestUnhide(t *testing.T) {
	site, dir := siteWith(t, "a", "b", "c.log", "d")
	other := directive.NewSite()
	other.Root, other.Shared = site.Root, site.Shared
	in := func(name string) string { return filepath.Join(dir, name) }
	for range 2 {
		site.Hide(in("a"))
	}
	site.Hide(in("b"))
	site.Hide(in("*.log"))
	other.Hide(in("b"))
	hidden := func() (names []string) {
		for _, name := range []string{"a", "b", "c.log", "d"} {
			byName := other.Hidden(name, nil)
			if name != "c.log" { // which a pattern knows by its name only
				require.Equal(t, byName, other.Hidden("another/name", info(t, in(name))), name)
			}
			if byName {
				names = append(names, name)
			}
		}
		return names
	}
	require.Equal(t, []string{"a", "b", "c.log"}, hidden())
	for range 2 { // the second time there is nothing left
		site.Unhide()
		require.Equal(t, []string{"b"}, hidden())
	}
	site.Hide(in("a"))
	require.Equal(t, []string{"a", "b"}, hidden())
	other.Unhide()
	require.Equal(t, []string{"a"}, hidden())
	site.Unhide()
	require.Empty(t, hidden())
}

// TestHiddenWhileOthersAre checks that none of many files is missed that are
// hidden while requests come.
func TestHiddenWhileOthersAre(t *testing.T) {
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprint(i, ".log")
	}
	site, dir := siteWith(t, names...)
	var wg sync.WaitGroup
	for _, name := range names {
		i := info(t, filepath.Join(dir, name))
		wg.Go(func() {
			site.Hide(filepath.Join(dir, name))
			if !site.Hidden("by another name", i) {
				t.Error(name, "is not hidden")
			}
		})
	}
	wg.Wait()
}

func TestHiddenAtOnce(t *testing.T) {
	site, dir := siteWith(t, "Caddyfile", "index.html")
	site.Hide(filepath.Join(dir, "Caddyfile"))
	hidden, shown := info(t, filepath.Join(dir, "Caddyfile")), info(t, filepath.Join(dir, "index.html"))
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if !site.Hidden("by another name", hidden) || site.Hidden("index.html", shown) {
				t.Error("mistaken")
			}
		})
	}
	wg.Wait()
}

func TestHideNothing(t *testing.T) {
	site, dir := siteWith(t, "index.html")
	require.False(t, site.Hidden("index.html", info(t, filepath.Join(dir, "index.html"))))
}

func BenchmarkHidden(b *testing.B) {
	dir := b.TempDir()
	site := directive.NewSite()
	site.Root = middleware.NewRoot(dir)
	for _, name := range []string{"Caddyfile", "access.log", "access-*.log", "error.log", "error-*.log"} {
		site.Hide(filepath.Join(dir, name))
	}
	i, err := os.Stat(dir)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		site.Hidden("docs/guide/index.html", i)
	}
}
