package pair

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// treeTime returns the CPU time of pid, of all processes that descend from it,
// and of those that did and have been waited for.
func treeTime(pid int) (time.Duration, error) {
	children, waited, err := processes()
	if err != nil {
		return 0, err
	}
	total, err := processTime(pid)
	if err != nil {
		return 0, err
	}
	total += waited[pid]
	for todo := children[pid]; len(todo) > 0; {
		pid, todo = todo[0], append(todo[1:], children[todo[0]]...)
		spent, err := processTime(pid)
		if err != nil && !errors.Is(err, unix.EINVAL) { // which is that it ended just now
			return 0, err
		}
		total += spent + waited[pid]
	}
	return total, nil
}

// processTime reads the clock that clock_getcpuclockid(3) would name: unlike
// /proc/PID/stat, whose unit is 10 ms, it counts in nanoseconds.
func processTime(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED of linux/posix-timers.h
	var spent unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduled), &spent)
	return time.Duration(spent.Nano()), err
}

// processes returns the children that each process has, and the time of those
// that it had and has waited for.
func processes() (children map[int][]int, waited map[int]time.Duration, err error) {
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, nil, err
	}
	children, waited = map[int][]int{}, map[int]time.Duration{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, parent, ended, err := parseStat(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		children[parent] = append(children[parent], pid)
		waited[pid] = ended
	}
	return children, waited, nil
}

// parseStat reads what is wanted of a /proc/PID/stat, see proc_pid_stat(5). The
// second field is in parentheses, and may contain whatever it likes.
func parseStat(text []byte) (pid, parent int, waited time.Duration, err error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return 0, 0, 0, errors.New("no name in parentheses")
	}
	const state, ppid, cutime, cstime = 3, 4, 16, 17
	fields := bytes.Fields(text[end+1:])
	if len(fields) <= cstime-state {
		return 0, 0, 0, errors.New("too few fields")
	}
	number := func(field []byte) int {
		n, e := strconv.Atoi(string(bytes.TrimSpace(field)))
		err = errors.Join(err, e)
		return n
	}
	pid, parent = number(text[:open]), number(fields[ppid-state])
	const tick = time.Second / 100 // USER_HZ, on every architecture that Go knows
	waited = time.Duration(number(fields[cutime-state])+number(fields[cstime-state])) * tick
	return pid, parent, waited, err
}
