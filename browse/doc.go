// Package browse lists folders that have no index page, for people and for
// programs.
//
//	files := static.Config{Root: middleware.NewRoot("public")}
//	http.ListenAndServe(addr, middleware.Wrap(mux,
//		browse.New(browse.Config{Files: files}),
//		static.New(files)))
//
// It belongs in front of package static, which serves the files, and shares its
// Config: what does not exist for the one does not for the other, and links lead
// as far for both. Folders with an index page, and whatever is no folder, are left
// to the next handler. A folder asked for without the slash at its end is
// redirected, to nowhere but the same site. Methods other than GET and HEAD are for
// the next handler, too; where that has nothing they are answered 405.
//
// A folder comes before a route of the same name: the root, which is always there,
// before GET /{$}. To have the files in one part of the site, and routes in the
// rest, set Path, or say which requests the files are for:
//
//	files := middleware.Chain(browse.New(listings), static.New(listings.Files))
//	middleware.Wrap(mux, middleware.When(middleware.Path("/files/").Match, files))
//	mux.Handle("/files/", http.StripPrefix("/files", middleware.Wrap(http.NotFoundHandler(), files)))
//
// The second has the folder files, below the root, at /files/; the third has the
// root there. Parts of a site that are to be listed in different ways are put
// together by [Join].
//
// # What is listed
//
// All of it, however much there is, by pages of 1,000 entries unless the client
// says otherwise. To show one, the names in the folder are read but nothing else
// is: only what is on the page is looked at, unless it is to be sorted by what has
// to be looked at. Names are remembered until the folder changes, for a bounded
// number of folders.
//
// Links that lead nowhere, or where they must not, are left out, and so are pipes,
// sockets and devices. Entries whose name begins with a dot are left out unless
// ShowDotfiles is set, and so is what Unlist says; unlike what Files hides, both
// can be reached by who knows the name. What is hidden for what it is, not by its
// name, is found out when it is looked at: a page can be shorter by that many.
//
// What a listing would not show, a search does not find, and an archive has not.
// Neither goes into a folder with an index page, for which there is no listing, and
// neither goes through a link to a folder. But they know nothing of the layers
// further out: what these keep from clients by its path, as basicauth does, can be
// found and downloaded from a folder above it, unless Files hides it, Unlist says
// so, or Path ends before it.
//
// # What can be asked for
//
//	sort     namedirfirst, name, size, time or ext
//	order    asc or desc
//	limit    entries on a page: of HTML 10,000 at most, in the other formats any
//	         number
//	offset   entries before it
//	q        names that contain this, of any case: in this folder or, if Search
//	         is set, in all below it
//	layout   list, grid or compact, of the page
//	format   html, json, json1, ndjson or text, whatever the Accept field says
//	archive  zip, tar, tar.gz or what else there is, see Archives
//
// What makes no sense is ignored, but for a format (400) or an archive (404) that
// there is not. How to sort and to lay out is remembered in a cookie called browse.
// Every listing says how many entries there are in X-Total-Count, and where the
// other pages are in Link fields (RFC 8288).
//
// An archive is called what its folder is, and that of the root files. One that
// would be larger than ArchiveBytes, or have more than ArchiveEntries, is refused
// before it begins: 403, with a line of text that says what the limits are. One that
// takes longer than ArchiveTime is cut off.
//
// Names are sorted without regard to case and accents, and by the value of the
// numbers in them: file 9 comes before file 10. A folder has no size; by size
// folders come first.
//
// # Formats
//
// The client's Accept field chooses, with its weights:
//
//   - text/html is a page that needs no script; of a script it has a filter that
//     does not ask the server, and local times. At most 10,000 entries are on one.
//   - application/json is an object, of a page of 1,000 entries unless there is a
//     limit:
//     {"path", "total", "folders", "files", "offset", "limit", "sort", "order",
//     "truncated", "items": [{"name", "url", "folder", "size", "modified",
//     "link", "target"}]}.
//   - application/x-ndjson is such items, one on a line, of all entries unless
//     there is a limit. It is sent as it is made.
//   - text/plain is their URLs, one on a line, of all entries unless there is a
//     limit.
//
// The format json1 is the array that Caddy 1.0.5 had. Sizes are bytes, times UTC
// as of RFC 3339. A url is relative to the folder and leads there whatever the name
// is; a name is what can be read of it: what is no UTF-8 is replaced.
//
// Up to 10,000 entries a response has a weak ETag, of all that it is made from,
// and a Content-Length. It has a Last-Modified only if that tells as much: not within
// two seconds of a change, nor for a search, by size or time, after a choice that is in
// the cookie, or with a template of one's own; nor for what the Accept field chose other
// than HTML. What is more is sent as it is made.
//
// # Safety
//
// A page runs nothing but its own script, and loads nothing from elsewhere: its
// Content-Security-Policy has a nonce. Names cannot become markup, and control
// characters in them, and those that change the direction of text, are shown by
// their numbers. An archive has what a listing would have, never a path that leads
// out of where it is unpacked, for which a backslash or colon is escaped as in a URL,
// and its size is known to be within the limits before it begins.
//
// Up to four searches are under way at a time, and others wait as long as one may
// take; of archives sixteen. What is too much is answered 503.
//
// # In a Caddyfile
//
//	browse [path [template]]
//	browse [path] {
//		template  file
//		sort      namedirfirst|name|size|time|ext [asc|desc]
//		layout    list|grid|compact
//		page      entries                   from 1 to 10000
//		unlist    pattern...
//		dotfiles
//		targets
//		si
//		search    [duration [entries]]      2s and 100000 unless given
//		readme
//		sandbox
//		thumbnails size
//		archives  zip|tar|tar.gz|tar.zst...
//		archive_limit size [entries [time]] 4GB, 50000 and 2h unless given
//	}
//
// The path is of whole segments; without one it is /. The template is a file of
// package html/template, see [Template]. Dotfiles has those listed that may be
// served, targets shows where links lead, si has sizes in kB instead of KiB, sandbox
// is for folders that others may put files in, see [Config]. A
// pattern is one of [path.Match] for the last element of names; case is ignored.
// What static hides in the site, and its dotfiles and symlinks, count here, too.
// Without search only names in the folder itself are looked for, and without archives
// there are none. Of several lines the one with the longest path is for a folder,
// whatever their order, as for [Join]; what the line for a wider path says does not
// count there, nor does it for searches and archives that begin further up.
package browse
