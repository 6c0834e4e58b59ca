// Package live shows what the requests to a running program are doing: which are in
// flight, and where; which were slow or have failed; how long they take. It is for
// those who cannot attach a tracer (see package probe), which takes root.
//
//	recorder := live.Open()
//	defer recorder.Close()
//	mux.Handle("/debug/", live.Pages(live.PagesConfig{Recorder: recorder}))
//	http.ListenAndServe(addr, middleware.Wrap(mux, live.New(live.Config{Recorder: recorder})))
//
// A [Recorder] is told of requests by the layer that [New] makes, which belongs in
// front of all others, and is asked by its methods, or through [Pages]. Nothing
// registers itself anywhere.
//
// # Pages
//
// Below the path they are mounted at, /debug unless configured, the pages are
//
//	/            the program, its sites and their latencies
//	/requests    in flight, the oldest first: age, client, URI, layer, upstream, bytes so far
//	/slow        the last ten of each of nine ranges of time, with the time in each layer
//	/errors      the last 64 that ended in 500 or above, or were cut off
//	/latency     quantiles by site and class of status; ?format=prometheus for its text format
//	/upstreams   the state of each, and quantiles of connecting, first byte and all
//	/tap         a line of JSON for each request that ends, as it ends
//	/log         the levels of logs; PUT ?level=debug&site=x&for=60s changes them for a time
//	/trace       the program's execution up to the end of a slow request
//	/probes      what a tracer can attach to, and whether one is; /probes/latency.bt and
//	             the other scripts of "usdt -script", for this process
//
// They are JSON, or HTML for who prefers that, as browsers do; ?format=json and
// ?format=html decide. Times are in nanoseconds in JSON. Requests can be picked out
// by [ParseFilter]: /requests?older=5s&site=shop, /tap?status=5xx&slower=250ms.
//
// A tap has room for 256 requests that its reader has not taken yet. Further ones are
// lost, and a line {"lost":n} says how many. Requests do not wait.
//
// A level that was set, for 15 minutes unless said, and at most 24 hours, is taken
// back when its time is over; level=default takes it back at once.
//
// # Who may see them
//
// Nobody but this machine, unless [PagesConfig] says otherwise, and nobody whose
// request was forwarded by a proxy, or is for a host of another name: see
// [middleware.Access]. Others get 404. Nothing is changed by GET, nor for a page of
// another site. Headers are not recorded. The query of a URI is not shown unless the
// pages are Sensitive: there are keys and tokens in many. What is shown is never
// stored, and no script is run.
//
// The best place is a Unix socket that only its owner can open; in a Caddyfile, see
// below.
//
// # What it costs
//
// Each layer of the chain, being timed, costs two looks at a clock and what it takes to
// call a function. A request costs one allocation more and some 150 to 300 ns, of which
// two looks at a clock are 54: see the rows live/ of examples/bench. While the Recorder is closed, it is two loads.
// Four thousand requests in flight have a place found without a lock; more are
// kept in a map.
//
// A request is counted once, when it has left the edge of the chain, whatever became
// of it: a panic, a hijacked connection, whose class is 1xx, a client that has left,
// whose status is 499. One that has ended is never listed as in flight. In a program
// built with the tag noprobe, layers, upstreams and errors are not known.
//
// In a Caddyfile:
//
//	introspect [path] {
//		allow  local|user|network...
//		host   name...
//		socket file
//		slow   duration
//		trace  duration
//		sensitive
//	}
//
// The path is /debug. All sites with an introspect line are shown together, whichever
// is asked, and no others. Local is this machine, as [middleware.Private] has it, and
// what there is without an allow; user is who has got in by basicauth, and peers of a
// network have to name the host by an address, localhost or a name of host. Socket
// serves the pages, at the same path, on a Unix socket that nobody can open but the
// user that the program runs as; then they are on the site only if a path is given.
// Slow is how long a request takes that is kept among the slow, 10ms by default. Trace
// has the execution of the program kept up to the end of a request that takes so long,
// which costs some ten percent of the CPU. Of sites that name the same socket, one
// says whether what is there is sensitive.
//
// Requests are recorded in front of all layers, wherever the line stands; the pages
// are behind basicauth and the like. The level that can be changed is that of the
// site's own log, which failures go to unless errors sends them to a file.
package live
