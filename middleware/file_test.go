package middleware_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func TestUnchanged(t *testing.T) {
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	write := func(t *testing.T, name, text string) {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(name, then, then))
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, file string)
		same   bool
	}{
		{"nothing", func(*testing.T, string) {}, true},
		{"what is in it, but not how much", func(t *testing.T, file string) { write(t, file, "b") }, true},
		{"the size", func(t *testing.T, file string) { write(t, file, "ab") }, false},
		{"the time", func(t *testing.T, file string) { require.NoError(t, os.Chtimes(file, then, then.Add(time.Second))) }, false},
		{"the mode", func(t *testing.T, file string) { require.NoError(t, os.Chmod(file, 0o400)) }, false},
		{"it is gone", func(t *testing.T, file string) { require.NoError(t, os.Remove(file)) }, false},
		{"another has its place, size and time", func(t *testing.T, file string) {
			write(t, file+".new", "b")
			require.NoError(t, os.Rename(file+".new", file))
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			write(t, file, "a")
			was, err := os.Stat(file)
			require.NoError(t, err)
			require.True(t, middleware.Unchanged(was, was))
			test.change(t, file)
			is, _ := os.Stat(file)
			require.Equal(t, test.same, middleware.Unchanged(was, is))
			require.Equal(t, test.same, middleware.Unchanged(is, was))
		})
	}
	require.True(t, middleware.Unchanged(nil, nil))
}

func TestUnchangedWhereFilesHaveNoIdentity(t *testing.T) {
	stat := func(file fstest.MapFile) fs.FileInfo {
		info, err := fs.Stat(fstest.MapFS{"a": &file}, "a")
		require.NoError(t, err)
		return info
	}
	require.True(t, middleware.Unchanged(stat(fstest.MapFile{Data: []byte("a")}), stat(fstest.MapFile{Data: []byte("b")})))
	require.False(t, middleware.Unchanged(stat(fstest.MapFile{Data: []byte("a")}), stat(fstest.MapFile{Data: []byte("ab")})))
}

func TestSettled(t *testing.T) {
	now := time.Now()
	require.True(t, middleware.Settled(time.Time{}, now), "no time")
	require.True(t, middleware.Settled(now.Add(-2*time.Second), now))
	require.False(t, middleware.Settled(now.Add(1-2*time.Second), now))
	require.False(t, middleware.Settled(now.Add(time.Hour), now), "in the future")
}
