// Package accesslog writes a line about every request once it has been answered.
//
//	http.ListenAndServe(addr, middleware.Wrap(mux, accesslog.New(accesslog.Config{})))
//
// That is the Common Log Format, on the standard output. A line may have any
// format of package placeholder, and go to any writer; [logfile.File] is one that
// rotates. A slog.Logger may be told instead:
//
//	accesslog.Config{Logger: slog.New(slog.NewJSONHandler(os.Stdout, nil))}
//
// # What is logged
//
// The line is written after all layers further in have returned or panicked: a
// panic is noted and goes on. The status is the one that was sent or, where none
// was yet, the one that the results amount to by the table of package middleware;
// a panic counts as 500. Put the layer of error pages further in than this one:
// what the edge sends on its own is not in the size.
//
// The size is that of the body as it was handed to the connection: 0 if there was
// none, as nginx has it, and not a dash, as Apache's %b does; for HEAD, 0. What a
// hijacked connection carries is not known.
//
// The client is the peer, unless that is a trusted proxy: see
// [middleware.ClientIP]. Its address may be masked, so that the log is about
// nobody in particular.
//
// A client cannot forge a line, nor end a field: quotes, backslashes and whatever
// does not print are written as \xHH, as nginx does, and so are spaces that stand
// outside of quotes. Undoing that gives back, byte for byte, what the client sent.
// A value that is missing or empty is "-", and one that is a dash is \x2D.
//
// # JSON
//
// A record has the message "request", the level Info and the attributes method,
// host, uri, proto, status, size, duration (nanoseconds in JSON), remote, and as
// far as there are any, referer, user_agent, aborted (the response was cut off)
// and all that layers noted: user, request_id, upstream, upstream_status, … In strings that came
// from a client, backslashes and what does not print are \xHH here, too: JSON
// cannot hold all that a header can.
//
// # When the log cannot be written
//
// Requests are served all the same. The first line that is lost is reported to
// the chain's logger (see [middleware.Logger]), and how many were lost once there
// is room again.
//
// In a Caddyfile:
//
//	log [[path] file [format]] {
//		format common|combined|json|text
//		except path|status...
//		ipmask IPv4-mask [IPv6-mask]
//		headers [secrets]
//		rotate_size     megabytes
//		rotate_age      days
//		rotate_keep     files
//		rotate_compress
//		rotate_disable
//	}
//
// The path is /, the file access.log in the working directory, the format common;
// the file may be stdout or stderr. A text is made of placeholders, and of
// {common} and {combined}. Of several logs for different paths only the first that
// matches logs a request, as in Caddy 0.7.1; several for the same path all do.
//
// Except leaves out what begins with a path, or ended in a status such as 304 or
// 2xx. A mask such as 255.255.255.0 or ffff:ffff:: says which bits of an address
// are logged. Headers adds all fields of both headers to json; the values of
// Authorization, Cookie, Proxy-Authorization and Set-Cookie only with secrets.
// How files rotate is described in package logfile; neither they nor the file
// are served by the site.
package accesslog
