// Package markdown serves files of Markdown as the pages they stand for.
//
//	files := static.Config{Root: middleware.NewRoot("public")}
//	http.ListenAndServe(addr, middleware.Wrap(mux,
//		markdown.New(markdown.Config{Pages: page.Config{Files: files}}),
//		static.New(files)))
//
// It belongs in front of package static, which serves the other files, and shares
// its Config: what is hidden there is no page, and cannot be included. A file is a
// page by its extension, .md, .markdown or .mdown unless others are given, and index.md
// is that of its folder, asked for with the slash at its end. Whatever is no page,
// and whatever is neither GET nor HEAD, is up to the next handler.
//
// # Markdown
//
// It is CommonMark with what readers of GitHub know: tables, strikethrough, task lists,
// footnotes, and links that are only written out. Headings have ids. HTML in a text
// is left out, and so is a link that would run a script; with RawHTML neither is, for
// texts that are all one's own. [Render] is the same for a text that may be anybody's.
//
// A text of more than 1 MiB is an error, as is one with more than 100 quotes and lists in
// one another, 200 links without a blank between, or 200,000 cells in its tables: these
// would take minutes, or gigabytes, and rendering cannot be interrupted.
//
// # Front matter
//
// A text may begin with what is said about it: YAML between lines of ---, TOML between
// lines of +++, or an object of JSON.
//
//	---
//	title: Onions
//	template: article
//	author: Allium
//	variables:
//	  layers: 8
//	---
//
// The template is the name of one of Templates, or of a file that TemplateDir
// matches. Without a title it is the first heading, or the file's name. All keys, and
// those in variables, are for the template. Front matter is 64 KiB at most, and YAML has
// no aliases, of which a few lines can stand for gigabytes. What is wrong with it is an
// error, but for lines of dashes that none follows: these are rules.
//
// # Pages
//
// The built-in page has the title, the author, description and so on, the Styles and
// Scripts, and the text. It depends on nothing else, so it is made once for a file,
// until that changes, and has an ETag. A template is a file below the root that is
// executed for each request, as package page describes, so that its pages have no ETag.
// Its dot has the methods of a [page.Context] and the keys of the front matter, as in
// Caddy 0.7.1, and besides
//
//	.markdown          the HTML of the text
//	.Doc               the front matter, with title and body, which is .markdown
//	.Meta              its author, copyright, description and subject
//	.Styles, .Scripts  URLs
//	.Files             what is in the folder that the page is the index of
//
// of which all but the first are those of Caddy 1.0.5. What .Files has are an
// [io/fs.FileInfo] each, and {{.Summarize 50}} is the first words of one that is
// Markdown. With the name of a folder .Files is that of [page.Context].
//
// The type of a page is text/html; charset=utf-8, unless one is set further out.
// An error is answered 500, and is for the log: nothing of the page is sent. That is
// so for a template that is missing, too.
//
// Markdown is rendered once, until its file changes: what is remembered is bounded as
// in package page. Nothing is shared between requests but what does not change.
//
// # Generated pages
//
// [Generate] writes all pages to files, for other servers, or to spare the templates
// their work. It deletes nothing that it did not make. Pages by a template are then
// sent from there, as long as neither the template nor the Markdown changes; what the
// template includes, and what it was told of the request, is as it was then.
//
// # In a Caddyfile
//
//	markdown [path] {
//		ext         ext...
//		css         url...
//		js          url...
//		template    [name] file
//		templatedir pattern
//		text
//		raw_html
//		env         name...
//		sitegen     [folder]        generated_site unless given
//	}
//
// The path is / unless given, and a prefix. The files of template, the pattern of
// templatedir and the folder of sitegen are below the site's root. Css, js and
// template may be repeated; the template without a name is for all pages that name
// none. With text it is text/template that executes templates, as in Caddy 0.7.1; it
// is html/template otherwise. Pages are generated when the site starts, and the folder
// is not served by its name. Of several lines the first whose path and extension fit
// is for a page.
package markdown
