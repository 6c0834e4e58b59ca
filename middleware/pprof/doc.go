// Package pprof hands out profiles of a running program to go tool pprof and go tool
// trace. It does not import net/http/pprof, which would register handlers for
// everybody.
//
//	profiles := pprof.New(pprof.Config{Access: middleware.Access{Private: &middleware.Private{}}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, profiles))
//
//	go tool pprof http://localhost:8080/debug/pprof/profile?seconds=10
//
// Below the path, which itself lists them, are
//
//	profile?seconds=30    what the processors did meanwhile
//	trace?seconds=1       an execution trace
//	heap?gc=1&debug=0     and every other profile of runtime/pprof: allocs, block,
//	                      goroutine, mutex, threadcreate and those of the program
//
// The seconds are whole and bounded by Config.MaxSeconds; debug is 0, 1 or 2 as
// [runtime/pprof.Profile.WriteTo] has it, and gc=1 collects garbage first. Any other
// parameter is answered with 400. One profile of the processors and one trace are
// taken at a time; a second is answered with 409. There is no cmdline, which commonly
// holds secrets, and no symbol, for the profiles have theirs.
//
// A profile tells how a program works, and taking one slows it down. Who is not let
// in by the Access gets 404, whatever the method, and the zero Config lets nobody in.
// Others may use GET and HEAD, of which the latter takes no profile.
//
// In a Caddyfile, where some allow has to be there:
//
//	pprof {
//		allow local|user|network...
//		host  name...
//	}
//
// Local is this machine, as [middleware.Private] has it, user is who has got in by
// basicauth, and peers of a network have to name the host by an address, localhost or
// a name of host.
package pprof
