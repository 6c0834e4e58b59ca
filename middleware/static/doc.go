// Package static serves files, and leaves what is no file to the next handler.
//
//	public := static.New(static.Config{Root: middleware.NewRoot("public")})
//	http.ListenAndServe(addr, middleware.Wrap(mux, public))
//
// Where nothing else is to answer, the chain ends in middleware.Status(404).
//
// # What is a file
//
// Nothing outside the root is ever served: every name is opened through an
// [os.Root]. Links inside are followed to where they lead, absolute ones too,
// unless Symlinks says otherwise. Neither what Hide hides, nor files such as
// .git and .env (see [Dotfiles]), nor what is no regular file exists, by
// whichever name or link it is asked for; that goes for index pages and
// siblings as well. What does not exist is up to the next handler, so that the
// client cannot tell the one from the other.
//
// Paths are cleaned: /a/../b and //b are /b. A path with a NUL is answered 400.
// On Windows a path does not exist if it has a backslash, a colon, a short name
// such as GIT~1, the name of a device, or an element that ends in a dot or blank.
//
// A folder stands for the first of the Index files in it. The one name a file
// has does not end in a slash and that of a folder does: the others are
// redirected there, with status 301 as in Caddy 0.7.1, and the query kept. A
// folder without index page is redirected only if the next handler returns 404,
// since it may be a route. Where a layer further out has changed the path, the
// redirect is relative to what the client asked for, and left out if that does
// not end in the same element, since it would lead astray or in circles.
//
// Requests other than GET and HEAD for a file are answered 405, OPTIONS
// included, as by nginx and Caddy.
//
// # What is sent
//
// The type is that of the file's extension, by a table of this package's own
// (see [TypeOf]), so that it does not depend on the machine. Unknown extensions
// are application/octet-stream and nosniff: guessing from the contents would let
// whoever may upload a picture publish a page. A Content-Type set further out
// is left alone.
//
// The ETag is strong and made of the modification time, in nanoseconds, and the
// size. There is neither an ETag nor a Last-Modified for times of 0 and 1
// second, as reproducible builds have them (caddy#5548, caddy#7730). Files of an
// [fs.FS] that have no time at all, as those of an embed.FS, have a hash.
//
// Preconditions are those of RFC 9110, section 13. Ranges are served for GET,
// as section 14.2 demands: up to 16, merged where they overlap, and none if they
// add up to more than the file. A Range that makes no sense, or that is outside
// the file, is answered 416, here and not by an error page, which would not
// repeat the Content-Range.
//
// What is larger than 8 KiB goes to the connection by sendfile(2) where there is
// one, and what is smaller in one piece with the header. A file that turns out
// to be shorter than it was, or cannot be read to its end, is cut off.
//
// # Siblings
//
// A file that has been compressed ahead is sent in place of the original to
// clients that accept its coding: app.js.br, app.js.zst or app.js.gz for app.js.
// It has its own ETag, length and ranges, and the original's type. It must not
// be older than the original. A .zst must not need a window of more than 8 MiB,
// which browsers do not grant (RFC 9659). Several ranges of a sibling are answered
// with all of it: a body of several parts with a Content-Encoding could be read
// in two ways.
//
// Siblings are looked for unless the type is one that is compressed already, as
// most images are. All responses for which they are looked for say
// Vary: Accept-Encoding, whether or not there are any. Asked for by its own name
// app.js.gz is application/gzip.
//
// # What is remembered
//
// For up to a second it is taken for granted that a name that led through no
// link, or through certain links, still does, and that a sibling that was
// missing or unfit still is. Who may put a link in the place of a folder can have
// what is hidden, or beyond a link, served for that long; never what is outside of
// the root. That a file is new, modified, replaced or gone is
// noticed at once, as is a link whose target is gone. Nothing else is kept: every
// response is read from the file anew.
//
// # In a Caddyfile
//
// Every site ends in this layer, so a line is only needed to configure it:
//
//	static {
//		symlinks inside|deny|follow
//		dotfiles guard|deny|allow
//		hide     pattern...
//		siblings off|coding...
//	}
//
// A pattern is one of [path.Match]; case is ignored. It hides the files and
// folders so named, and their siblings, wherever they are, or, if it has a slash,
// the one at that place below the root. The codings are br, zstd and gzip unless given. The root and the
// index files are those of the site, and what it hides, such as its logs, is
// hidden.
package static
