// Package errorpages answers what failed with pages of the site's own, and keeps
// a handler's panic from taking the connection with it.
//
//	pages := errorpages.New(errorpages.Config{
//		Root:    middleware.NewRoot("/srv/site"),
//		Pages:   map[int]string{404: "404.html"},
//		Default: "sorry.html",
//	})
//	http.ListenAndServe(addr, middleware.Wrap(mux, log, pages))
//
// It settles a failure, a status from 400 to 599 or an error, before a response
// has begun: it writes the page of the status, or else the [Config.Default] one, or
// else what [middleware.Error] would write, and logs the error. To layers further
// out that is a complete response like any other, so that their logs tell its size.
// An [middleware.AppHandler] further in, behind a router for example, is an edge that
// settles its own failures: it does so with these pages. What a handler writes itself
// stands, and so does what http.NotFound or a router's own 404 does: give the router
// an AppHandler that returns 404 for what it does not know.
//
// What failed after a response has begun it leaves to the edge, which cuts the
// response off; a page never follows half a response.
//
// A panic is answered with the page of status 500, or by cutting off what has begun,
// and logged together with its stack. [http.ErrAbortHandler] is nobody's failure and
// let through.
//
// A page is read anew each time it is needed, through [middleware.RootOf], so that
// it belongs to the release of the site that the request is served from, or from the
// [Config.FS], which may be an embed.FS. One that
// is not a regular file of at most [MaxPageSize] bytes is replaced by plain text,
// and the log told, at most once a second. Its type follows from the extension of
// its name, and is text/html; charset=utf-8 where that says nothing.
//
// In a Caddyfile:
//
//	errors [file | visible] {
//		log    file
//		code   page
//		*      page
//		rotate_size megabytes    # see package logfile, with four more of these
//	}
//
// The code is a status from 400 to 599, and * stands for all that have no page of
// their own; pages are named below the site's root. One that is missing when the
// site starts is worth a warning, for it may come with a deployment.
//
// Errors are logged to the file, which may also be stdout or stderr; it is error.log
// in the working directory, as in Caddy 0.7.1, if the directive is given without one.
// A site without the directive has plain pages, and its errors are logged to where
// the server's own messages go.
//
// With visible, which is for development, an error's text or a panic's stack is shown
// to the client, and errors are logged to where the server's messages go unless there
// is a file to log to.
package errorpages
