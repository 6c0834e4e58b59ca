package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/shallot-http/shallot/middleware/probe"
)

// What a program may lack.
var (
	errNotELF   = errors.New("is no ELF file of 64 bits, little-endian")
	errNotGo    = errors.New("is no program written in Go")
	errNoProbes = errors.New("has no probes: it does not use package probe, or was built with the tag noprobe")
	errMachine  = errors.New("where there are no probes")
	errVersion  = errors.New("has probes of another version of package probe: run the usdt of the version it was built with")
)

// maxProgram is the size of the largest file that is read.
const maxProgram = 4 << 30

// An arch is a machine that has probes.
type arch struct {
	name string
	code []byte // of a probe
	args string // format of an argument on the stack
}

var archs = map[elf.Machine]*arch{
	elf.EM_X86_64:  {"amd64", []byte{0x0f, 0x1f, 0x44, 0, 0, 0xc3}, "%s@%d(%%rsp)"},
	elf.EM_AARCH64: {"arm64", []byte{0x1f, 0x20, 0x03, 0xd5, 0xc0, 0x03, 0x5f, 0xd6}, "%s@[sp, %d]"},
}

// A program is an ELF file in memory. Nothing in it is believed before it has been
// compared with the size of the file.
type program struct {
	raw      []byte
	arch     *arch
	sections []section
	names    section // that of the names
	segments []elf.Prog64
	sites    []site
	base     section // what addresses of notes are relative to
	array    site    // of the semaphores
	noted    bool    // there are notes, and they are right
}

type section struct {
	elf.Section64
	name string
}

// A site is where a probe is.
type site struct {
	info                       probe.Info
	addr, offset               uint64
	semaphore, semaphoreOffset uint64
}

