// Command usdt writes into a finished Go program where the probes of package probe are, in
// the form in which tracers look for them: SystemTap's notes, which bpftrace, bcc,
// gdb, perf and readelf know as USDT or SDT. The program may be stripped, PIE, or
// built with the race detector, for linux/amd64 or linux/arm64.
//
//	usdt PROGRAM              write the notes; to do it again changes nothing
//	usdt -o OTHER PROGRAM     write them to a copy
//	usdt -l PROGRAM           list the probes in a program
//	usdt -tracefs PROGRAM     print them as lines for /sys/kernel/tracing/uprobe_events
//	usdt -script NAME         print a script for bpftrace; without NAME, what there is
//	usdt -header              print the records of the probes in C, for bpftrace --include
//	go build -toolexec 'usdt -toolexec' …    write the notes whenever a program is linked
//
// What signs programs, or takes checksums of them, comes after it; strip may, too.
package main
