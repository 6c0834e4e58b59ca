// Package probe is what a tracer attaches to: functions that do nothing but be
// called, with arguments worth looking at.
//
// On Linux, for amd64 and arm64, each of them is two instructions of assembly,
// one of which does nothing. The first is what the kernel puts its own in place
// of when bpftrace, perf or SystemTap attaches; on amd64 it is the one of five
// bytes that it turns into a call (since Linux 6.18) rather than a trap. Command
// usdt, in the folder below, writes into a finished program where the functions
// are, in the form that these tools know (USDT, "SystemTap probes"), so that
// they are found in a program without symbols too:
//
//	go build -o server . && go run github.com/shallot-http/shallot/middleware/probe/usdt server
//	bpftrace -p $PID -e 'usdt::shallot:request__done { @us[arg1] = hist(arg3 / 1000); }'
//
// Arguments are on the stack, one word each and a string two, because that is the
// one calling convention of Go that does not change from version to version. The
// functions and the order of their arguments are a contract: arguments are only
// ever appended, and there are never more than six words of them, because that is
// as many as tracers read. What does not fit stands in a record, which grows at its
// end only and carries its own Size. See [List] for all of them.
//
// The Enabled functions report whether somebody looks, and so whether what is
// costly to find out is worth it: the kernel counts those who are attached, and
// takes back the count of one that was killed. A call of a probe that nobody looks
// at costs what a call of an empty function does. All are called in any case that do
// not say otherwise, for a tracer may also attach to the function by its name, and
// then is not counted; what was not found out for it is zero.
//
// [Watch] is for those who look from inside the program. It works on every system.
// With the build tag noprobe nothing of all this is compiled.
//
// # What it costs, and what is certain
//
// Each figure is printed, and compared with its bound, by a command; bench is short for
// "go -C examples/bench run . -run", and test for "go test -v -run". What attaches takes
// root, and on amd64 Linux 6.18 for its bounds.
//
//	nobody looks: ≤ 2 ns of a layer, ≤ 3 ns of any,     bench '^probe/(unseen|whether|a server)'
//	  ≤ 35 ns of a request, no allocation; a server
//	  and the same built with noprobe: ≤ 1.01, a gap
//	an event counted: ≤ 1 µs, ≤ 1/10 of a uprobe        bench '^probe/counted'
//	no event is lost: counted at 20,000 requests a      bench '^probe/every'
//	  second, printed at 10,000
//	requests fewer: ≤ 15 % by one event of each,        bench '^probe/.*nobody who looks'
//	  ≤ 40 % by six; beside it a uprobe at net/http
//	bpftrace, gdb, perf and readelf list all probes     test EveryTool ./middleware/probe/usdt
//	  of every build, stripped afterwards, too
//	a tracer that is killed leaves nothing behind       test Killed ./middleware/probe/usdt
//	tracers come, go and are killed for a minute        test SoakTracers -tags soak ./middleware/probe/usdt
//	package live: ≤ 120 ns and 1 allocation a request   bench '^live'
//	who may not see its pages does not                  test 'Guarded|Private|Access' ./middleware ./middleware/live
//	every script says what is so                        test IntrospectScripts ./examples
//	each request begins once and ends once              test EveryStartIsDone ./middleware/probe/usdt
package probe
