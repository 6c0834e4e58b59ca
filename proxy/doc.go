// Package proxy sends requests on to other servers. So far it has the part that
// talks to them, a [Transport], which is an [http.RoundTripper] and works with
// anything that takes one.
//
//	t := proxy.NewTransport(proxy.TransportConfig{})
//	defer t.Close()
//	client := &http.Client{Transport: t}
//
// # What it is for
//
// A Transport is made for proxies. It speaks HTTP/1.1 on the goroutine of the
// request, so that a request without a body costs no other goroutine and no
// channel. The body of a response is an [io.WriterTo] that hands its connection
// to the writer, so that between two TCP connections Linux moves the bytes by
// splice(2). It changes nothing: it adds neither User-Agent nor Accept-Encoding,
// decompresses nothing, follows no proxy of the environment.
//
// The scheme of a URL says what is spoken:
//
//	http   HTTP/1.1
//	https  HTTP/1.1 over TLS
//	h2c    HTTP/2 without TLS, as gRPC servers commonly want it
//	h2     HTTP/2 over TLS
//
// HTTP/2 is that of net/http. A host that begins with a slash is the path of a
// Unix socket.
//
// # What it holds backends to
//
// A response that could be understood in two ways is refused, and its connection
// closed: other lengths than one of RFC 9112, section 6, lines that do not end in
// CRLF, folded lines, control bytes, spaces before a colon. No response that
// [http.ReadResponse] would delimit differently is accepted. A connection is used
// again only if both the request and the response ended exactly where they had
// to, nothing came after, and it is still silent when it is next needed, which on
// Windows cannot be told. Where the backend announces by Keep-Alive how long it
// will keep a connection, it is given up one second earlier.
//
// # Requests
//
// A body of at most 64 KiB is read first and sent with the head in one write, so
// that a slow client does not occupy a connection. Other bodies, and those of
// unknown length or that wait for 100 (Continue), are sent by a goroutine of their
// own while the response is already read. CONNECT is refused: what follows it is
// not delimited, see CVE-2026-56866.
//
// # Failures
//
// A failure is an [*Error]. It says whether any of the request can have reached
// the backend and whether any of an answer came from it, by which a caller can
// tell what is safe to repeat. The Transport itself repeats a request once, on a
// new connection, if one that had been idle turned out to be dead, and then only
// if nothing of the request was taken or its method is idempotent.
package proxy
