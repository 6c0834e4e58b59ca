// Package accept reads what a client says it wants: Accept-Encoding and Accept,
// as RFC 9110, sections 12.4 and 12.5, has them.
//
//	coding, ok := accept.EncodingsOf(r.Header).Choose("zstd", "br", "gzip")
//
// The client's weights decide; where it likes two offers equally well, the
// server's order does. Nothing is parsed ahead and nothing allocated: an
// [Encodings] or a [Types] is the field lines themselves.
//
// Field lines are joined, names are compared without regard to case, and what
// cannot be understood is skipped: an element without a name, or one whose
// weight is not a number from 0 to 1. Of two elements that speak of the same
// thing the first counts. A weight may have more than three decimals, or none
// before its point, as in the q=.2 that Java sends.
//
// Whoever chooses by a request's field must say so, whatever was chosen, and
// [Vary] does.
package accept
