//go:build unix

package pair

import "golang.org/x/sys/unix"

func cpu() Meter {
	return Meter{Name: "CPU", Unit: "ns", Read: func() (int64, error) {
		var usage unix.Rusage
		err := unix.Getrusage(unix.RUSAGE_SELF, &usage)
		return usage.Utime.Nano() + usage.Stime.Nano(), err
	}}
}
