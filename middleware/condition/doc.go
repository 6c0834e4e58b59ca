// Package condition says for which requests a redirect or a rewrite is meant, as
// Caddy 1.0.5 does:
//
//	if A operator B
//	if_op and|or
//
// A and B are texts with placeholders, see package placeholder. Of several
// conditions all have to hold unless if_op says or. The operators are
//
//	is            A is B, to the letter
//	not           A is not B
//	has           B is a part of A
//	starts_with   A begins with B
//	ends_with     A ends with B
//	match         A has a part that is of the pattern B
//
// and each of them with not_ in front, such as not_has. A pattern is a regular
// expression of package regexp, whose time is linear in the length of A. It is
// compiled once, so that it has no placeholders: what a client sends is never
// taken for a part of it. It may be up to 4 KiB long.
//
// It is no layer but what two layers, redirect and rewrite, have in common: to the
// user of a Caddyfile it is one language, of which two copies would become
// dialects.
package condition
