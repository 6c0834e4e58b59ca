// Package extensions has URLs do without the extensions of files: /about leads to
// about.html.
//
//	files := static.Config{Root: middleware.NewRoot("public")}
//	http.ListenAndServe(addr, middleware.Wrap(http.NotFoundHandler(),
//		extensions.New(extensions.Config{Files: files, Extensions: []string{".html"}}),
//		static.New(files)))
//
// If the last element of a path has no extension, the first file that exists with
// one of the given ones appended takes its place, for the handlers further in, as
// [middleware.Rewrite] says. The query stays. A path that ends in a slash is that
// of a folder and left alone (caddy#173), and so is one that is a file's with an
// extension already.
//
// A file exists if package static would serve it: one that is hidden, or outside
// of the site's root, makes no difference to what a client is answered. Layers
// further in see the path with its extension; package basicauth looks at both.
//
// In a Caddyfile:
//
//	ext extension...
//
// The extensions of several lines are tried in the order in which they are given.
package extensions
