//go:build unix

package static_test

import (
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// link makes a link. In its target DIR is the folder served and UP the one that
// is in.
func link(t *testing.T, dir, name, target string) {
	t.Helper()
	target = strings.NewReplacer("DIR", dir, "UP", filepath.Dir(dir)).Replace(target)
	require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
}

// TestSymlinks is the matrix of links and policies.
func TestSymlinks(t *testing.T) {
	dir := folder(t, map[string]string{
		"file.txt": "file", "dir/file.txt": "dir file", "dir/index.html": "dir", "deep/er/file.txt": "deep file", "deep/index/": "",
		".git/config": "git", "hidden.txt": "hidden", "private/file.txt": "private", "app.js": "js", "page/": "", "gone/": "",
	})
	write(t, filepath.Join(filepath.Dir(dir), "outside", "file.txt"), "outside")
	write(t, filepath.Join(filepath.Dir(dir), "outside.txt"), "outside")
	link(t, filepath.Dir(dir), "outside/back", dir)
	hide := func(name string, _ fs.FileInfo) bool { return name == "hidden.txt" || name == "private" }

	for _, tt := range []struct {
		name         string
		link, target string
		path         string
		inside, deny string
		follow       string // "" is as inside
	}{
		{"to a file", "l1", "file.txt", "/l1", "file", "404", ""},
		{"to a file, up and down", "deep/l2", "../dir/file.txt", "/deep/l2", "dir file", "404", ""},
		{"to a file, absolute", "l3", "DIR/file.txt", "/l3", "file", "404", ""},
		{"to a file, with a slash", "l3a", "file.txt", "/l3a/", "→ /l3a", "404", ""},
		{"to a folder", "l4", "dir", "/l4/file.txt", "dir file", "404", ""},
		{"to a folder, its index page", "l5", "dir", "/l5/", "dir", "404", ""},
		{"to a folder, without a slash", "l6", "dir", "/l6", "→ /l6/", "404", ""},
		{"to a folder, absolute", "l7", "DIR/dir", "/l7/file.txt", "dir file", "404", ""},
		{"to a folder, absolute, its index page", "l8", "DIR/dir", "/l8/", "dir", "404", ""},
		{"to a folder, with a slash in the target", "l9", "./dir/", "/l9/file.txt", "dir file", "404", ""},
		{"to the root", "l10", ".", "/l10/l10/file.txt", "file", "404", ""},
		{"to the root, absolute", "l11", "DIR", "/l11/l11/file.txt", "file", "404", ""},
		{"to a link", "l12", "l1", "/l12", "file", "404", ""},
		{"to an absolute link", "l13", "l3", "/l13", "file", "404", ""},
		{"absolute to an absolute link", "l14", "DIR/l3", "/l14", "file", "404", ""},
		{"to a file through a link", "l15", "l4/file.txt", "/l15", "dir file", "404", ""},
		{"to a file through an absolute link", "l16", "l7/file.txt", "/l16", "dir file", "404", ""},
		{"up from a link is up from where it leads", "l17", "deep/er/../../file.txt", "/l17", "file", "404", ""},
		{"an index page", "page/index.html", "../file.txt", "/page/", "file", "404", ""},
		{"out of the root and back", "l18", "../root/file.txt", "/l18", "file", "404", ""},
		{"out of the root and back, through a link", "l19", "UP/outside/back/file.txt", "/l19", "file", "404", ""},

		{"outside", "o1", "../outside.txt", "/o1", "404", "404", "outside"},
		{"outside, absolute", "o2", "UP/outside.txt", "/o2", "404", "404", "outside"},
		{"to a folder outside", "o3", "../outside", "/o3/file.txt", "404", "404", "outside"},
		{"to a folder outside, absolute", "o4", "UP/outside", "/o4/file.txt", "404", "404", "outside"},
		{"to a folder outside, without a slash", "o5", "UP/outside", "/o5", "404", "404", "→ /o5/"},
		{"to a folder outside, and back", "o6", "UP/outside", "/o6/back/file.txt", "404", "404", "file"},
		{"to a folder outside, back, and what is hidden", "o7", "UP/outside", "/o7/back/.git/config", "404", "404", "404"},
		{"to a link outside", "o8", "o1", "/o8", "404", "404", "outside"},
		{"absolute to a link outside", "o9", "DIR/o2", "/o9", "404", "404", "outside"},
		{"up from a link", "o10", "o3/../outside.txt", "/o10", "404", "404", "outside"},
		{"the folder above", "o11", "..", "/o11/outside.txt", "404", "404", "outside"},

		{"to itself", "x1", "x1", "/x1", "404", "404", ""},
		{"to itself, absolute", "x2", "DIR/x2", "/x2", "404", "404", "404"},
		{"to itself and further", "x3", "x3/x", "/x3", "404", "404", ""},
		{"to nothing", "x4", "nothing", "/x4", "404", "404", ""},
		{"to nothing, absolute", "x5", "DIR/nothing", "/x5", "404", "404", ""},
		{"to nothing outside", "x6", "../nothing", "/x6", "404", "404", ""},
		{"to nothing outside, absolute", "x7", "/nothing/at/all", "/x7", "404", "404", ""},
		{"into a file", "x8", "file.txt/x", "/x8", "404", "404", ""},

		{"to what is guarded", "h1", ".git", "/h1/config", "404", "404", ""},
		{"to what is guarded, absolute", "h2", "DIR/.git/config", "/h2", "404", "404", ""},
		{"to what is guarded, through a link", "h3", "l10/.git/config", "/h3", "404", "404", ""},
		{"to what is hidden", "h4", "hidden.txt", "/h4", "404", "404", ""},
		{"to what is hidden, absolute", "h5", "DIR/hidden.txt", "/h5", "404", "404", ""},
		{"to a folder that is hidden", "h6", "private", "/h6/file.txt", "404", "404", ""},
		{"a name that is guarded", ".env", "file.txt", "/.env", "404", "404", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			link(t, dir, tt.link, tt.target)
			if tt.follow == "" {
				tt.follow = tt.inside
			}
			root := pinned(t, dir)
			for policy, want := range map[static.Symlinks]string{
				static.SymlinksInside: tt.inside, static.SymlinksDeny: tt.deny, static.SymlinksFollow: tt.follow,
			} {
				s := serve(t, static.Config{Root: root, Symlinks: policy, Hide: hide})
				require.Equal(t, want, result(s.get(tt.path)), "policy %d", policy)
				require.Equal(t, want, result(s.get(tt.path)), "policy %d, again", policy)
			}
		})
	}
}

