// Package redirect sends clients elsewhere.
//
//	moved := redirect.New(redirect.Config{Rules: []redirect.Rule{
//		{From: "/old", To: "/new"},
//		{To: "https://example.com", Status: 308},
//	}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, moved))
//
// The first rule that is for a request counts. Its From is a path, to which the
// path of the request, as it is by then, has to be equal once it is decoded and
// free of dots and doubled slashes; / is every path. Its To may have placeholders,
// see package placeholder, whose values are escaped; one without, of a rule for
// every path, has the path and the query of the request appended.
//
// A client cannot choose the host it is sent to: a path that begins with two
// slashes, as in a request for //evil.example/, gets but one where it would be
// taken for a host. In a Caddyfile a To in which the client would write the host,
// as in {?next} or https://example.com{>X-Path}, is an error; a program has to
// see to that itself.
//
// In a Caddyfile:
//
//	redir to [code]
//	redir from to [code]
//	redir [from] to [code] {
//		if a operator b
//		if_op and|or
//	}
//	redir [code] {
//		from to [code]
//		if a operator b
//		if_op and|or
//	}
//
// The code is 301 unless given: 300 to 308 but for 306, which is not used any more
// (RFC 9110, section 15.4.7), or meta, which answers with a page of HTML that
// sends its reader on. Two words are from and to unless the second is a code.
// Conditions are those of package condition. To is a URL with its scheme and host,
// or a path that begins with a slash.
//
// It is an error if it can be seen that a redirect would never end, or that a rule
// is never reached because an earlier one is for the same path.
package redirect
