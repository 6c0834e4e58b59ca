// Package proxy sends requests on to other servers and their responses back: a
// [Handler] for that, and what it talks to backends with, a [Transport], which is
// an [http.RoundTripper] and works with anything that takes one.
//
//	targets, err := upstream.Parse("app-1:8080", "app-2:8080")
//	...
//	group, err := upstream.Open(ctx, upstream.Config{Targets: targets})
//	...
//	defer group.Close()
//	http.ListenAndServe(addr, middleware.Wrap(mux, proxy.New(proxy.Config{From: "/api", Upstreams: group})))
//
// In a Caddyfile:
//
//	proxy FROM TO... {
//		upstream           TO...
//		backup             TO...
//		policy             NAME [ARG]
//		fail_timeout       DURATION
//		max_fails          N
//		max_conns          N
//		queue              N [DURATION]
//		slow_start         DURATION
//		try_duration       DURATION
//		try_interval       DURATION
//		retry_status       STATUS...
//		health_check       PATH [INTERVAL]
//		health_check_interval|health_check_timeout  DURATION
//		health_check_port      PORT
//		health_check_host      HOST
//		health_check_status    STATUS...
//		health_check_contains  TEXT
//		health_check_rise|health_check_fall         N
//		without            PREFIX
//		except             PATH...
//		relocate
//		transparent
//		header_upstream    [+|-]NAME [VALUE [REPLACEMENT]]
//		header_downstream  [+|-]NAME [VALUE [REPLACEMENT]]
//		forwarded
//		via                NAME
//		aliases            drop|keep|reject
//		request_trailers
//		websocket
//		upgrade            PROTOCOL...
//		upgrade_timeout|upgrade_idle                DURATION
//		intercept          STATUS...
//		accel              PREFIX FOLDER
//		mirror             PERCENT TO...
//		status             PATH NETWORK...
//		keepalive          N
//		keepalive_timeout  DURATION
//		timeout|tls_timeout                         DURATION
//		header_timeout|read_timeout|write_timeout   DURATION|none
//		fallback_delay     DURATION
//		insecure_skip_verify
//		ca_certificates    FILE...
//		tls_client         CERT KEY
//		tls_server_name    NAME
//	}
//
// Of several lines, that with the longest FROM wins. TO is what [upstream.Parse]
// and [upstream.ParseSource] read.
//
// What is said of policies, failures, limits, tries, health checks and the status
// package [properties] describes: it is the same for backends of FastCGI. The policy is
// random unless given, as in Caddy 0.7.1. Who is named twice gets twice as many
// requests. A backup is used while nobody else can be. A keepalive of 0 is a new
// connection for every request.
//
// The name of a header operation may begin with + to add and - to delete, where a *
// at its end stands for anything; with a REPLACEMENT, VALUE is a regular
// expression. The names proxy_header and header_upstream mean the same. Transparent
// has backends see the client's Host, X-Real-IP and X-Forwarded-Port.
//
// The PATHs of except are relative to FROM. Relocate has redirects of a backend
// lead to below the PREFIX that it is not sent: see Config.Relocate. Trusted are
// the site's trusted_proxies.
//
// To connect may take timeout, until a response begins may take header_timeout, and
// until more of a response comes, or more of a request is taken, read_timeout and
// write_timeout: see [TransportConfig] for what they are otherwise. A STATUS is one
// from 400 to 599, or a class such as 5xx.
//
// Responses with one of intercept are answered by the site's error pages instead;
// those with one of retry_status are failures, in place of which another backend is
// asked. The files in the FOLDER of accel are for those clients to whom a backend
// responds with X-Accel-Redirect: PREFIX/name, and nothing else of the site leads
// to them: see [Accel].
//
// Of the requests, PERCENT are sent to the TO of mirror, too: see [Mirror]. The status
// then has the [MirrorStatus] as its mirror.
//
// # Requests
//
// Backends see the path as the client escaped it, and the query byte for byte.
// Fields for one connection only are removed, and those that Connection names;
// then X-Forwarded-For, -Proto and -Host are told, and what a stranger says of
// them is dropped, as are the field Proxy and names with a "_" or a ".". Only then
// do operations apply. CONNECT is answered with 405, as what follows it is not
// delimited: CVE-2026-56866. Trailers of requests are sent on only if Config.Trailers
// says so: gRPC does without them.
//
// # Responses
//
// Events, and bodies of unknown length, are flushed piece by piece. Others are
// moved from one connection to the other, by the kernel if it can. Responses of
// status 1xx and trailers are passed on. A body that breaks off is cut off.
//
// Handlers further out get a status with the error:
//
//	400  the request cannot be sent on
//	405  CONNECT
//	408  the client is too slow to send its body
//	413  the body exceeds an http.MaxBytesReader
//	499  the client has left
//	502  no backend could be reached, or what it said is not HTTP
//	503  none is fit, or all are full
//	504  it took too long
//
// With 503 goes a Retry-After of one second if all are full, and of ten if none is
// fit.
//
// Others may answer in place of a backend: an [Interceptor] by the status or a field
// of its response, an [Accel] where the backend says it.
//
// # Logs
//
// The placeholders {upstream}, {upstream_status}, {upstream_latency} and
// {upstream_attempts} are known to logs further out and, but for those of requests,
// to operations on fields.
//
// # Retries
//
// A request that did not reach a backend goes to another, until all were tried. One
// that may have reached it is sent to another only if its method is idempotent or
// it has an Idempotency-Key, none of the response was passed on, it is not a
// matter of time, and few other requests fail: see [upstream.Budget]. The same goes
// for responses of Config.RetryStatuses, if a body is kept. So a POST is
// never executed twice. Bodies of up to 64 KiB are kept for that, if their length
// is known; others can be sent for as long as none of them was read.
//
// # Upgrades
//
// A client may switch to the protocols of Config.Upgrade. Nothing it sends is
// passed on before the backend has agreed. If that is WebSocket, both are told when
// the server is to stop, or one of the limits of Config has been reached.
//
// # The Transport
//
// It is made for proxies. It speaks HTTP/1.1 on the goroutine of the
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
// A response that could be understood in two ways is refused, and its connection
// closed: other lengths than one of RFC 9112, section 6, lines that do not end in
// CRLF, folded lines, control bytes, spaces before a colon. No response that
// [http.ReadResponse] would delimit differently is accepted. A connection is used
// again only if both the request and the response ended exactly where they had
// to, nothing came after, and it is still silent when it is next needed, which on
// Windows cannot be told. Where the backend announces by Keep-Alive how long it
// will keep a connection, it is given up one second earlier.
//
// Where it does not, it may close a connection just as a request arrives there, of
// which nobody can tell whether it was executed. So what cannot be repeated, as a
// POST or a body of more than 64 KiB, is sent on a connection that was idle for more
// than half a second only if others of that backend were seen to be left open for clearly
// longer, and none to be closed after hardly more, in the last five minutes.
// Otherwise it gets a new connection. How long connections are left open the pool
// sees by those that nobody uses, so that this soon costs nothing.
//
// A body of at most 64 KiB is read first and sent with the head in one write, so
// that a slow client does not occupy a connection. Other bodies, and those of
// unknown length or that wait for 100 (Continue), are sent by a goroutine of their
// own while the response is already read.
//
// A failure is an [*Error]. It says whether any of the request can have reached
// the backend and whether any of an answer came from it, by which a caller can
// tell what is safe to repeat. The Transport itself repeats a request once, on a
// new connection, if one that had been idle turned out to be dead, and then only
// if nothing of the request was taken or its method is idempotent.
package proxy
