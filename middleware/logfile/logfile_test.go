package logfile_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/logfile"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestRecordsAreAppended(t *testing.T) {
	for name, r := range map[string]logfile.Rotation{
		"rotated":     {},
		"not rotated": {NoRotation: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "logs", "a.log") // in a folder there is not
			for _, record := range []string{"one\n", "two\n"} { // the second finds the first there
				f := logfile.New(logfile.Config{Name: path, Rotation: r})
				require.NoError(t, f.Start(t.Context()))
				require.NoError(t, f.Start(t.Context()), "again")
				n, err := io.WriteString(f, record)
				require.NoError(t, err)
				require.Equal(t, len(record), n)
				require.NoError(t, f.Close())
				require.NoError(t, f.Close(), "again")
			}
			require.Equal(t, "one\ntwo\n", read(t, path))
		})
	}
}

func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"a folder":     dir,
		"below a file": filepath.Join(write(t, filepath.Join(dir, "file"), ""), "a.log"),
	} {
		t.Run(name, func(t *testing.T) {
			f := logfile.New(logfile.Config{Name: path})
			require.ErrorContains(t, f.Start(t.Context()), "opening log file: ")
			require.NoError(t, f.Close())
		})
	}
}

func TestMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode here")
	}
	path := filepath.Join(t.TempDir(), "a.log")
	f := logfile.New(logfile.Config{Name: path, Mode: 0o600, Rotation: logfile.Rotation{MaxSizeMB: 1}})
	require.NoError(t, f.Start(t.Context()))
	fill(t, f, 3)
	require.NoError(t, f.Close())
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Greater(t, len(names), 1)
	for _, name := range names {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), name)
	}
}

// TestNoRecordIsLost has many write at once while the file is rotated, compressed
// and opened anew.
func TestNoRecordIsLost(t *testing.T) {
	for name, r := range map[string]logfile.Rotation{
		"rotated":     {MaxSizeMB: 1, Keep: -1, MaxAgeDays: -1, Compress: true},
		"not rotated": {NoRotation: true},
	} {
		t.Run(name, func(t *testing.T) { loseNoRecord(t, r) })
	}
}

func loseNoRecord(t *testing.T, r logfile.Rotation) {
	t.Helper()
	const writers, records = 8, 1000
	dir := t.TempDir()
	f := logfile.New(logfile.Config{Name: filepath.Join(dir, "a.log"), Rotation: r})
	require.NoError(t, f.Start(t.Context()))
	filler := strings.Repeat(".", 500)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range records {
				if _, err := fmt.Fprintf(f, "%d %d %s\n", i, j, filler); err != nil {
					t.Error(err)
				}
				if j%250 == 0 {
					if err := f.Reopen(); err != nil && runtime.GOOS != "windows" { // where it may be renamed just now
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, f.Close())

	seen := map[string]int{}
	for _, text := range readAll(t, dir) {
		for line := range strings.Lines(text) {
			require.True(t, strings.HasSuffix(line, filler+"\n"), "a record in pieces: %.20q", line)
			seen[strings.TrimSuffix(line, filler+"\n")]++
		}
	}
	require.Equal(t, writers*records, len(seen))
	for record, n := range seen {
		require.Equal(t, 1, n, record)
	}
	require.Zero(t, f.Lost())
}

// TestRecordLongerThanAFile writes records before and after it, too, which are not
// written over.
func TestRecordLongerThanAFile(t *testing.T) {
	dir := t.TempDir()
	f := logfile.New(logfile.Config{Name: filepath.Join(dir, "a.log"), Rotation: logfile.Rotation{MaxSizeMB: 1}})
	require.NoError(t, f.Start(t.Context()))
	fill(t, f, 1)
	const length = 3 << 20
	long := strings.Repeat("L", length) + "\n"
	for range 2 {
		n, err := f.Write([]byte(long))
		require.NoError(t, err)
		require.Equal(t, len(long), n)
		_, err = f.Write([]byte("short\n"))
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	require.Zero(t, f.Lost())
	var all strings.Builder
	for _, text := range readAll(t, dir) {
		all.WriteString(text)
	}
	require.Equal(t, 2*length, strings.Count(all.String(), "L"))
	require.Equal(t, 2, strings.Count(all.String(), "short\n"))
}

func TestOldFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	f := logfile.New(logfile.Config{Name: filepath.Join(dir, "a.log"), Rotation: logfile.Rotation{MaxSizeMB: 1, Keep: 2}})
	require.NoError(t, f.Start(t.Context()))
	fill(t, f, 5)
	require.NoError(t, f.Close())
	require.LessOrEqual(t, len(readAll(t, dir)), 4) // what was put aside last may be one too many
}

// TestReopen does as logrotate does.
func TestReopen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open cannot be renamed here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.log")
	f := logfile.New(logfile.Config{Name: path, Rotation: logfile.Rotation{NoRotation: true}})
	require.NoError(t, f.Reopen(), "not started")
	require.NoError(t, f.Start(t.Context()))
	io.WriteString(f, "one\n")
	require.NoError(t, os.Rename(path, path+".1"))
	io.WriteString(f, "two\n")
	require.NoError(t, f.Reopen())
	io.WriteString(f, "three\n")

	require.NoError(t, os.Rename(path, path+".2"))
	require.NoError(t, os.Mkdir(path, 0o700)) // so that it cannot be opened
	require.ErrorContains(t, f.Reopen(), "opening log file: ")
	io.WriteString(f, "four\n")
	require.NoError(t, f.Close())

	require.Equal(t, "one\ntwo\n", read(t, path+".1"))
	require.Equal(t, "three\nfour\n", read(t, path+".2"))
}

func TestLost(t *testing.T) {
	f := logfile.New(logfile.Config{Name: filepath.Join(t.TempDir(), "a.log")})
	_, err := io.WriteString(f, "before Start\n")
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, f.Start(t.Context()))
	require.EqualError(t, f.Close(), "1 record of "+f.Name()+" lost: write "+f.Name()+": file already closed")
	_, err = io.WriteString(f, "after Close\n")
	require.ErrorIs(t, err, os.ErrClosed)
	require.EqualValues(t, 2, f.Lost())
	require.ErrorContains(t, f.Close(), "2 records of ")
	require.Empty(t, read(t, f.Name()))
}

