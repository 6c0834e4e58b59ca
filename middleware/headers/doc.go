// Package headers sets, adds and deletes fields of the header of responses.
//
//	hsts := headers.New(headers.Config{Rules: []headers.Rule{{
//		Path:   "/",
//		Fields: []headers.Field{headers.Set("Strict-Transport-Security", "max-age=31536000")},
//	}}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, hsts))
//
// It is done when the request comes, so that whoever answers it instead of the
// next handler, as a page for an error does, has the fields too; again when the
// response begins, so that what came from elsewhere, as from a proxied server, is
// replaced or deleted; and once more if the next handler returned without an
// answer, in whose place somebody else writes one. An informational response
// (1xx) has what was done when the request came.
//
// A rule is for the paths that begin with its own, as in Caddy 0.7.1, which are
// those the client asked for, and all rules that are for a request are applied in
// their order. Of a field that is set twice the last value stays, and a value is
// added only if the field does not have it.
//
// Values may have placeholders, see package placeholder. What there is of control
// characters in what a client sent is left out of them, so that nobody ends the
// line of a field but the server. {status}, and {<Field} of what the next handler
// set, are known from the second time on.
//
// In a Caddyfile:
//
//	header path [+]name value
//	header path -name
//	header path {
//		[+]name value
//		-name
//	}
//
// A + before the name adds a value to those that the field has, and a - deletes
// the field. Lines of the same path are one rule, which has the place of the first.
// A block that is on one line may hold several fields.
package headers
