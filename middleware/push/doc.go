// Package push tells browsers early what a page is going to need.
//
//	hints := push.New(push.Config{Rules: []push.Rule{
//		{Path: "/", Resources: []string{"/style.css", "/app.js"}},
//	}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, hints))
//
// The push of HTTP/2, after which the directive of Caddy 1.0.5 is called, has been
// removed from browsers: Chrome 106, Firefox 132. What took its place is a field
// that names the resource and what it is, by its extension,
//
//	Link: </style.css>; rel=preload; as=style
//
// in the response, and before it, while the page is still being made, in an
// informational response 103 (RFC 8297). That is sent to clients of HTTP/2 and later
// only, for there are clients of HTTP/1.1 that mistake it for the response (RFC 8297,
// section 3), and only for what a browser says is a document, if it says so.
//
// It is done for GET and HEAD, to the paths that begin with a rule's, but not for
// the resource itself. The field is taken back if the next handler returns a status
// in place of a response, such as 404.
//
// # Server push
//
// Rule.Push asks for the push of HTTP/2 as well, for clients that still accept it. Then
// what the response names in Link fields of its own, with rel=preload, is pushed, too,
// unless the link has the parameter nopush or is not a path of this site. Where there
// was a push there is no 103.
//
// In a Caddyfile:
//
//	push [path [resource...]] {
//		resource...
//		http2
//		method GET|HEAD
//		header name value
//	}
//
// The path is / unless given. A resource is a path of the host with, perhaps, a query,
// escaped as in a page. With http2 there is server push; method and header are those of
// the requests that it answers. Without http2 they, and a push without resources, are
// no more than a warning.
package push
