package main

import (
	"debug/elf"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// A function is one of a program.
type function struct {
	addr      uint64   // where it is in memory
	entry     uint64   // and in the file
	returns   []uint64 // how far from there are the instructions that return from it
	goroutine string   // the register that tells goroutines apart
}

// An instruction is a line such as
//
//	answer.go:27	0x6d5a40	c3	RET
var instruction = regexp.MustCompile(`(?m)^\s+\S+:\d+\s+0x([0-9a-f]+)\s+[0-9a-f]+\s+(\w+)`)

func find(program, name string) (f function, err error) {
	file, err := elf.Open(program)
	if err != nil {
		return f, err
	}
	defer file.Close()
	f.goroutine = map[elf.Machine]string{elf.EM_X86_64: "r14", elf.EM_AARCH64: "x28"}[file.Machine]
	text, err := exec.Command("go", "tool", "objdump", "-s", "^"+regexp.QuoteMeta(name)+"$", program).Output()
	if err != nil {
		return f, fmt.Errorf("go tool objdump: %w", err)
	}
	for i, m := range instruction.FindAllStringSubmatch(string(text), -1) {
		at, err := strconv.ParseUint(m[1], 16, 64)
		if err != nil {
			return f, err
		}
		if i == 0 {
			f.addr = at
		}
		if m[2] == "RET" {
			f.returns = append(f.returns, at-f.addr)
		}
	}
	if len(f.returns) == 0 {
		return f, fmt.Errorf("%s has no function %s that returns", program, name)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && f.addr >= p.Vaddr && f.addr < p.Vaddr+p.Filesz {
			f.entry = f.addr - p.Vaddr + p.Off
		}
	}
	return f, nil
}
