package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

func TestTwiceIsOnce(t *testing.T) {
	server := buildStripped(t)
	require.NoError(t, os.Chmod(server, 0o750))
	before, err := os.ReadFile(server)
	require.NoError(t, err)

	usdt(t, "-o", server+".copy", server)
	untouched, err := os.ReadFile(server)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, untouched), "of -o the program itself stays as it was")

	usdt(t, server)
	once, err := os.ReadFile(server)
	require.NoError(t, err)
	require.False(t, bytes.Equal(before, once))
	usdt(t, server)
	twice, err := os.ReadFile(server)
	require.NoError(t, err)
	require.True(t, bytes.Equal(once, twice))
	other, err := os.ReadFile(server + ".copy")
	require.NoError(t, err)
	require.True(t, bytes.Equal(once, other))

	st, err := os.Stat(server)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o750), st.Mode())
	left, err := filepath.Glob(server + ".usdt*")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestALinkIsFollowed(t *testing.T) {
	server := buildStripped(t)
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(server, link))
	usdt(t, link)
	st, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeSymlink)
	require.Contains(t, usdt(t, "-l", server), "notes written")
}

func TestRefused(t *testing.T) {
	server := buildStripped(t)
	raw, err := os.ReadFile(server)
	require.NoError(t, err)
	change := func(old, new []byte) []byte {
		require.True(t, bytes.Contains(raw, old))
		return bytes.ReplaceAll(raw, old, new)
	}
	magic := binary.LittleEndian.AppendUint64(nil, probe.Magic)
	versioned := binary.LittleEndian.AppendUint64(bytes.Clone(magic), probe.Signature)
	machine := bytes.Clone(raw)
	machine[18] = byte(elf.EM_RISCV)
	object := bytes.Clone(raw)
	object[16] = byte(elf.ET_REL)
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"a script", []byte("#!/bin/sh\n"), "is no ELF file of 64 bits, little-endian"},
		{"nothing", nil, "is no ELF file of 64 bits, little-endian"},
		{"another machine", machine, "is for EM_RISCV, where there are no probes"},
		{"an object file", object, "is no program"},
		{"half of one", raw[:len(raw)/2], "has a segment that is not in the file"},
		{"one of C", change([]byte("\x00.go.buildinfo\x00"), []byte("\x00.go.buildinfX\x00")), "is no program written in Go"},
		{"one without probes", change(magic, make([]byte, 8)), errNoProbes.Error()},
		{"one of another version", change(versioned, append(bytes.Clone(magic), make([]byte, 8)...)), errVersion.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "program")
			require.NoError(t, os.WriteFile(name, tt.raw, 0o755))
			require.EqualError(t, run([]string{name}, nil), name+": "+tt.want)
			after, err := os.ReadFile(name)
			require.NoError(t, err)
			require.True(t, bytes.Equal(tt.raw, after))
		})
	}
	require.EqualError(t, run(nil, nil), "name one program")
	dir := t.TempDir()
	require.EqualError(t, run([]string{dir}, nil), dir+": is no ELF file of 64 bits, little-endian")
	require.ErrorIs(t, run([]string{filepath.Join(dir, "missing")}, nil), os.ErrNotExist)
}
