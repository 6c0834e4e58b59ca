// Package standard is the usual vocabulary of a Caddyfile: every directive of
// this module, in the order in which requests meet them.
//
//	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: standard.Vocabulary()})
//
// Besides the layers, each described by its own package, it has directives that
// say something of the site itself:
//
//	root DIR
//	index NAME...
//	bind HOST...
//	timeouts DURATION|none
//	timeouts {
//		read|header|write|idle DURATION|none
//	}
//	trusted_proxies NETWORK...
//	h2c
//
// Root is the folder a site is served from, by default the working directory.
// Index names the files that stand for their folder, by default index.html,
// index.htm, default.html and default.htm. Bind is where to listen: by default
// at the address of a site that is named by one, at the machine's own for
// localhost, else everywhere. Timeouts are those of [net/http.Server]: by default
// 10s for a header, 5m for an idle connection and none for bodies; 0 is none as
// well. The proxies trusted are those whose X-Forwarded-For is believed, see
// [middleware.ClientIP]: by default none. H2c is HTTP/2 without TLS for clients that
// know of it beforehand (RFC 9113, section 3.3), such as a proxy in front; every
// site on the same port has it, too. With TLS there is HTTP/2 unless tls says
// otherwise.
package standard

import (
	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/autohttps"
	"github.com/shallot-http/shallot/middleware/basicauth"
	"github.com/shallot-http/shallot/middleware/command"
	"github.com/shallot-http/shallot/middleware/errorpages"
	"github.com/shallot-http/shallot/middleware/expvar"
	"github.com/shallot-http/shallot/middleware/extensions"
	"github.com/shallot-http/shallot/middleware/headers"
	"github.com/shallot-http/shallot/middleware/hidden"
	"github.com/shallot-http/shallot/middleware/limits"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/mime"
	"github.com/shallot-http/shallot/middleware/pprof"
	"github.com/shallot-http/shallot/middleware/push"
	"github.com/shallot-http/shallot/middleware/redirect"
	"github.com/shallot-http/shallot/middleware/requestid"
	"github.com/shallot-http/shallot/middleware/rewrite"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/middleware/status"
	"github.com/shallot-http/shallot/middleware/websocket"
)

// Vocabulary returns the usual vocabulary. It is the caller's own: others may be
// made of it by Before and After.
func Vocabulary() caddyfile.Vocabulary {
	return caddyfile.Vocabulary{
		root,
		index,
		autohttps.Directive,
		bind,
		h2c,
		timeouts,
		limits.Directive,
		trustedProxies,
		command.Startup,
		command.Shutdown,
		command.On,
		git.Directive,
		requestid.Directive,
		accesslog.Directive,
		gzip.Directive,
		errorpages.Directive,
		headers.Directive,
		gzip.RequestsDirective,
		rewrite.Directive,
		redirect.Directive,
		extensions.Directive,
		basicauth.Directive,
		mime.Directive,
		status.Directive,
		hidden.Directive,
		expvar.Directive,
		pprof.Directive,
		live.Directive,
		push.Directive,
		proxied(),
		fastcgi.Directive,
		websocket.Directive,
		markdown.Directive,
		executed(),
		listings(),
		static.Directive,
	}
}
