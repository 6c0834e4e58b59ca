package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A toolError is that of a tool, which has said itself what is wrong.
type toolError struct{ code int }

func (e toolError) Error() string { return fmt.Sprintf("the tool ended with %d", e.code) }

// toolexec runs a tool for go build, and after the linker writes the notes into
// what that has made, if it has probes.
func toolexec(tool string, args []string) error {
	link := strings.TrimSuffix(filepath.Base(tool), ".exe") == "link"
	cmd := exec.Command(tool, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if link && slices.Contains(args, "-V=full") {
		return version(cmd)
	}
	if err := cmd.Run(); err != nil {
		return asToolError(err)
	}
	i := slices.Index(args, "-o")
	if !link || i < 0 || i+1 >= len(args) {
		return nil
	}
	p, err := open(args[i+1])
	switch {
	case errors.Is(err, errNoProbes), errors.Is(err, errNotELF), errors.Is(err, errMachine):
		return nil // nothing to write, as in a test of another package, or for another system
	case err != nil:
		return err
	}
	return p.writeTo(args[i+1], "")
}

// version has the linker's version differ from that without the notes, so that go
// build does not take what was linked without them for up to date.
func version(cmd *exec.Cmd) error {
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return asToolError(err)
	}
	line := strings.TrimSuffix(out.String(), "\n")
	if before, after, ok := strings.Cut(line, " buildID="); ok { // of a toolchain in development, at the end
		line = before + " usdt buildID=" + after + "-usdt"
	} else {
		line += " usdt"
	}
	_, err := fmt.Println(line)
	return err
}

func asToolError(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return toolError{max(exit.ExitCode(), 1)}
	}
	return err
}
