package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const tracing = "/sys/kernel/tracing/"

// measure prints how long calls of a function take until ctx is done.
func measure(ctx context.Context, program, name, by string) (err error) {
	f, err := find(program, name)
	if err != nil {
		return err
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return err
	}
	group := fmt.Sprintf("returns_%d", os.Getpid())
	own := tracing + "instances/" + group + "/"
	if err := os.Mkdir(own, 0o700); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(own, group, len(f.returns))) }()
	lines := []string{fmt.Sprintf("p:%s/in %s:0x%x g=%%%s:u64 %s", group, program, f.entry, f.goroutine, fetch(by))}
	for i, o := range f.returns {
		lines = append(lines, fmt.Sprintf("p:%s/out_%d %s:0x%x g=%%%s:u64", group, i, program, f.entry+o, f.goroutine))
	}
	for _, line := range lines {
		if err := write(tracing+"uprobe_events", line); err != nil {
			return err
		}
	}
	if err := errors.Join(write(own+"trace_clock", "mono"), write(own+"events/"+group+"/enable", "1")); err != nil {
		return err
	}
	pipe, err := os.Open(own + "trace_pipe")
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { pipe.Close() })
	defer stop()
	fmt.Fprintf(os.Stderr, "%s returns at %d places; measuring\n", name, len(f.returns))
	c := calls{began: map[string]call{}, took: map[string][]float64{}}
	for s := bufio.NewScanner(pipe); s.Scan(); {
		c.event(s.Text())
	}
	c.print()
	return nil
}

// fetch returns what the kernel is to note of an argument.
func fetch(by string) string {
	if ptr, n, ok := strings.Cut(by, ","); ok {
		return fmt.Sprintf("n=%%%s:u64 by=+0(%%%s):ustring", n, ptr)
	}
	if by != "" {
		return fmt.Sprintf("by=%%%s:s64", by)
	}
	return ""
}

func remove(own, group string, returns int) error {
	errs := []error{write(own+"events/"+group+"/enable", "0"), os.Remove(own)}
	names := []string{"in"}
	for i := range returns {
		names = append(names, fmt.Sprintf("out_%d", i))
	}
	for _, name := range names {
		if err := write(tracing+"uprobe_events", "-:"+group+"/"+name); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func write(name, line string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, line)
	return err
}

// Calls are those seen so far.
type calls struct {
	began map[string]call      // by goroutine
	took  map[string][]float64 // microseconds, by argument
}

type call struct {
	at float64
	by string
}

// An event is a line such as
//
//	introspect-17 [000] ..... 1234.567890: in: (0x88c180) g=824634 by=1990
var event = regexp.MustCompile(`(\d+\.\d+): (in|out_\d+): \(0x[0-9a-f]+\) g=(\d+)(?: n=(\d+))?(?: by=(.*))?$`)

func (c *calls) event(line string) {
	m := event.FindStringSubmatch(line)
	if m == nil {
		return
	}
	at, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return
	}
	if m[2] == "in" {
		c.began[m[3]] = call{at, value(m[4], m[5])}
		return
	}
	if began, ok := c.began[m[3]]; ok {
		c.took[began.by] = append(c.took[began.by], 1e6*(at-began.at))
		delete(c.began, m[3])
	}
}

// value cuts a string, which does not end in a zero as the kernel has it, to its length.
func value(length, text string) string {
	n, err := strconv.Atoi(length)
	text = strings.TrimPrefix(text, `"`)
	if err != nil || n > len(text) {
		return text
	}
	return text[:n]
}

func (c *calls) print() {
	fmt.Printf("%-20s %8s %10s %10s %10s\n", "by", "calls", "median us", "p99 us", "max us")
	for _, by := range slices.Sorted(maps.Keys(c.took)) {
		all := c.took[by]
		slices.SortFunc(all, cmp.Compare)
		fmt.Printf("%-20s %8d %10.0f %10.0f %10.0f\n", cmp.Or(by, "-"), len(all), all[len(all)/2], all[len(all)*99/100], all[len(all)-1])
	}
}