// TestSymlinksToSecrets has each link that leads outside tried under the policy
// that matters, with the secret that no test ever gets to see.
func TestSymlinksToSecrets(t *testing.T) {
	dir := folder(t, map[string]string{"dir/x": "", "app.js": "js", "page/": ""})
	for name, target := range map[string]string{
		"l1": "../secret.txt", "l2": "UP/secret.txt", "l3": "../secret", "l4": "UP/secret", "l5": "..", "l6": "/", "dir/l7": "../../secret.txt",
		"dir/l8": "../l2", "l9": "dir/../../secret.txt", "app.js.gz": "UP/secret.txt", "page/index.html": "UP/secret.txt", "l10": "/proc/self/root",
	} {
		link(t, dir, name, target)
	}
	s := serve(t, static.Config{Root: pinned(t, dir)})
	for _, path := range []string{
		"/l1", "/l2", "/l3/secret.txt", "/l4/secret.txt", "/l5/secret.txt", "/l6" + filepath.Dir(dir) + "/secret.txt", "/dir/l7", "/dir/l8", "/l9",
		"/page/", "/app.js.gz", "/l10" + filepath.Dir(dir) + "/secret.txt", "/l3", "/l4", "/l5", "/l6", "/l6/", "/l6/etc/passwd",
	} {
		require.Equal(t, 404, s.get(path).StatusCode, path)
	}
	require.Equal(t, 301, s.get("/page").StatusCode)
	require.Equal(t, "js", result(s.get("/app.js", "Accept-Encoding: gzip")))
}

// TestRootIsALink serves a folder by way of a link to it.
func TestRootIsALink(t *testing.T) {
	dir := folder(t, map[string]string{"file.txt": "file"})
	link(t, filepath.Dir(dir), "current", "root")
	current := filepath.Join(filepath.Dir(dir), "current")
	require.NoError(t, os.Symlink(filepath.Join(current, "file.txt"), filepath.Join(dir, "by-link")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "file.txt"), filepath.Join(dir, "by-folder")))
	for _, root := range []*middleware.Root{pinned(t, current), middleware.NewRoot(current), pinned(t, dir)} {
		s := serve(t, static.Config{Root: root})
		require.Equal(t, "file", result(s.get("/by-link")))
		require.Equal(t, "file", result(s.get("/by-folder")))
	}
}

// TestLinkIsExchanged has a link lead elsewhere, as it does in a deployment:
// that is seen within a second, and at once if where it led is gone.
func TestLinkIsExchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := folder(t, map[string]string{"v1/file.txt": "1", "v2/file.txt": "2", "v3/file.txt": "3", "v3/other.txt": "3"})
		current := filepath.Join(dir, "current")
		require.NoError(t, os.Symlink("v1", current))
		exchange := func(target string) {
			require.NoError(t, os.Symlink(target, current+".new"))
			require.NoError(t, os.Rename(current+".new", current))
		}
		h := static.New(static.Config{Root: pinned(t, dir)})(middleware.Status(404))
		get := func(name string) string {
			w := httptest.NewRecorder()
			_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/current/"+name, nil))
			require.NoError(t, err)
			body, err := io.ReadAll(w.Body)
			require.NoError(t, err)
			return string(body)
		}
		require.Equal(t, "1", get("file.txt"))
		exchange("v2")
		time.Sleep(time.Second)
		require.Equal(t, "2", get("file.txt"))
		exchange("v3")
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "v2")))
		require.Equal(t, "3", get("other.txt"), "which was never asked for")
		require.Equal(t, "3", get("file.txt"))
		require.NoError(t, os.Remove(current))
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "v3")))
		require.Empty(t, get("file.txt"))
	})
}