func TestName(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	t.Chdir(dir)
	write(t, "real.log", "")
	name := func(s string) string { return logfile.New(logfile.Config{Name: s}).Name() }
	require.Equal(t, filepath.Join(dir, "a.log"), name("a.log"))
	require.Equal(t, filepath.Join(dir, "stdout"), name("./stdout"))
	require.Equal(t, filepath.Join(dir, "missing", "a.log"), name("missing/a.log"))
	require.Equal(t, "stdout", name(logfile.Stdout))
	require.Equal(t, "stderr", name(""))
	middlewaretest.Symlink(t, "real.log", "link.log")
	middlewaretest.Symlink(t, ".", "dir")
	require.Equal(t, filepath.Join(dir, "real.log"), name("link.log"))
	require.Equal(t, filepath.Join(dir, "new.log"), name("dir/new.log"))
}

func TestStreams(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer func(out *os.File) { os.Stdout = out }(os.Stdout)
	os.Stdout = w
	f := logfile.New(logfile.Config{Name: logfile.Stdout})
	require.NoError(t, f.Start(t.Context()))
	require.NoError(t, f.Reopen())
	io.WriteString(f, "one\n")
	require.NoError(t, f.Close())
	_, err = w.WriteString("still open\n")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "one\nstill open\n", string(got))
}

func BenchmarkWrite(b *testing.B) {
	record := []byte(strings.Repeat("x", 200) + "\n")
	for name, r := range map[string]logfile.Rotation{"rotated": {Keep: 1}, "not rotated": {NoRotation: true}} {
		b.Run(name, func(b *testing.B) {
			f := logfile.New(logfile.Config{Name: filepath.Join(b.TempDir(), "a.log"), Rotation: r})
			require.NoError(b, f.Start(b.Context()))
			defer f.Close()
			b.ReportAllocs()
			for b.Loop() {
				f.Write(record)
			}
		})
	}
}

// fill writes some megabytes.
func fill(t *testing.T, f *logfile.File, megabytes int) {
	t.Helper()
	for range megabytes * 4 {
		_, err := f.Write(append(bytes.Repeat([]byte("x"), 1<<18-1), '\n'))
		require.NoError(t, err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

// readAll returns what the files in a folder hold, decompressed.
func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	texts := map[string]string{}
	for _, e := range entries {
		text := read(t, filepath.Join(dir, e.Name()))
		if strings.HasSuffix(e.Name(), ".gz") {
			z, err := gzip.NewReader(strings.NewReader(text))
			require.NoError(t, err, e.Name())
			plain, err := io.ReadAll(z)
			require.NoError(t, err, e.Name())
			text = string(plain)
		}
		texts[e.Name()] = text
	}
	return texts
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}
