// Package probelog shows a tracer what a program logs, down to what its level
// leaves out: a debug level that is switched on by attaching to the probe
// log__record, and off again by leaving, for nobody but the tracer.
//
//	slog.SetDefault(slog.New(probelog.NewHandler(slog.Default().Handler())))
//
//	bpftrace -p $PID -e 'usdt::shallot:log__record { printf("%d %s%s\n", arg0, str(arg1, arg2), str(arg3, arg4)); }'
//
// While there is no tracer, a record below the level costs what it did: nothing is
// allocated, and nothing is formatted. With the build tag noprobe, and where there
// are no probes, [NewHandler] returns the handler it is given.
//
// It is no part of package probe because that imports next to nothing.
package probelog
