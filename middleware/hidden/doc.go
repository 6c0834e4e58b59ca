// Package hidden keeps parts of a site from those who ask for them by name, and
// leaves it to the handlers further in to hand them out: the directive internal.
//
//	files := static.New(static.Config{Root: middleware.NewRoot("public")})
//	hide := hidden.New(hidden.Config{Paths: []middleware.Path{"/protected"}})
//	http.ListenAndServe(addr, middleware.Wrap(app, hide, files))
//
// A request for one of the paths, as [middleware.Path.Protects] has it, is answered
// with 404. A handler further in, such as a proxy whose backend has checked who may
// read what, gets at them by a response with the field
//
//	X-Accel-Redirect: /protected/report.pdf
//
// whose value is a path, escaped as in a URL, perhaps with a query. The handlers
// further in are then asked for that with GET, or HEAD if the client sent that,
// without a body, but with the header that the client sent, so that ranges and
// conditions are of use. What they answer is what the client gets. Of what was
// answered before, the status and the body are dropped, and of the header
// X-Accel-Redirect, Content-Length, Content-Encoding and Trailer; the other fields
// stand unless they are set again: Content-Type, Set-Cookie or Cache-Control.
//
// As in nginx and in Caddy 1, the target need not be one of the paths. Layers
// further out, such as one that asks for a password, are not asked again. The answer
// may be another X-Accel-Redirect; the eleventh of a request is answered with 500.
// One that is no path, or a path not in its simplest form, and several at once are
// answered with 502. A field that comes with a failure, an error that is returned
// before a response has begun, does not count.
//
// A proxy that has an Accel of its own takes the field before it gets here.
//
// In a Caddyfile, as often as there are paths:
//
//	internal path
package hidden
