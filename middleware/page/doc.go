// Package page executes the templates among a site's files. It is what packages
// templates and markdown have in common: what a page may see of its request, what
// it may include, and how much of the machine it may take.
//
//	engine := page.NewEngine(page.Config{Files: static.Config{Root: middleware.NewRoot("public")}})
//	visit := engine.Visit(w, r)
//	t, err := visit.Load("index.html")
//	text, err := visit.Execute(t, nil)
//
// It imports package static, whose Files know which of a site's files there are
// for clients: what static would not serve cannot be included either.
//
// # What a page sees
//
// The dot is a [Context], whose methods are those of Caddy 0.7.1 and 1.0.5. Its
// names of files are relative to the site's root, wherever the page is, and cannot
// lead out of it. One request sees one state of the site, see [middleware.RootOf].
// The environment is not seen, but for the variables that Env names.
//
// A page is executed by package html/template, which escapes what is put into it as
// its place demands, or, in a [Visit] that is Text, by text/template, which escapes
// nothing. What is included, is in the same way: it is part of the page.
//
// # What it may take
//
// A page may be 16 MiB, take 10 seconds, and include others that include others 16
// deep. What is more is an error, and so is the file that is missing. An error
// leaves nothing of the page: it is made in memory first.
//
// The time is looked at in every turn of a loop, with every template that calls
// another, and with every piece of text, so that a page that runs in circles ends. What
// cannot be stopped is the parsing of a file, and what makes HTML of Markdown: they are
// limited by the size of the file, and to 100,000 actions. What print, printf, println
// and js return is limited like the page, and so is every list, with all that is in it;
// how much of it a page keeps in variables meanwhile is not counted.
//
// # What is remembered
//
// A file is parsed once, until its time, size or identity changes; what has changed
// within the last two seconds is parsed each time, since the next change might show
// in none of them. Up to 1000 files are remembered, of 64 MiB together. No two
// executions share a template, so that includes of includes are free of races
// (caddy#4721).
package page
