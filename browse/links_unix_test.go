//go:build unix

package browse_test

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// These tests are not for Windows, where making links takes a right that few
// accounts have.

func TestLinks(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "text", "sub/b.txt": "", ".git/config": ""})
	for name, target := range map[string]string{
		"file": "a.txt", "dir": "sub", "absolute": filepath.Join(dir, "sub"), "up": "sub/../a.txt",
		"gone": "nothing", "loop": "loop", "out": "../secret", "out-file": "../secret/" + secret, "out-absolute": filepath.Join(filepath.Dir(dir), "secret"),
		"etc": "/etc", "guarded": ".git", "out-and-in": "../root/sub",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	c := in(t, dir)
	c.Search.Time = 1e9
	c.Archives = []browse.Archive{browse.Tar()}

	t.Run("inside", func(t *testing.T) {
		s := serve(t, c)
		require.Equal(t, []string{"absolute", "dir", "out-and-in", "sub", "a.txt", "file", "up"}, s.names("/"))
		for _, it := range s.json("/").Items {
			require.Equal(t, it.Name != "sub" && it.Name != "a.txt", it.Link, it.Name)
			require.Empty(t, it.Target)
		}
		require.Equal(t, []string{"b.txt"}, s.names("/absolute/"))
		for _, path := range []string{"/out/", "/out", "/out-absolute/", "/etc/", "/etc", "/guarded/", "/loop/", "/gone/", "/out-file"} {
			require.Equal(t, 404, s.get(path).StatusCode, path)
		}
		require.Equal(t, []string{"sub/b.txt"}, s.names("/?q=b.txt"), "a search goes through no link")
		require.Equal(t, []string{"files/a.txt", "files/file", "files/sub/", "files/sub/b.txt", "files/up"}, slices.Sorted(slices.Values(tarNames(t, s.get("/?archive=tar").body))))
	})
	t.Run("deny", func(t *testing.T) {
		c := c
		c.Files.Symlinks = static.SymlinksDeny
		s := serve(t, c)
		require.Equal(t, []string{"sub", "a.txt"}, s.names("/"))
		require.Equal(t, 404, s.get("/dir/").StatusCode)
		require.Equal(t, 404, s.get("/dir").StatusCode)
	})
	t.Run("targets", func(t *testing.T) {
		c := c
		c.ShowTargets = true
		targets := map[string]string{}
		for _, it := range serve(t, c).json("/").Items {
			targets[it.Name] = it.Target
		}
		require.Equal(t, "sub/../a.txt", targets["up"])
		require.Equal(t, "", targets["a.txt"])
	})
	t.Run("follow", func(t *testing.T) {
		c := c
		c.Files.Symlinks = static.SymlinksFollow
		elsewhere := folder(t, map[string]string{"x.txt": ""})
		link := filepath.Join(dir, "elsewhere")
		require.NoError(t, os.Symlink(elsewhere, link))
		t.Cleanup(func() { os.Remove(link) })
		s := serve(t, c)
		require.Contains(t, s.names("/"), "elsewhere")
		require.Equal(t, []string{"x.txt"}, s.names("/elsewhere/"))
	})
}

// TestLinksAreFollowedAgain checks that a folder with a link is not read again for
// it, and that where it leads is noticed all the same.
func TestLinksAreFollowedAgain(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "", "sub/x": ""})
	require.NoError(t, os.Symlink("sub/x", filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("sub/y", filepath.Join(dir, "later")))
	require.NoError(t, os.Chtimes(dir, time.Unix(1e8, 0), time.Unix(1e8, 0)))
	c := in(t, dir)
	var read atomic.Int64
	c.Files.Hide = func(name string, info fs.FileInfo) bool {
		if info == nil && name == "a.txt" {
			read.Add(1)
		}
		return false
	}
	synctest.Test(t, func(t *testing.T) {
		h := browse.NewHandler(middleware.Status(404), c)
		list := func() string {
			middlewaretest.Pass(2 * time.Second)
			w := httptest.NewRecorder()
			_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/?format=text", nil))
			require.NoError(t, err)
			return w.Body.String()
		}
		require.Equal(t, "./sub/\n./a.txt\n./link\n", list())
		once := read.Load()
		require.Equal(t, "./sub/\n./a.txt\n./link\n", list())
		require.Equal(t, once, read.Load())
		require.NoError(t, os.Remove(filepath.Join(dir, "sub/x")))
		require.NoError(t, os.Mkdir(filepath.Join(dir, "sub/x"), 0o700))
		require.Equal(t, "./link/\n./sub/\n./a.txt\n", list())
		write(t, filepath.Join(dir, "sub/y"), "")
		require.Equal(t, "./link/\n./sub/\n./a.txt\n./later\n", list())
	})
}

// TestLinksAreCalledThat checks that people are told, in every layout that has
// room for it.
func TestLinksAreCalledThat(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.txt": ""})
	require.NoError(t, os.Symlink("sub", filepath.Join(dir, "alias")))
	require.Contains(t, serve(t, in(t, dir)).get("/?layout=list", "Accept: text/html").body, "alias <i>link</i>")
}

// TestDirectiveTargets has a Caddyfile say whether it is shown where links lead.
func TestDirectiveTargets(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.txt": ""})
	require.NoError(t, os.Symlink("sub/a.txt", filepath.Join(dir, "link")))
	t.Chdir(dir)
	for src, want := range map[string]string{"browse": "link <i>link</i>", "browse {\n targets\n}": "link <i>link to sub/a.txt</i>"} {
		mw, err := caddyfiletest.SetupIn(t, directive.NewSite("localhost"), browse.Directive, src)
		require.NoError(t, err)
		w := httptest.NewRecorder()
		_, err = mw(middleware.Status(418)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.NoError(t, err)
		require.Contains(t, w.Body.String(), want, src)
	}
}