func open(name string) (*program, error) {
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", name, errNotELF)
	case st.Size() > maxProgram:
		return nil, fmt.Errorf("%s: is larger than %d bytes", name, int64(maxProgram))
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func read(raw []byte) (*program, error) {
	p := &program{raw: raw}
	if err := p.readHeaders(); err != nil {
		return nil, err
	}
	var isGo bool
	for _, s := range p.sections {
		switch s.name {
		case ".go.buildinfo":
			isGo = true
		case ".rodata":
			p.base = s
		}
	}
	switch {
	case !isGo:
		return nil, errNotGo
	case p.base.name == "":
		return nil, errors.New("has no section .rodata")
	}
	if err := p.findSemaphores(); err != nil {
		return nil, err
	}
	if err := p.findSites(); err != nil {
		return nil, err
	}
	return p, p.findNotes()
}

// readHeaders reads the tables of segments and sections.
func (p *program) readHeaders() error {
	var h elf.Header64
	if !decode(p.raw, 0, &h) || !bytes.HasPrefix(p.raw, []byte(elf.ELFMAG)) ||
		h.Ident[elf.EI_CLASS] != byte(elf.ELFCLASS64) || h.Ident[elf.EI_DATA] != byte(elf.ELFDATA2LSB) {
		return errNotELF
	}
	if p.arch = archs[elf.Machine(h.Machine)]; p.arch == nil {
		return fmt.Errorf("is for %v, %w", elf.Machine(h.Machine), errMachine)
	}
	if h.Type != uint16(elf.ET_EXEC) && h.Type != uint16(elf.ET_DYN) {
		return errors.New("is no program")
	}
	left := uint64(len(p.raw)) // of it: all segments together are searched in no more time than it takes to read
	for i := range h.Phnum {
		var s elf.Prog64
		if h.Phentsize != 56 || !decode(p.raw, h.Phoff+uint64(i)*56, &s) {
			return errors.New("has a bad table of segments")
		}
		if elf.ProgType(s.Type) != elf.PT_LOAD {
			continue
		}
		if _, ok := slice(p.raw, s.Off, s.Filesz); !ok || s.Filesz > math.MaxUint64-s.Vaddr {
			return errors.New("has a segment that is not in the file")
		}
		if s.Filesz > left {
			return errors.New("has segments that overlap")
		}
		left -= s.Filesz
		p.segments = append(p.segments, s)
	}
	for i := range h.Shnum {
		var s section
		if h.Shentsize != sectionSize || !decode(p.raw, h.Shoff+uint64(i)*sectionSize, &s.Section64) {
			return errors.New("has a bad table of sections")
		}
		p.sections = append(p.sections, s)
	}
	if int(h.Shstrndx) >= len(p.sections) {
		return errors.New("has no names of sections")
	}
	p.names = p.sections[h.Shstrndx]
	names, ok := slice(p.raw, p.names.Off, p.names.Size)
	if !ok {
		return errors.New("has no names of sections")
	}
	for i := range p.sections {
		s := &p.sections[i]
		if uint64(s.Name) < uint64(len(names)) {
			name, _, _ := bytes.Cut(names[s.Name:][:min(64, len(names)-int(s.Name))], []byte{0})
			s.name = string(name)
		}
	}
	return nil
}

// findSemaphores looks for the array of semaphores in what is written to.
func (p *program) findSemaphores() error {
	var found, other int
	for _, s := range p.segments {
		if elf.ProgFlag(s.Flags)&elf.PF_W == 0 {
			continue
		}
		magic := binary.LittleEndian.AppendUint64(nil, probe.Magic)
		for at := range all(p.raw[s.Off:s.Off+s.Filesz], magic) {
			rest := p.raw[s.Off+at : s.Off+s.Filesz]
			if len(rest) < probe.Semaphores || binary.LittleEndian.Uint64(rest[8:]) != probe.Signature {
				other++
				continue
			}
			p.array = site{addr: s.Vaddr + at, offset: s.Off + at}
			found++
		}
	}
	switch {
	case found == 1:
		return nil
	case found > 1:
		return errors.New("has semaphores in two places")
	case other > 0:
		return errVersion
	}
	return errNoProbes
}

// findSites looks for the functions in what is executed.
func (p *program) findSites() error {
	infos := probe.List()
	at := make([]*site, len(infos))
	mark := binary.LittleEndian.AppendUint64(bytes.Clone(p.arch.code), probe.Mark)
	for _, s := range p.segments {
		if elf.ProgFlag(s.Flags)&elf.PF_X == 0 {
			continue
		}
		for i := range all(p.raw[s.Off:s.Off+s.Filesz], mark) {
			rest := p.raw[s.Off+i : s.Off+s.Filesz][len(mark):]
			if len(rest) < 4 {
				continue
			}
			n := binary.LittleEndian.Uint32(rest)
			if uint64(n) >= uint64(len(infos)) || at[n] != nil {
				return errors.New("has a probe twice, or one that there is not")
			}
			semaphore := uint64(infos[n].SemaphoreOffset())
			at[n] = &site{infos[n], s.Vaddr + i, s.Off + i, p.array.addr + semaphore, p.array.offset + semaphore}
		}
	}
	for _, s := range at {
		if s != nil { // else nothing calls it, and it was not linked
			p.sites = append(p.sites, *s)
		}
	}
	if len(p.sites) == 0 {
		return errNoProbes
	}
	return nil
}

// decode reads v from raw, if all of it is there.
func decode(raw []byte, off uint64, v any) bool {
	b, ok := slice(raw, off, uint64(binary.Size(v)))
	if ok {
		_, err := binary.Decode(b, binary.LittleEndian, v)
		ok = err == nil
	}
	return ok
}

func slice(raw []byte, off, size uint64) ([]byte, bool) {
	if off > uint64(len(raw)) || size > uint64(len(raw))-off {
		return nil, false
	}
	return raw[off : off+size], true
}

// all yields where in b sep is.
func all(b, sep []byte) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for at := 0; ; {
			i := bytes.Index(b[at:], sep)
			if i < 0 || !yield(uint64(at+i)) {
				return
			}
			at += i + 1
		}
	}
}
