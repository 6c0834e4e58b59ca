package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// A function is one of a program.
type function struct {
	entry     uint64   // where it is in the file
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
	var first uint64
	for i, m := range instruction.FindAllStringSubmatch(string(text), -1) {
		at, err := strconv.ParseUint(m[1], 16, 64)
		if err != nil {
			return f, err
		}
		if i == 0 {
			first = at
		}
		if m[2] == "RET" {
			f.returns = append(f.returns, at-first)
		}
	}
	if len(f.returns) == 0 {
		return f, fmt.Errorf("%s has no function %s that returns", program, name)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && first >= p.Vaddr && first < p.Vaddr+p.Filesz {
			f.entry = first - p.Vaddr + p.Off
		}
	}
	return f, nil
}

var probe = regexp.MustCompile(`returns:([^:\s]+):("[^"]+"|[^\s{/,]+)`)

// printScript prints a script with probes at returns.
func printScript(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var errs []error
	out := probe.ReplaceAllStringFunc(string(text), func(found string) string {
		m := probe.FindStringSubmatch(found)
		name := strings.Trim(m[2], `"`)
		f, err := find(m[1], name)
		if err != nil {
			errs = append(errs, err)
		}
		var all []string
		for _, o := range f.returns {
			all = append(all, fmt.Sprintf(`uprobe:%s:"%s"+%d`, m[1], name, o))
		}
		return strings.Join(all, ",\n")
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	fmt.Print(out)
	return nil
}
