// Package templates executes the pages of a site that are templates, so that they
// can include one another and say who asked for what.
//
//	files := static.Config{Root: middleware.NewRoot("public")}
//	http.ListenAndServe(addr, middleware.Wrap(mux,
//		templates.New(templates.Config{Pages: page.Config{Files: files}}),
//		static.New(files)))
//
// It belongs in front of package static, which serves the other files, and shares
// its Config: what is hidden there is no page, and cannot be included. As in Caddy
// 0.7.1 it is files that are executed, not the responses of other handlers.
//
// # What is a page
//
// A file with one of the Extensions: .html, .htm, .tmpl, .tpl and .txt unless given.
// A folder, asked for with the slash at its end, stands for its index page if
// that is one, or else for the first of index.html, index.htm and so on that there
// is. Case is ignored in extensions and in Path, since what is no page here is served
// with its actions in it. Whatever is no page, and whatever is neither GET nor HEAD,
// is up to the next handler.
//
// What a page can do is in package page: the dot of its actions is a [page.Context],
// of which {{.Include "footer.html"}} is a part of the page. html/template is
// what executes pages, so that {{.Header "User-Agent"}} does no harm; for .txt, and the
// extensions that Text names, it is text/template, as it was for all of them in Caddy
// 0.7.1. There whatever a client sends, and a page shows, can be a script.
//
// # What is sent
//
// The type of a page is that of its extension, and HTML for one that means nothing, as
// .tmpl and .tpl do. A Content-Type set further out is left alone (caddy#2707).
// All pages are nosniff, so that no browser takes text for HTML.
//
// A page has neither an ETag nor a Last-Modified: it may depend on the request,
// the clock and other files. So there are no conditional requests, and no ranges.
//
// A page with a mistake in it is answered 500, and so is one that includes what is
// missing (caddy#581), runs in circles or is too large: the error is for the log, and
// nothing of the page is sent.
//
// # In a Caddyfile
//
//	templates [path [ext...]] {
//		path    path
//		ext     ext...
//		between left right
//		text    [ext...]
//		env     name...
//		limit   size [duration]     16MB and 10s unless given
//	}
//
// The path is / unless given, and a prefix. Text without extensions is for
// all of them. The environment variables are those that .Env has. Of several lines
// the first whose path and extension fit is for a page.
package templates
