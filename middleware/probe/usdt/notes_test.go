package main

import (
	"debug/elf"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

// A note is one as a tracer reads it.
type note struct {
	pc, base, semaphore  uint64
	provider, name, args string
}

func notesOf(t *testing.T, f *elf.File) (out []note) {
	t.Helper()
	section := f.Section(".note.stapsdt")
	require.NotNil(t, section)
	b, err := section.Data()
	require.NoError(t, err)
	for le := binary.LittleEndian; len(b) > 0; {
		owner, desc := int(le.Uint32(b)), int(le.Uint32(b[4:]))
		require.EqualValues(t, 3, le.Uint32(b[8:]))
		require.Equal(t, "stapsdt\x00", string(b[12:12+owner]))
		d := b[12+owner:][:desc]
		s := strings.Split(string(d[24:]), "\x00")
		require.Len(t, s, 4)
		out = append(out, note{le.Uint64(d), le.Uint64(d[8:]), le.Uint64(d[16:]), s[0], s[1], s[2]})
		b = b[(12+owner+desc+3)&^3:]
	}
	return out
}

// TestNotes checks, without running anything, that what notes say is there is
// there, in every kind of program that Go builds.
func TestNotes(t *testing.T) {
	code := map[elf.Machine][]byte{
		elf.EM_X86_64:  {0x0f, 0x1f, 0x44, 0, 0, 0xc3},
		elf.EM_AARCH64: {0x1f, 0x20, 0x03, 0xd5, 0xc0, 0x03, 0x5f, 0xd6},
	}
	for name, args := range map[string][]string{
		"plain":          nil,
		"stripped":       {stripped},
		"trimpath":       {"-trimpath"},
		"PIE":            {"-buildmode=pie", stripped},
		"not optimized":  {"-gcflags=github.com/shallot-http/shallot/...=-N -l"},
		"arm64":          {"GOARCH=arm64"},
		"arm64 stripped": {"GOARCH=arm64", stripped},
		"arm64 PIE":      {"GOARCH=arm64", "-buildmode=pie", stripped},
	} {
		t.Run(name, func(t *testing.T) {
			server := build(t, "server", args...)
			usdt(t, server)
			checkNotes(t, server, code)
		})
	}
}

func checkNotes(t *testing.T, server string, code map[elf.Machine][]byte) {
	f, err := elf.Open(server)
	require.NoError(t, err)
	defer f.Close()
	byName := map[string]note{}
	for _, n := range notesOf(t, f) {
		byName[n.name] = n
		require.Equal(t, "shallot", n.provider)
		require.Equal(t, f.Section(".stapsdt.base").Addr, n.base)
		want := code[f.Machine]
		require.Equal(t, want, at(t, f, n.pc, len(want), elf.PF_X), "%s: what it begins with", n.name)
		require.Equal(t, []byte{0, 0}, at(t, f, n.semaphore, 2, elf.PF_W), "%s: semaphore", n.name)
		probes := f.Section(".probes") // by which bcc finds the semaphore in the file
		var inFile [2]byte
		_, err := f.Section(".probes").ReadAt(inFile[:], int64(n.semaphore-probes.Addr))
		require.NoError(t, err)
		require.LessOrEqual(t, strings.Count(n.args, "@"), 6, "%s: words that bpftrace reads", n.name)
	}
	for _, p := range probe.List() {
		require.Contains(t, byName, p.Name)
	}
	sp := map[elf.Machine]string{
		elf.EM_X86_64:  "8@8(%rsp) -8@16(%rsp) -8@24(%rsp) -8@32(%rsp) 8@40(%rsp)",
		elf.EM_AARCH64: "8@[sp, 8] -8@[sp, 16] -8@[sp, 24] -8@[sp, 32] 8@[sp, 40]",
	}
	require.Equal(t, sp[f.Machine], byName["request__done"].args)
	var order []string
	for _, s := range f.Sections {
		if strings.Contains(".stapsdt.base .probes .note.stapsdt", s.Name) && s.Name != "" {
			order = append(order, s.Name)
			require.Zero(t, s.Flags, "%s: not for memory", s.Name)
		}
	}
	require.Equal(t, []string{".stapsdt.base", ".probes", ".note.stapsdt"}, order)
}

// at returns what is at an address of the program in memory.
func at(t *testing.T, f *elf.File, addr uint64, n int, flag elf.ProgFlag) []byte {
	t.Helper()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&flag != 0 && addr >= p.Vaddr && addr+uint64(n) <= p.Vaddr+p.Filesz {
			b := make([]byte, n)
			_, err := p.ReadAt(b, int64(addr-p.Vaddr))
			require.NoError(t, err)
			return b
		}
	}
	t.Fatalf("%#x is in no segment that is %v and in the file", addr, flag)
	return nil
}
