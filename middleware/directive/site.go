package directive

import (
	"context"
	"crypto/tls"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// A Site is what the directives of one site have in common. Those that stand
// further out set it; those further in find it set.
type Site struct {
	Addrs   []string             // as written
	Hosts   []string             // of those that are not of http: in lower case, no port, no brackets; "" is any
	Root    *middleware.Root     // what the site serves
	Index   []string             // files that stand for their folder: the first that exists
	Trusted []netip.Prefix       // proxies whose word on the client counts, see middleware.ClientIP
	Log     *slog.Logger         // for what is of no request; never nil
	Level   *middleware.LogLevel // of Log; nil is none that can be changed
	Server  Server               // how to listen
	Shared  *Pool                // what sites use together

	// Accel says that a layer further out answers what has the field
	// X-Accel-Redirect, so that those further in are to let it through.
	Accel bool

	// AllowExec lets directives run commands, see [Line.MayRun].
	AllowExec bool

	// Siblings are the codings of files that may be sent in place of another; nil
	// is the usual ones, and empty is none.
	Siblings []string

	// Files is what the layer that serves the site's files was told of them, for
	// those that list or render the same files. It is known when all directives
	// are set up; package static says what it is.
	Files any

	// Around is put in front of all layers of the site, the first in front of the
	// others: what has to see requests as they come, wherever its directive stands.
	Around []middleware.Middleware

	hides    []func(name string, info fs.FileInfo) bool
	renewals []func(context.Context)
	hid      *[]string // what Hide was told of, by this Site or a copy of it
	inputs   *[]input  // the same of DependsOn
}

// OnRenewal has f called whenever a certificate of s was renewed.
func (s *Site) OnRenewal(f func(context.Context)) { s.renewals = append(s.renewals, f) }

// Renewed tells those who asked by OnRenewal.
func (s *Site) Renewed(ctx context.Context) {
	for _, f := range s.renewals {
		f(ctx)
	}
}

// NewSite returns the site of a Caddyfile that says nothing but its addresses:
// it serves the working directory, and index.html, index.htm, default.html or
// default.htm for a folder, as in Caddy 0.7.1.
func NewSite(addrs ...string) *Site {
	return &Site{
		Addrs:  addrs,
		Root:   middleware.NewRoot("."),
		Index:  []string{"index.html", "index.htm", "default.html", "default.htm"},
		Log:    slog.Default(),
		Shared: new(Pool),
		hid:    new([]string),
		inputs: new([]input),
	}
}

// A Server is what a site asks of the server it is part of. Where the sites on
// one listener differ, the shortest time and the smallest size count.
type Server struct {
	Bind []string // hosts to listen on in place of the site's own

	// Timeouts, as in http.Server. Zero is the server's default, negative is none.
	ReadTimeout, ReadHeaderTimeout, WriteTimeout, IdleTimeout time.Duration

	MaxHeaderBytes int  // zero is the server's default
	H2C            bool // HTTP/2 without TLS, too, on every port without TLS that the site is on

	// TLS is how the site's addresses are served, but for those of http; nil is
	// without TLS. It is used as that of a server that has this site only, chosen by
	// the name that a client asks for. Sites of one host on one port have the same.
	TLS *tls.Config

	// Plain makes port 443 the site's own, unless an address says otherwise, and has
	// port 80 listened to for its hosts: requests there meet Plain before next, which
	// is what a site of that very host on port 80 says, or else a redirect to https.
	Plain func(next http.Handler) http.Handler
}
