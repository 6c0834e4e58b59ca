// Package placeholder fills in texts such as "https://{host}{uri}" with what is
// known of a request. A [Template] is compiled once and appends in one pass:
//
//	target := placeholder.Compile("https://{hostonly}{uri}", placeholder.URL)
//	…
//	location := target.Append(nil, &placeholder.Values{Request: r, Writer: w})
//
// What a client sent is never looked at for further placeholders, and each value
// is escaped as its [Sink] demands, so that a client can add neither a line to a
// log nor a field to a header nor an argument to a query.
//
// # Names
//
// Of the request as the client sent it, whatever was made of it since:
//
//	{method} {proto} {scheme}           GET, HTTP/1.1, https: the connection's own,
//	                                    whatever X-Forwarded-Proto says
//	{host} {hostonly} {server_port}     example.com:8443, example.com, 8443
//	{label1} {label2} …                 example, com
//	{path} {query} {uri}                /a b, c=d, /a%20b?c=d
//	{path_escaped} {query_escaped} {uri_escaped}
//	                                    the same as part of a query: %2Fa%20b
//	{fragment}                          never sent by browsers
//	{remote} {client_ip}                192.0.2.1: see middleware.ClientIP
//	{port}                              the peer's
//	{>Name}                             a header field; several are joined by ","
//	{~name}                             a cookie
//	{request}                           request line and header; secrets hidden
//	{tls_protocol} {tls_cipher}         tls1.3, TLS_AES_128_GCM_SHA256
//	{tls_client_s_dn} {tls_client_i_dn} {tls_client_serial}
//	{tls_client_fingerprint} {tls_client_v_start} {tls_client_v_end}
//	{tls_client_v_remain} {tls_client_escaped_cert} {tls_client_raw_cert}
//	                                    of a client's certificate: subject, issuer,
//	                                    number and SHA-256 in hexadecimal, validity,
//	                                    days left, PEM, DER
//
// Of the request as it is now:
//
//	{rewrite_path} {rewrite_query} {rewrite_uri}
//	{rewrite_path_escaped} {rewrite_query_escaped} {rewrite_uri_escaped}
//	{dir} {file}                        /a/ and b of /a/b
//	{?name}                             an argument of the query
//
// Of what layers noted, see [middleware.Note]:
//
//	{user} {request_id} {aborted}
//	{upstream} {upstream_status}        10.0.0.1:8080, 200: of the last attempt
//	{upstream_latency} {upstream_latency_ms}
//	                                    12.3ms, 12: until its answer began
//	{upstream_attempts}                 1
//
// Of the response, once it is known:
//
//	{status} {size}                     200, bytes of body
//	{latency} {latency_ms}              12.3ms, 12
//	{<Name}                             a header field
//
// Of the moment and the machine:
//
//	{when}                              02/Jan/2006:15:04:05 -0700
//	{when_iso} {when_iso_local}         2006-01-02T22:04:05Z, 2006-01-02T15:04:05
//	{when_unix} {when_unix_ms}          seconds and milliseconds since 1970
//	{hostname}                          the server's own
//
// This is Caddy 1.0.5's list but for {request_body}, since a body is its
// handler's to read and no log's to keep, and {mitm}, since what it told of the
// browsers of 2017 is true of none today.
//
// A name that is not known stays as it stands, braces and all: see
// [Template.Lint]. A value that is not known is "-" in a log and empty elsewhere.
// \{ and \} are plain braces. In a log {uri} is what stood in the request line, to
// the letter; elsewhere, as in a redirect, it begins with the path even if the
// client sent a whole URL.
package placeholder
