// Package websocket gives each WebSocket a program of its own, as inetd does for
// sockets: what the client sends is the program's standard input, what it prints
// goes to the client. The protocol is that of coder/websocket.
//
//	mux.Handle("/echo", middleware.AppHandler(websocket.NewHandler(next, websocket.Config{
//		Command: []string{"cat"},
//	}).ServeHTTP))
//
// Requests that ask for no WebSocket go on to the next handler, which may have the
// page that opens one at the same address; so do those over HTTP/2 and 3.
//
// The program is run for a request that is in order (RFC 6455, section 4.2.1), from
// an allowed origin, while there are fewer than MaxConnections: else the answer is
// 400, 426, 403 or 503. Browsers let any page open WebSockets to any host and send
// cookies along (cross-site WebSocket hijacking), so the origin has to be the host of
// the request itself, by https if the request is, unless Origins has others. Who sends
// no Origin is no browser.
//
// When the program ends so does the WebSocket, with status 1000 or, if it failed,
// 1011; when the client closes it, or no longer answers pings, the program's input
// ends, it and what it has started are asked to end, and 300 ms later killed, see
// [command.New]. Of what it does not read, as much as bufsize is kept for it; beyond
// that nothing is seen of its client, who is then taken not to answer. What it has
// printed by its end is sent, however slow the client is who answers pings.
//
// The program knows of the request by the variables of CGI (RFC 3875), such as
// QUERY_STRING, REMOTE_ADDR and, for each header field, HTTP_NAME. It gets PATH, and
// on Windows what programs cannot do without, but nothing else of this program's
// environment. There is no HTTP_PROXY (CVE-2016-5385), no HTTP_AUTHORIZATION, and
// none for fields whose names have a "_".
//
// In a Caddyfile, provided that its site may run commands
// ([directive.Site.AllowExec]):
//
//	websocket [PATH] COMMAND {
//		type            lines|text|binary
//		bufsize         SIZE
//		origins         HOST...
//		max_connections NUMBER
//		ping            DURATION
//		env             NAME VALUE
//		respawn
//	}
//
// The path is / unless given, and is taken for whole segments. The command is one
// word, which is split as by [command.Split]; or several. Of type lines, which is
// the default, a message from the client is a line of input, and a line of output is
// a message to the client. Of the others there are no lines: input is what messages
// contain, and output is sent as it comes, as text or not. A bufsize, 64KB by default,
// is as much as a message, a line or a piece may have. The numbers of connections at
// once, 100 by default, and the interval of pings, 30s, are for each line. Respawn
// is accepted, and does nothing, as in Caddy 0.7.1.
package websocket
