package browse_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestHidden checks that what is hidden is neither listed nor counted, found or
// packed, and that what is unlisted can be fetched all the same.
func TestHidden(t *testing.T) {
	c := in(t, folder(t, map[string]string{
		"shown.txt": "", "hidden.txt": "", "drafts/x.txt": "", "quiet.txt": "quiet", ".dot": "dot", ".env": "", ".well-known/": "", "sub/hidden.txt": "", "sub/ok.txt": "",
	}))
	c.Files.Hide = func(name string, _ fs.FileInfo) bool { return path.Base(name) == "hidden.txt" || name == "drafts" }
	c.Unlist = func(name string, _ fs.FileInfo) bool { return path.Base(name) == "quiet.txt" }
	c.Search.Time = 1e9
	c.Archives = []browse.Archive{browse.Tar()}
	s := serve(t, c)
	require.Equal(t, []string{"sub", "shown.txt"}, s.names("/"))
	require.Equal(t, 2, s.json("/").Total)
	require.Equal(t, []string{"ok.txt"}, s.names("/sub/"))
	require.Equal(t, []string{"shown.txt", "sub/ok.txt"}, s.names("/?q=.txt"))
	require.Equal(t, []string{"files/shown.txt", "files/sub/", "files/sub/ok.txt"}, slices.Sorted(slices.Values(tarNames(t, s.get("/?archive=tar").body))))
	for path, want := range map[string]int{"/hidden.txt": 404, "/drafts/": 404, "/drafts": 404, "/drafts/x.txt": 404, "/quiet.txt": 200, "/.dot": 200, "/.env": 404} {
		require.Equal(t, want, s.get(path).StatusCode, path)
	}

	c.ShowDotfiles = true
	require.Equal(t, []string{".well-known", "sub", ".dot", "shown.txt"}, serve(t, c).names("/"))
	c.Files.Dotfiles = static.DotfilesDeny
	require.Equal(t, []string{".well-known", "sub", "shown.txt"}, serve(t, c).names("/"))
}

// TestHiddenByIdentity hides a file for what it is, whatever it is called.
func TestHiddenByIdentity(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "", "real.txt": ""})
	middlewaretest.Link(t, filepath.Join(dir, "real.txt"), filepath.Join(dir, "alias.txt"))
	secret, err := os.Stat(filepath.Join(dir, "real.txt"))
	require.NoError(t, err)
	c := in(t, dir)
	c.Files.Hide = func(_ string, info fs.FileInfo) bool { return info != nil && os.SameFile(info, secret) }
	c.Archives = []browse.Archive{browse.Tar()}
	s := serve(t, c)
	require.Equal(t, []string{"a.txt"}, s.names("/"))
	require.Equal(t, []string{"files/a.txt"}, tarNames(t, s.get("/?archive=tar").body))
	c.Search.Time = 0
	for range 2 { // that there is such a name must not be counted, either
		s = serve(t, c)
		require.Equal(t, 0, s.json("/?q=real").Total)
		require.Equal(t, 1, s.json("/?q=a.txt").Total)
		c.Search.Time = 1e9
	}
}

// TestSandbox takes from files that others have put there what they could do.
func TestSandbox(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a.html": "", "b.SVG": "", "c.xhtml": "", "d.xml": "", "e.txt": "", "f.png": "", "page/index.html": "", "sub/": ""}))
	policy := func(c browse.Config, path string) string {
		return serve(t, c).get(path).Header.Get("Content-Security-Policy")
	}
	require.Empty(t, policy(c, "/a.html"))
	c.Sandbox = true
	for _, path := range []string{"/a.html", "/b.SVG", "/c.xhtml", "/d.xml", "/page/"} {
		require.True(t, strings.HasPrefix(policy(c, path), "sandbox;"), path)
	}
	for _, path := range []string{"/e.txt", "/f.png"} {
		require.Empty(t, policy(c, path), path)
	}
	require.Contains(t, policy(c, "/sub/"), "nonce")

	c.Path = "/Page/"
	require.True(t, strings.HasPrefix(policy(c, "/page/"), "sandbox;"), "it may be the same folder")
	require.True(t, strings.HasPrefix(policy(c, "/page/index.html"), "sandbox;"))
	require.Empty(t, policy(c, "/a.html"))
	c.Path = "/"
	require.Empty(t, policy(c, "/route.html"), "it is no file, so it is no business of this layer")
	rest := c
	rest.Sandbox = false
	c.Path = "/PAGE"
	s := serveHandler(t, middleware.Chain(browse.Join(rest, c), static.New(c.Files))(middleware.Status(404)))
	require.True(t, strings.HasPrefix(s.get("/page/").Header.Get("Content-Security-Policy"), "sandbox;"))
	require.Empty(t, s.get("/a.html").Header.Get("Content-Security-Policy"))
}

// TestChangesAreSeen changes a folder that has been listed.
func TestChangesAreSeen(t *testing.T) {
	dir := folder(t, map[string]string{"a.txt": "1"})
	require.NoError(t, os.Chtimes(dir, day, day)) // long ago, so that it is remembered
	s := serve(t, in(t, dir))
	require.Equal(t, []string{"a.txt"}, s.names("/"))
	require.Equal(t, []string{"a.txt"}, s.names("/"))
	write(t, filepath.Join(dir, "a.txt"), "12345")
	require.EqualValues(t, 5, s.json("/").Items[0].Size)
	write(t, filepath.Join(dir, "b.txt"), "")
	require.Equal(t, []string{"a.txt", "b.txt"}, s.names("/"))
	require.NoError(t, os.Remove(filepath.Join(dir, "a.txt")))
	require.Equal(t, []string{"b.txt"}, s.names("/"))
	require.NoError(t, os.Rename(filepath.Join(dir, "b.txt"), filepath.Join(dir, "c.txt")))
	require.Equal(t, []string{"c.txt"}, s.names("/"))
}

// TestSearch finds names in all folders below, within a budget.
func TestSearch(t *testing.T) {
	c := in(t, folder(t, map[string]string{"Report.txt": "", "a/report 2.txt": "", "a/b/c/REPORT.md": "", "a/x.txt": "", "réport": ""}))
	require.Equal(t, []string{"réport", "Report.txt"}, serve(t, c).names("/?q=report"), "without a budget it is the folder itself")
	c.Search.Time = 1e9
	s := serve(t, c)
	l := s.json("/?q=report")
	require.Equal(t, []int{4, 4}, []int{l.Total, len(l.Items)})
	require.False(t, l.Truncated)
	require.Equal(t, "./a/b/c/REPORT.md", l.Items[0].URL)
	require.Equal(t, []string{"b/c/REPORT.md", "report 2.txt"}, s.names("/a/?q=report"))
	require.Equal(t, []string{"a"}, s.names("/?q=a&limit=1"))
	require.Contains(t, s.get("/?q=report", "Accept: text/html").body, "4 files found")

	c.Search.Entries = 3
	s = serve(t, c)
	require.True(t, s.json("/?q=report").Truncated)
	require.Contains(t, s.get("/?q=report", "Accept: text/html").body, `role="alert"`)
	require.Equal(t, 3, s.json("/?q="+strings.Repeat("x", 300)).Total, "what is too long is ignored")
}

// hide returns a function that hides what has this name, of any case.
func hide(base string) func(string, fs.FileInfo) bool {
	return func(name string, _ fs.FileInfo) bool { return strings.EqualFold(path.Base(name), base) }
}
