// Returns tells how long functions of a Go program take, by probes at the instructions
// that return from them. A uretprobe must not be used for that: it puts an address on
// the stack that the runtime, which moves stacks, takes for a mistake, and the program
// ends (golang/go#22008).
//
//	returns [-for 10s] [-by REG | -by PTR,LEN] PROGRAM FUNCTION
//
// measures until it is interrupted, or for a time, and prints how often the function
// returned and how many microseconds it took: of all calls, or by an argument that is
// in a register, or by a string that is in two. It does so without BPF, by the kernel's
// uprobe_events, and takes root.
//
//	returns [-for 10s] -bt SCRIPT [-p PID]
//
// has bpftrace run a script, in which returns:PROGRAM:FUNCTION stands for a uprobe at each
// such instruction.
//
// The instructions are found by "go tool objdump"; the program needs its symbols.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	script := flag.Bool("bt", false, "run a script of bpftrace")
	limit := flag.Duration("for", 0, "how long to measure; 0 is until interrupted")
	by := flag.String("by", "", "the `REGISTER` of an argument, or PTR,LEN of a string")
	flag.Parse()
	err := func() error {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if *limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, *limit)
			defer cancel()
		}
		switch {
		case *script && flag.NArg() > 0:
			return runScript(ctx, flag.Args())
		case !*script && flag.NArg() == 2:
			return measure(ctx, flag.Arg(0), flag.Arg(1), *by)
		}
		flag.Usage()
		return fmt.Errorf("name a program and a function, or a script")
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "returns:", err)
		os.Exit(1)
	}
}
