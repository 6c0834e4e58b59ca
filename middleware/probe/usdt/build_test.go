package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/probe"
)

// build returns a server without notes, built with the flags and variables given.
func build(t *testing.T, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "server")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			cmd.Args = append(cmd.Args, arg)
		} else {
			cmd.Env = append(cmd.Env, arg)
		}
	}
	cmd.Args = append(cmd.Args, "./testdata/server")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	return out
}

var stripped = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "usdt")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "server")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, "./testdata/server")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if _, err := cmd.Output(); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
})

// buildStripped returns a server for linux/amd64 without symbols nor notes.
func buildStripped(t testing.TB) string {
	raw, err := stripped()
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(name, raw, 0o755))
	return name
}

func usdt(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	return out.String()
}

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
		"stripped":       {"-ldflags=-s -w"},
		"trimpath":       {"-trimpath"},
		"PIE":            {"-buildmode=pie", "-ldflags=-s -w"},
		"not optimized":  {"-gcflags=github.com/shallot-http/shallot/...=-N -l"},
		"arm64":          {"GOARCH=arm64"},
		"arm64 stripped": {"GOARCH=arm64", "-ldflags=-s -w"},
		"arm64 PIE":      {"GOARCH=arm64", "-buildmode=pie", "-ldflags=-s -w"},
	} {
		t.Run(name, func(t *testing.T) {
			server := build(t, args...)
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

// TestToolexec has go build link with the command in between.
func TestToolexec(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	out := filepath.Join(dir, "server")
	for _, built := range []string{"without", "with"} { // the notes: the second is not taken for up to date
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "USDT_TEST_MAIN=1")
		if built == "with" {
			cmd.Args = append(cmd.Args, "-toolexec", self+" -toolexec")
		}
		cmd.Args = append(cmd.Args, "./testdata/server")
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, string(text))
	}
	require.Contains(t, usdt(t, "-l", out), "amd64, notes written\nshallot:request__start")
	text, err := exec.CommandContext(t.Context(), "go", "version", "-m", out).CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(text), "testdata/server")
}

// TestMain makes the test be the command, for TestToolexec.
func TestMain(m *testing.M) {
	if os.Getenv("USDT_TEST_MAIN") != "" {
		main()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

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
