package pair

import (
	"errors"
	"fmt"
	"time"
)

// A Meter is a counter that goes up. What an operation costs is how far.
type Meter struct {
	Name      string                // what it counts, such as "CPU" or "bytes sent"
	Unit      string                // "ns", or as that of a Bound
	Read      func() (int64, error) // errors.ErrUnsupported skips a row
	Elsewhere bool                  // the work is done by another process, whose allocations are not known
}

// Wall returns the meter of elapsed time, for what is not a matter of the CPU.
func Wall() Meter {
	start := time.Now()
	return Meter{Name: "wall", Unit: "ns", Read: func() (int64, error) { return int64(time.Since(start)), nil }}
}

// CPU returns the meter of the CPU time of this process, user and system, all
// threads; where that is not known to microseconds, it is Wall.
func CPU() Meter { return cpu() }

// Counter returns a meter of something else, such as bytes that were sent.
func Counter(name, unit string, read func() int64) Meter {
	return Meter{Name: name, Unit: unit, Read: func() (int64, error) { return read(), nil }}
}

// Tree returns the meter of the CPU time of other processes: pid and all that
// descend from it. It takes Linux.
func Tree(pid int) Meter {
	return Meter{Name: "CPU of other processes", Unit: "ns", Elsewhere: true, Read: func() (int64, error) {
		spent, err := treeTime(pid)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			err = fmt.Errorf("CPU time of process %d: %w", pid, err)
		}
		return int64(spent), err
	}}
}
