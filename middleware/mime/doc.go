// Package mime says of what type files are, by the ends of their names.
//
//	types := mime.New(mime.Config{Types: map[string]string{".wad": "application/x-doom"}})
//	http.ListenAndServe(addr, middleware.Wrap(files, types))
//
// The extension is that of the request's path, whatever letters it is in: from a dot
// of its last element to the end, of which the longest that has a type counts, as
// .tar.gz before .gz. A folder has none, whichever of its files is sent.
//
// The Content-Type is set before the next handler is asked. Package static leaves it
// as it is; a handler that knows better sets another, as one does that passes on what
// a backend has answered, and an error page has that of the page. It is taken back if
// the next handler returns a status and no response.
//
// In a Caddyfile, as often as there are types:
//
//	mime .ext type
//	mime {
//		.ext type
//	}
package mime
