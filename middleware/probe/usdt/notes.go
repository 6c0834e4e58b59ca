package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware/probe"
)

// Names of the sections that tracers look for. Gdb lists no probes without a base;
// bcc and bpftrace find out the place of a semaphore in the file only from a
// section of that name that comes before the notes.
const (
	noteSection = ".note.stapsdt"
	baseSection = ".stapsdt.base"
	semaSection = ".probes"
)

const (
	sectionSize = 64
	noteType    = 3 // of SystemTap, version 3
	owner       = "stapsdt\x00"
)

// notes returns what p's section of notes is to be. Each is: its sizes and type,
// the owner's name, the addresses of probe, base and semaphore, and three strings.
func (p *program) notes() []byte {
	var b []byte
	le := binary.LittleEndian
	for _, s := range p.sites {
		desc := le.AppendUint64(nil, s.addr)
		desc = le.AppendUint64(desc, p.base.Addr)
		desc = le.AppendUint64(desc, s.semaphore)
		desc = fmt.Appendf(desc, "%s\x00%s\x00%s\x00", probe.Provider, s.info.Name, strings.Join(p.args(s.info), " "))
		b = le.AppendUint32(b, uint32(len(owner)))
		b = le.AppendUint32(b, uint32(len(desc)))
		b = le.AppendUint32(b, noteType)
		b = append(b, owner...)
		b = pad(append(b, desc...), 4)
	}
	return b
}

// args returns where the words of the arguments are at the entry of a function of
// ABI0: above the return address, or what arm64 has in its place.
func (p *program) args(info probe.Info) (args []string) {
	at := 8
	for _, a := range info.Args {
		size := "8"
		if a.Type == "int64" {
			size = "-8" // signed
		}
		for range a.Words() {
			args = append(args, fmt.Sprintf(p.arch.args, size, at))
			at += 8
		}
	}
	return args
}

// findNotes compares the notes there are, if any, with those there should be.
func (p *program) findNotes() error {
	for _, s := range p.sections {
		if s.name != noteSection {
			continue
		}
		b, ok := slice(p.raw, s.Off, s.Size)
		if !ok || p.noted || !bytes.Equal(b, p.notes()) {
			return errors.New("has other notes in " + noteSection + " already")
		}
		p.noted = true
	}
	return nil
}

// withNotes returns the program with its notes: at its end, and after them a new
// table of sections. They are not for memory, or a later strip would take them for
// what a segment has to have room for.
func (p *program) withNotes() ([]byte, error) {
	if p.noted {
		return p.raw, nil
	}
	if len(p.sections)+3 >= int(elf.SHN_LORESERVE) {
		return nil, errors.New("has too many sections")
	}
	b := pad(bytes.Clone(p.raw), 8)
	notes := elf.Section64{Type: uint32(elf.SHT_NOTE), Off: uint64(len(b)), Addralign: 4}
	b = append(b, p.notes()...)
	notes.Size = uint64(len(b)) - notes.Off
	base := elf.Section64{Type: uint32(elf.SHT_PROGBITS), Addr: p.base.Addr, Off: p.base.Off, Size: 1, Addralign: 1}
	sema := elf.Section64{Type: uint32(elf.SHT_PROGBITS), Addr: p.array.addr, Off: p.array.offset, Size: probe.Semaphores, Addralign: 8}

	b = pad(b, 8)
	names := uint64(len(b))
	b = append(b, p.raw[p.names.Off:p.names.Off+p.names.Size]...)
	for _, s := range []struct {
		*elf.Section64
		name string
	}{{&base, baseSection}, {&sema, semaSection}, {&notes, noteSection}} {
		s.Name = uint32(uint64(len(b)) - names)
		b = append(append(b, s.name...), 0)
	}
	namesSize := uint64(len(b)) - names

	b = pad(b, 8)
	table := uint64(len(b))
	for _, s := range p.sections {
		if s.Section64 == p.names.Section64 {
			s.Off, s.Size = names, namesSize
		}
		b = encode(b, s.Section64)
	}
	b = encode(encode(encode(b, base), sema), notes)
	binary.LittleEndian.PutUint64(b[0x28:], table)
	binary.LittleEndian.PutUint16(b[0x3c:], uint16(len(p.sections)+3))
	return b, nil
}

// writeTo writes the program with its notes in place of the file out, or of name,
// which is its own, so that there is always a whole one.
func (p *program) writeTo(name, out string) error {
	if out == "" {
		if p.noted {
			return nil
		}
		out = name
	}
	b, err := p.withNotes()
	if err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(out); err == nil {
		out = target
	}
	st, err := os.Stat(name)
	switch special := os.ModeSetuid | os.ModeSetgid; {
	case err != nil:
		return err
	case st.Mode()&special != 0:
		return errors.New("is run as another user: write the notes before it is made so")
	}
	there, err := os.Stat(out)
	if err == nil && !there.Mode().IsRegular() {
		return fmt.Errorf("%s is no file that could be replaced", out) // such as /dev/null
	}
	tmp, err := os.CreateTemp(filepath.Dir(out), filepath.Base(out)+".usdt*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if there != nil {
		err = errors.Join(err, keepOwner(tmp, there))
	}
	err = errors.Join(err, tmp.Chmod(st.Mode().Perm()), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), out)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

func encode(b []byte, s elf.Section64) []byte {
	b, err := binary.Append(b, binary.LittleEndian, s)
	if err != nil {
		panic(err) // it has a fixed size
	}
	return b
}

func pad(b []byte, to int) []byte {
	return append(b, make([]byte, -len(b)&(to-1))...)
}
