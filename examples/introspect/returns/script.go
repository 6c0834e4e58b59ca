package main

import (
	"bytes"
	"cmp"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// runScript has bpftrace run a script in which returns:PROGRAM:FUNCTION stands for each
// place that the function returns from.
//
// A bpftrace that was built without a disassembler refuses every place within a function.
// It knows functions by their symbols, though, and looks for those where debuggers do:
// so each such place gets a symbol of its own, in a file as "objcopy --only-keep-debug"
// makes them.
func runScript(ctx context.Context, args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "returns")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	script, symbols, err := expand(string(text))
	for program, all := range symbols {
		err = cmp.Or(err, writeSymbols(root, program, all))
	}
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bpftrace", append(args[1:], "-e", script)...)
	cmd.Env = append(os.Environ(), "BCC_DEBUGINFO_ROOT="+root)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it prints what it has counted
	if err := cmd.Run(); err != ctx.Err() {
		return err
	}
	return nil
}

var place = regexp.MustCompile(`returns:([^:\s]+):("[^"]+"|[^\s{/,]+)`)

// expand returns a script with uprobes where it has returns, and the symbols they are at,
// by program.
func expand(text string) (script string, symbols map[string][]symbol, err error) {
	symbols = map[string][]symbol{}
	script = place.ReplaceAllStringFunc(text, func(found string) string {
		m := place.FindStringSubmatch(found)
		program, name := m[1], strings.Trim(m[2], `"`)
		f, e := find(program, name)
		err = cmp.Or(err, e)
		var probes []string
		for i, offset := range f.returns {
			s := symbol{fmt.Sprintf("%s.return%d", name, i+1), f.addr + offset}
			symbols[program] = append(symbols[program], s)
			probes = append(probes, fmt.Sprintf("uprobe:%s:%q", program, s.name))
		}
		return strings.Join(probes, ",\n")
	})
	return script, symbols, err
}

// A symbol is the name of an address.
type symbol struct {
	name string
	addr uint64
}

// writeSymbols writes a file of symbols to where those of a program are looked for, which
// is by the id of its build.
func writeSymbols(root, program string, symbols []symbol) error {
	id, err := buildID(program)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, ".build-id", id[:2])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, id[2:]+".debug"), symbolFile(symbols), 0o600)
}

func buildID(program string) (string, error) {
	file, err := elf.Open(program)
	if err != nil {
		return "", err
	}
	defer file.Close()
	section := file.Section(".note.gnu.build-id")
	if section == nil {
		return "", errors.New(program + " has no GNU build id: Go links one in since 1.24, unless it is told not to by -B none")
	}
	note, err := section.Data()
	const header = 16 // sizes, a type, and the name GNU
	if err != nil || len(note) <= header+1 {
		return "", errors.Join(errors.New(program+" has a GNU build id that is none"), err)
	}
	return fmt.Sprintf("%x", note[header:]), nil
}

// symbolFile returns an ELF file of a table of symbols, and nothing else.
func symbolFile(symbols []symbol) []byte {
	names, table := []byte("\x00.symtab\x00.strtab\x00"), []elf.Sym64{{}}
	for _, s := range symbols {
		table = append(table, elf.Sym64{
			Name: uint32(len(names)), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC),
			Shndx: uint16(elf.SHN_ABS), Value: s.addr, Size: 1,
		})
		names = append(append(names, s.name...), 0)
	}
	const header, section = 64, 64
	at, size := uint64(header), uint64(len(table)*elf.Sym64Size)
	sections := []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_SYMTAB), Off: at, Size: size, Entsize: elf.Sym64Size, Link: 2, Info: 1, Addralign: 8},
		{Name: 9, Type: uint32(elf.SHT_STRTAB), Off: at + size, Size: uint64(len(names)), Addralign: 1},
	}
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: at + size + uint64(len(names)), Ehsize: header, Shentsize: section, Shnum: uint16(len(sections)), Shstrndx: 2,
	}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01") // of 64 bits, little-endian, version 1
	var b bytes.Buffer
	for _, part := range []any{h, table, names, sections} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(err) // all of it has a size
		}
	}
	return b.Bytes()
}
