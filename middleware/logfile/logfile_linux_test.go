package logfile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/logfile"
)

// TestOnlyFilesAreRotated writes more than a megabyte to a pipe, which to rename,
// or to open a second time, would end the log.
func TestOnlyFilesAreRotated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	received := make(chan []byte)
	go func() {
		var all []byte
		if pipe, err := os.Open(path); err == nil {
			all, _ = io.ReadAll(pipe)
			pipe.Close()
		}
		received <- all
	}()
	f := logfile.New(logfile.Config{Name: path, Rotation: logfile.Rotation{MaxSizeMB: 1}})
	require.NoError(t, f.Start(t.Context()))
	fill(t, f, 3)
	require.NoError(t, f.Close())
	require.Len(t, <-received, 3<<20)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// TestDiskFull fills a small disk to the middle of a record.
func TestDiskFull(t *testing.T) {
	for name, r := range map[string]logfile.Rotation{"rotated": {}, "not rotated": {NoRotation: true}} {
		t.Run(name, func(t *testing.T) {
			disk := t.TempDir()
			if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
				t.Skipf("mounting a small disk: %v", err)
			}
			t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, 0)) })
			ballast := write(t, filepath.Join(disk, "ballast"), strings.Repeat("x", 32<<10))

			f := logfile.New(logfile.Config{Name: filepath.Join(disk, "a.log"), Rotation: r})
			require.NoError(t, f.Start(t.Context()))
			record := append(bytes.Repeat([]byte("x"), 999), '\n')
			whole := 0
			for _, err := f.Write(record); err == nil; _, err = f.Write(record) {
				whole++
			}
			_, err := f.Write(record)
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.NoError(t, os.Remove(ballast))
			n, err := io.WriteString(f, "there is room again\n")
			require.NoError(t, err)
			require.Equal(t, len("there is room again\n"), n)
			require.EqualValues(t, 2, f.Lost())
			require.ErrorContains(t, f.Close(), "2 records of ")

			lines := strings.Split(read(t, f.Name()), "\n")
			require.Len(t, lines, whole+3, "whole records, a piece of one, a record, nothing")
			require.Less(t, len(lines[whole]), 999)
			require.Equal(t, "there is room again", lines[whole+1])
		})
	}
}

// TestPipeThatNobodyReads checks that it is an error, and that nothing waits for it.
func TestPipeThatNobodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	file := logfile.New(logfile.Config{Name: path})
	require.EqualError(t, file.Start(t.Context()), "opening log file: open "+path+": nobody reads this pipe")
	require.NoError(t, file.Close())

	stop := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	require.ErrorIs(t, file.Start(ctx), stop, "it waits no longer than it is to")
}
