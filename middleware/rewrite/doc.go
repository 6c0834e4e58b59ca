// Package rewrite answers requests for one URL as if they were for another.
//
//	front := rewrite.New(rewrite.Config{
//		Files: files, // a static.Config
//		Rules: []rewrite.Rule{{To: []string{"{path}", "{path}/", "/index.php?{query}"}}},
//	})
//	http.ListenAndServe(addr, middleware.Wrap(app, front))
//
// The first rule that is for a request counts. Of its destinations the first that
// exists is taken, or else the last, which is not looked for: one that ends in a
// slash exists if it is a folder, any other if it is a file. Handlers further in see
// the destination in URL and RequestURI; the log, and whoever asks
// [middleware.OriginalURL], see what the client asked for.
//
// # Destinations
//
// A destination is a path and, after a question mark, a query, which takes the
// place of that of the request; without a question mark the query stays. Both may
// have placeholders, see package placeholder, but {path}, {query} and {uri} are
// those of the request as it comes to this layer: relative to the site if that is
// below a path. {1} to {9} are the groups of the rule's pattern, {0} is all that
// it matched.
//
// What a client sends is filled in as text and never read as a part of a URL: a
// question mark in a path, escaped as it must be, begins no query, and what gets
// into a query is escaped as one argument, unless it is {query}. The path that
// results is cleaned of dots and doubled slashes, but keeps a slash at its end, and
// so stays within the site.
//
// A file exists if package static would serve it: one that is hidden, or outside of
// the site's root, makes no difference to what a client is answered.
//
// # Guards
//
// Layers further in see the destination, as in Caddy. A password that package
// basicauth asks for, by the path that was asked for or by the one it was rewritten
// to, is asked for either way; a guard that looks at nothing but the URL it sees has
// to stand further out, or to look by [middleware.Path.ProtectsAny].
//
// In a Caddyfile:
//
//	rewrite from to...
//	rewrite [base] {
//		r|regexp pattern
//		ext extension...
//		if a operator b
//		if_op and|or
//		to destination...
//	}
//
// From is the whole path of a request, decoded and clean; lines with one are tried
// before all that have a block. Base is what paths begin with, by default /. The
// pattern, of package regexp and up to 4 KiB long, is looked for in what comes
// after it; where that begins at the slash that base ends in, first without this
// slash, as in Caddy 0.7.1, and then with it, as in Caddy 1.0.5. Extensions have
// dots: .html; / is a path without one, and ! in front of one excludes it. If any
// is not excluded, the path has to have one of those. Conditions are those of
// package condition. What is not given is no condition; only to has to be.
package rewrite
