package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/probe/script"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if tool, ok := errors.AsType[toolError](err); ok {
			os.Exit(tool.code)
		}
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "usdt:", err)
		}
		os.Exit(2)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) > 1 && args[0] == "-toolexec" {
		return toolexec(args[1], args[2:])
	}
	flags := flag.NewFlagSet("usdt", flag.ContinueOnError)
	out := flags.String("o", "", "write to `FILE` instead")
	list := flags.Bool("l", false, "list the probes")
	tracefs := flags.Bool("tracefs", false, "print lines for uprobe_events")
	scripts := flags.Bool("script", false, "print the script called so")
	header := flags.Bool("header", false, "print the records in C")
	flags.Bool("toolexec", false, "be go build's -toolexec; must come first")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case *header:
		_, err := io.WriteString(stdout, script.Header())
		return err
	case *scripts:
		return printScript(stdout, flags.Arg(0))
	case flags.NArg() != 1:
		return errors.New("name one program")
	}
	name := flags.Arg(0)
	p, err := open(name)
	if err != nil {
		return err
	}
	switch {
	case *list:
		return printList(stdout, p)
	case *tracefs:
		return printTracefs(stdout, p, name)
	}
	if err := p.writeTo(name, *out); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func printList(w io.Writer, p *program) error {
	noted := "no notes yet"
	if p.noted {
		noted = "notes written"
	}
	if _, err := fmt.Fprintf(w, "%s, %s\n", p.arch.name, noted); err != nil {
		return err
	}
	for _, s := range p.sites {
		var args []string
		for _, a := range s.info.Args {
			args = append(args, a.Name+" "+a.Type)
		}
		if _, err := fmt.Fprintf(w, "%s:%-16s %#x semaphore %#x (%s)\n", probe.Provider, s.info.Name, s.addr, s.semaphore, strings.Join(args, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// printTracefs prints what makes events of the probes without BPF.
func printTracefs(w io.Writer, p *program, name string) error {
	name, err := filepath.Abs(name)
	switch {
	case err != nil:
		return err
	case strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return fmt.Errorf("%q cannot be named in uprobe_events, for there are blanks in it", name)
	}
	for _, s := range p.sites {
		fields := []string{fmt.Sprintf("p:%s/%s %s:%#x(%#x)", probe.Provider, s.info.Name, name, s.offset, s.semaphoreOffset)}
		at := 8
		for _, a := range s.info.Args {
			fields = append(fields, field(a, at))
			at += 8 * a.Words()
		}
		if _, err := fmt.Fprintln(w, strings.Join(fields, " ")); err != nil {
			return err
		}
	}
	return nil
}

// field returns an argument that is so far up the stack as tracefs has it. A string is
// printed up to the next zero, for that is all the kernel knows: what belongs to it is as
// long as the number that follows it says.
func field(a probe.Arg, at int) string {
	switch a.Type {
	case "string":
		return fmt.Sprintf("%[1]s=+0(+%[2]d(%%sp)):string %[1]s_n=+%[3]d(%%sp):u64", a.Name, at, at+8)
	case "int64":
		return fmt.Sprintf("%s=+%d(%%sp):s64", a.Name, at)
	case "uint64":
		return fmt.Sprintf("%s=+%d(%%sp):u64", a.Name, at)
	default: // a record
		return fmt.Sprintf("%s=+%d(%%sp):x64", a.Name, at)
	}
}

func printScript(w io.Writer, name string) error {
	if name == "" {
		_, err := fmt.Fprintln(w, strings.Join(script.Names(), "\n"))
		return err
	}
	text, ok := script.Text(name)
	if !ok {
		return fmt.Errorf("there is no script %q; there are %s", name, strings.Join(script.Names(), ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}
