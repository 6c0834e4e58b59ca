// Package limits bounds how large the bodies of requests may be.
//
//	small := limits.New(limits.Config{Bodies: []limits.Body{{Max: 1 << 20}, {Path: "/upload", Max: 1 << 30}}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, small))
//
// Of the paths that a request falls under, as [middleware.Path.Protects] has it, the
// longest counts. What is bounded is the body as it was sent: one that a layer further
// in decodes may become as large as that lets it. A handler that reads more than
// is allowed gets an [http.MaxBytesError], which a chain makes 413 of, and the connection
// is closed after the answer, as that of [http.MaxBytesReader]. If the length is known to
// be too large no byte is read, nor is the client told to go on that asked whether it may
// (Expect: 100-continue). A handler that does not look at the body is not disturbed,
// so that the answer is that of whoever needs it, its page and its line in the log
// included.
//
// The size of a header is the server's business: MaxHeaderBytes of [http.Server]. In a
// Caddyfile both are said here:
//
//	limits size
//	limits {
//		header size
//		body [path] size
//	}
//
// A size is 512B, 64KB, 10MB or 1GB, where a KB is 1024 bytes; without a unit it is
// bytes. The first form bounds header and bodies alike, but a header only together
// with what there is besides on its port: the smallest of the sites there counts,
// and net/http lets 4 KB more pass before it answers 431.
package limits
