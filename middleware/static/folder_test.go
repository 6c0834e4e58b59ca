package static_test

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/static"
)

// TestFolder reads folders as a layer that lists them would.
func TestFolder(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.txt": "text", "sub/hidden.txt": "", "sub/.env": "", "sub/.other": "", "sub/deep/": "", "file": "", "drafts/x": ""})
	cfg := static.Config{Root: pinned(t, dir), Hide: func(name string, _ fs.FileInfo) bool { return name == "sub/hidden.txt" || name == "drafts" }}
	links := runtime.GOOS != "windows"
	if links {
		for name, target := range map[string]string{"link": "sub", "sub/out": filepath.Join(filepath.Dir(dir), "secret"), "sub/to": "a.txt", "hides": "drafts"} {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
		}
	}
	tree := static.NewFiles(cfg).For(httptest.NewRequest("GET", "/", nil))

	f, err := tree.OpenFolder("/sub/")
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, "sub", f.Name())
	require.Equal(t, "sub", f.Real())
	require.True(t, f.Info().IsDir())
	names := map[string]fs.FileMode{}
	require.NoError(t, f.Read(func(name string, mode fs.FileMode) error { names[name] = mode; return nil }))
	want := map[string]fs.FileMode{"a.txt": 0, ".other": 0, "deep": fs.ModeDir}
	if links {
		want["out"], want["to"] = fs.ModeSymlink, fs.ModeSymlink
	}
	require.Equal(t, want, names)

	info, link, err := f.Stat("a.txt")
	require.NoError(t, err)
	require.False(t, link)
	require.EqualValues(t, 4, info.Size())
	for _, name := range []string{"hidden.txt", ".env", "nothing", "out"} {
		_, _, err := f.Stat(name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	for _, name := range []string{"nothing", "file", "drafts", "hides", ".git", "../secret", "sub/out"} {
		_, err := tree.OpenFolder(name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	require.False(t, tree.IsFolder("file"))
	require.True(t, tree.IsFolder("/sub/deep/"))
	require.False(t, tree.IsFolder("/sub/.git/"))
	if !links {
		return
	}
	info, link, err = f.Stat("to")
	require.NoError(t, err)
	require.True(t, link)
	require.EqualValues(t, 4, info.Size())
	target, err := f.Readlink("to")
	require.NoError(t, err)
	require.Equal(t, "a.txt", target)

	through, err := tree.OpenFolder("link")
	require.NoError(t, err)
	defer through.Close()
	require.Equal(t, "sub", through.Real())
	_, _, err = through.Stat("hidden.txt")
	require.ErrorIs(t, err, fs.ErrNotExist, "it is hidden by its other name, too")
}

// TestFolderOfFS reads one that is no folder of the system.
func TestFolderOfFS(t *testing.T) {
	cfg := static.Config{FS: os.DirFS(folder(t, map[string]string{"sub/a.txt": "text", "sub/.env": ""}))}
	tree := static.NewFiles(cfg).For(httptest.NewRequest("GET", "/", nil))
	f, err := tree.OpenFolder("sub")
	require.NoError(t, err)
	defer f.Close()
	var names []string
	require.NoError(t, f.Read(func(name string, _ fs.FileMode) error { names = append(names, name); return nil }))
	require.Equal(t, []string{"a.txt"}, names)
	info, _, err := f.Stat("a.txt")
	require.NoError(t, err)
	require.EqualValues(t, 4, info.Size())
	_, err = tree.OpenFolder("sub/a.txt")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestFolderIsReadInParts checks that there is no end to what can be listed.
func TestFolderIsReadInParts(t *testing.T) {
	dir := folder(t, nil)
	const n = 3000
	for i := range n {
		require.NoError(t, os.Mkdir(filepath.Join(dir, string(rune(0x4e00+i))), 0o755))
	}
	tree := static.NewFiles(static.Config{Root: pinned(t, dir)}).For(httptest.NewRequest("GET", "/", nil))
	f, err := tree.OpenFolder(".")
	require.NoError(t, err)
	defer f.Close()
	var names []string
	require.NoError(t, f.Read(func(name string, _ fs.FileMode) error { names = append(names, name); return nil }))
	slices.Sort(names)
	require.Len(t, slices.Compact(names), n)
	require.NoError(t, f.Read(func(string, fs.FileMode) error { names = names[1:]; return nil }), "it can be read again")
	require.Empty(t, names)

	enough := errors.New("enough")
	require.Equal(t, enough, f.Read(func(name string, _ fs.FileMode) error {
		names = append(names, name)
		if len(names) == 10 {
			return enough
		}
		return nil
	}))
	require.Len(t, names, 10)
}

// TestFolderIsWhatItIsNow exchanges a folder for a link to one that is guarded,
// while it is still remembered.
func TestFolderIsWhatItIsNow(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("to make links takes a right that few have")
	}
	for _, tt := range []struct {
		name, target string
		want         error
	}{
		{"guarded", ".git", fs.ErrNotExist},
		{"hidden", "drafts", fs.ErrNotExist},
		{"outside", "../secret", fs.ErrNotExist},
		{"another folder", "other", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, map[string]string{"x/sub/a.txt": "", ".git/sub/config": "", "drafts/sub/x": "", "other/sub/b.txt": ""})
			cfg := static.Config{Root: pinned(t, dir), Hide: func(name string, _ fs.FileInfo) bool { return name == "drafts" }}
			tree := static.NewFiles(cfg).For(httptest.NewRequest("GET", "/", nil))
			for _, name := range []string{"x", "x/sub"} {
				f, err := tree.OpenFolder(name)
				require.NoError(t, err)
				require.NoError(t, f.Close())
			}
			require.NoError(t, os.Rename(filepath.Join(dir, "x"), filepath.Join(dir, "x.old")))
			require.NoError(t, os.Symlink(tt.target, filepath.Join(dir, "x")))
			for _, name := range []string{"x/sub", "x"} {
				f, err := tree.OpenFolder(name)
				if tt.want != nil {
					require.ErrorIs(t, err, tt.want)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, strings.Replace(name, "x", tt.target, 1), f.Real())
				require.NoError(t, f.Close())
			}
		})
	}
}
