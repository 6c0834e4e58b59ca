package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

// FuzzRead checks that no file brings the command down, or makes it write what it
// does not read back.
func FuzzRead(f *testing.F) {
	small := tiny(f)
	f.Add(small)
	p, err := read(small)
	require.NoError(f, err)
	noted, err := p.withNotes()
	require.NoError(f, err)
	f.Add(noted)
	f.Add([]byte(elf.ELFMAG))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := read(raw)
		if err != nil {
			return
		}
		b, err := p.withNotes()
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(b), 2*len(raw)+1<<20)
		p, err = read(b)
		if err != nil {
			return // its sections overlap what was written
		}
		again, err := p.withNotes()
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, again))
	})
}

// tiny returns an ELF file with probes and nothing else, in which most bytes matter.
func tiny(t testing.TB) []byte {
	le := binary.LittleEndian
	const text, data = 64 + 2*56, 64 + 2*56 + 2048
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: 64, Phentsize: 56, Phnum: 2, Ehsize: 64, Shentsize: 64, Shnum: 4, Shstrndx: 3}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	names := "\x00.go.buildinfo\x00.rodata\x00.shstrtab\x00"
	body := make([]byte, 2048)
	for i := range probe.List() {
		b := le.AppendUint64(bytes.Clone(archs[elf.EM_X86_64].code), probe.Mark)
		copy(body[i*32:], le.AppendUint32(b, uint32(i)))
	}
	semaphores := make([]byte, probe.Semaphores)
	le.PutUint64(semaphores, probe.Magic)
	le.PutUint64(semaphores[8:], probe.Signature)
	body = append(body, semaphores...)
	body = append(body, names...)
	h.Shoff = uint64(64 + 2*56 + len(body))
	b, err := binary.Append(nil, le, h)
	require.NoError(t, err)
	b, err = binary.Append(b, le, []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Off: text, Vaddr: 0x1000, Filesz: 2048, Memsz: 2048},
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: data, Vaddr: 0x2000, Filesz: probe.Semaphores, Memsz: probe.Semaphores},
	})
	require.NoError(t, err)
	b = append(b, body...)
	b, err = binary.Append(b, le, []elf.Section64{
		{}, {Name: 1, Off: data, Size: 8}, {Name: 15, Off: text, Size: 8, Addr: 0x1000},
		{Name: 23, Off: data + probe.Semaphores, Size: uint64(len(names))},
	})
	require.NoError(t, err)
	return b
}
