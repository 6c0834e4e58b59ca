package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSegmentsAreSearchedOnce checks that a file cannot have itself searched as often
// as it has room for segments.
func TestSegmentsAreSearchedOnce(t *testing.T) {
	raw := tiny(t)
	const many = 60_000
	h := raw[:64]
	table := uint64(len(raw))
	for range many {
		b, err := binary.Append(nil, binary.LittleEndian, elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: 0, Filesz: table, Memsz: table,
		})
		require.NoError(t, err)
		raw = append(raw, b...)
	}
	binary.LittleEndian.PutUint64(h[0x20:], table)
	binary.LittleEndian.PutUint16(h[0x38:], many)
	_, err := read(append(bytes.Clone(h), raw[64:]...))
	require.EqualError(t, err, "has segments that overlap")
}

// TestReadOnly writes notes into a program that nobody may write to.
func TestReadOnly(t *testing.T) {
	server := buildStripped(t)
	require.NoError(t, os.Chmod(server, 0o555))
	usdt(t, server)
	st, err := os.Stat(server)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o555), st.Mode())
	require.Contains(t, usdt(t, "-l", server), "notes written")
}

// TestAtOnce has the notes written by several at once.
func TestAtOnce(t *testing.T) {
	server := buildStripped(t)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { errs[i] = run([]string{server}, nil) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Contains(t, usdt(t, "-l", server), "notes written")
	left, err := filepath.Glob(server + "*")
	require.NoError(t, err)
	require.Equal(t, []string{server}, left)
}

// TestToolexecForOthers links for a machine that has no probes, and in other ways that
// there is nothing to do after.
func TestToolexecForOthers(t *testing.T) {
	truth, err := exec.LookPath("true")
	if err != nil {
		t.Skip("there is no program that does nothing; -toolexec for other machines is not verified") // as on Windows
	}
	dir := t.TempDir()
	link, out := filepath.Join(dir, "link"), filepath.Join(dir, "out")
	require.NoError(t, os.Symlink(truth, link))
	raw := tiny(t)
	raw[18] = byte(elf.EM_RISCV)
	require.NoError(t, os.WriteFile(out, raw, 0o700))
	for _, args := range [][]string{
		{"-o", out}, {"-o"}, {}, {"-o", out, "-buildmode=c-archive"},
	} {
		require.NoError(t, run(append([]string{"-toolexec", link}, args...), nil), args)
	}
	after, err := os.ReadFile(out)
	require.NoError(t, err)
	require.True(t, bytes.Equal(raw, after))
	require.ErrorIs(t, run([]string{"-toolexec", link, "-o", filepath.Join(dir, "none")}, nil), os.ErrNotExist)
}

// TestTracefsOfAnOddName checks that a name cannot be taken for more than one.
func TestTracefsOfAnOddName(t *testing.T) {
	server := filepath.Join(t.TempDir(), "a b")
	require.NoError(t, os.Rename(buildStripped(t), server))
	require.ErrorContains(t, run([]string{"-tracefs", server}, nil), "cannot be named in uprobe_events, for there are blanks in it")
}
