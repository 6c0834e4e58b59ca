// Package middleware is the contract every package of this module keeps, and
// all that a chain of handlers is made of.
//
// A [Handler] does not write its own failures. It returns a status, which is
// for the client, and an error, which is for the operator; the edge of the
// chain, an [AppHandler] or an [Edge], settles the pair.
//
//	http.ListenAndServe(addr, middleware.Wrap(mux, log, gzip))
//
// # Outcomes
//
// A response has begun once a final header is out of the handler's hands:
// after WriteHeader (other than 1xx, but including 101), a first byte of body,
// a Flush or a Hijack. What becomes of the pair depends on that:
//
//	returned    not begun                           begun
//	(0, nil)    nothing: net/http sends 200         nothing
//	(0, err)    as (StatusOf(r, err), err)          what was sent stands
//	200–399     the bare status                     nothing
//	400–599     a page such as "404 Not Found"      nothing, but abort if err != nil
//	any other   as 500                              as 500
//
// So the status a handler returns is the status the client gets, unless a
// response had begun; and one that began and then failed is cut off rather
// than passed off as whole: the edge panics with [http.ErrAbortHandler] once
// every layer has returned. A layer that fails half way must therefore return
// a status of 500 or so with its error; (0, err) says that the response is fine.
// A client of HTTP/1.0 that was given no length takes the end of its connection for
// that of the body: its connection is reset.
//
// An error is logged once, by the edge or by the layer of error pages that settles
// the pair in its place (see [SettleBy]), together with the notes of the request (see
// [Note]): at level Error if the status is 500 or above, at Debug if it is
// [StatusClientClosed], at Info otherwise. The status of a (0, err) is that of
// [StatusOf], whether or not a response had begun. A status without an error is
// no failure of the server's and the access log's business. The client never
// learns more than the status.
//
// The edge does not recover panics: net/http, or a layer that is paid to, does.
// [http.ErrAbortHandler] must always be let through.
//
// # Layers
//
// A [Middleware] puts a Handler in front of another; [Chain] makes one of many,
// [When] confines them to some requests, and [Path] says which part of a site a
// layer is for.
//
// A layer that watches what passes through it uses a [Recorder], of which
// neighbours share one. A layer that has its own writer must let everything
// through that it does not mean to change, Unwrap included, and
// middlewaretest.Transparent proves that it does. Layers that need to reach the
// client through another's writer do so by [http.ResponseController];
// [http.MaxBytesReader] alone asks for a type of net/http's own, and has to be
// given the writer furthest in.
//
// A layer that passes on a copy of the request, as there is one with every value
// added to its context, has [CopyBack] tell those further out what was found out
// about it.
//
// A layer that holds back what it was given, to encode or to measure it, drops
// it when it is handed a failure or a panic before it let anything go, takes
// back the fields of the header it had set, and passes the pair on. Once it has
// let something go and failed, it leaves the stream unfinished.
package middleware
