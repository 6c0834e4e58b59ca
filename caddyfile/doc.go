// Package caddyfile turns a Caddyfile into a server, or into handlers for a
// server of your own.
//
//	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: standard.Vocabulary()})
//	if err != nil {
//		log.Fatal(err) // every mistake, with its place
//	}
//	if err := server.Serve(ctx); err != nil { // nil if it was ctx that ended it
//		log.Fatal(err)
//	}
//
// # The language
//
// A Caddyfile names sites and says, in directives, what becomes of requests for
// them. It is the language of Caddy 0.7.1 with what Caddy 1.0.5 added to it.
//
//	example.com, www.example.com {
//		root /var/www/example
//		log  access.log {
//			rotate_size 50
//		}
//	}
//
// An address is [SCHEME://]HOST[:PORT][/PATH], of which any part but one may be
// missing: without a host it is for every host, without a port for 80 or 443, if
// the scheme says so, or else 2015. A file of one site needs no braces.
//
// Words are separated by white space. Those in "double quotes" or `backquotes`
// may contain any; within double quotes \" is a quote. A word <<END begins a text
// that goes on to a line of END alone. A line goes on after a backslash at its
// end. Comments begin with # at the start of a word. A brace is one only if it
// stands alone and unquoted.
//
// {$NAME} stands for a variable of the environment, {$NAME:text} has a default,
// and {$NAME?} must be set; {%NAME%} is {$NAME}, too. They are put in place within
// words and once: what a variable contains is never read as syntax. Only a word
// that is {$NAME*} becomes as many as the variable has.
//
//	import FILE|PATTERN|SNIPPET [ARGUMENT...]
//
// brings in other files, relative to the file it stands in, or a snippet, which
// is a block called (SNIPPET) beside the sites. Arguments are {args[0]},
// {args[1:]} or {args[:]} there, and a block given to import is {block}. A block
// NAME in that block is {blocks.NAME}.
//
// Two more things are parsed so that they can be refused with a good reason: the
// global options of Caddy 2, which are a block before all sites, and its named
// routes, which are blocks called &(NAME).
//
// What a Caddyfile can make the program spend is bounded, see [Limits].
//
// For programs that work on Caddyfiles, [Format] lays one out as usual, which changes
// nothing of what it says; [ToJSON] and [FromJSON] know the JSON that Caddy 1.0.5 has
// for it; and a [File] is JSON, too, with all that Caddy 2's grammar can say and the
// places of it. [ParseConfig].Unexpanded leaves its imports and placeholders in place.
//
// # Sites
//
// Sites share ports. A request goes to the site with its very host, or else to
// one with a * in place of part of a label, of a label, of several, or to the
// one without a host; among those to the one with the longest path that it is
// within, as a whole segment unless the path ends in a *. Case matters in a path,
// not in a host. A request for none of them is answered 404, or 421 over TLS.
//
// Connections with TLS are made as the site demands whose name the client asks for,
// found by the same rules, or else fail with the alert unrecognized_name. So no
// client is shown the certificate of another site. Where a site demands that
// clients have certificates, requests for other hosts than the connection was made
// for are answered 421. An address of https, or port 443, needs a site with TLS; a
// site that has it, and gets certificates by itself, is on 443 if its address names
// neither port nor scheme, while all that is asked of it on port 80 is redirected.
//
// Sites named localhost, or by an address, are listened for there only; the
// others everywhere, unless the directive bind says otherwise.
//
// # Reload
//
// [Server.Reload] puts another File in the place of the one there is, and
// [Server.Watch] does so whenever files change. Sites whose addresses and lines are the
// same are left alone: their connections, WebSockets, pools, open logs and what they know
// of their backends. Addresses that are still listened on never stop being so. What
// others had begun they finish, within [Config].Drain. If anything is wrong, all stays
// as it was.
//
//	file, err := caddyfile.ParseFile("Caddyfile", caddyfile.ParseConfig{})
//	if err != nil {
//		return err
//	}
//	report, err := server.Reload(ctx, file) // what was kept, changed, added and removed
//
// Sockets may come from elsewhere, see [Config].Listeners, and [Inherited] for those of
// systemd.
//
// # Directives
//
// This package knows no directive: a [Vocabulary] does, and says in which order
// requests meet the layers that directives become. Package standard has the
// usual one. A program adds a directive of its own with [Vocabulary.Before] or
// [Vocabulary.After]; package directive has what it takes to write one.
//
// Nothing in a Caddyfile is ignored: an unknown directive, an argument too many
// or a property misspelt is an error, and all errors are reported at once.
//
// What is allowed but hardly meant is a warning, see [File]: an import of a
// pattern that no file has; a {$NAME} that is not set, while {$NAME:} need not be;
// and arguments without quotes that end in a comma or a semicolon, or are a $NAME,
// ${NAME} or ~/FILE, as a shell knows them. [Load] and [Build] log warnings, if
// there is no error; an error at such a word mentions what is odd about it. Directives
// warn of more, such as a redirect that is never reached, and [Lint] of what is valid
// but not meant.
package caddyfile
