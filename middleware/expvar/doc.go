// Package expvar shows figures of a running program as JSON, in the form of the
// standard library's package of that name, which it does not import: that would
// register a handler for everybody.
//
//	vars := expvar.New(expvar.Config{
//		Access: middleware.Access{Private: &middleware.Private{}},
//		Vars:   map[string]func() any{"jobs": func() any { return jobs.Load() }},
//	})
//	http.ListenAndServe(addr, middleware.Wrap(mux, vars))
//
// It is an object with a member for each of Vars, and memstats
// ([runtime.MemStats]), goroutines, gomaxprocs and version (of Go) unless there are
// Vars of these names. There is no cmdline, which commonly holds secrets.
//
// Who is not let in by the Access gets 404, whatever the method, and the zero Config
// lets nobody in. Others may use GET and HEAD.
//
// In a Caddyfile:
//
//	expvar [path] {
//		allow local|user|network...
//		host  name...
//	}
//
// The path is /debug/vars unless given. Local is this machine, as
// [middleware.Private] has it, user is who has got in by basicauth, and peers of a
// network have to name the host by an address, localhost or a name of host. Some
// allow has to be there.
package expvar
