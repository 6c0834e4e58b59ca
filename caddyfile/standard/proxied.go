package standard

import (
	"io/fs"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
	"github.com/shallot-http/shallot/proxy"
)

// proxied is the directive of package proxy, with what serves files where a backend
// says so. They are what they are called: a folder among them has no index.
func proxied() directive.Directive {
	return proxy.DirectiveWith(func(site *directive.Site, root *middleware.Root) middleware.Handler {
		files := static.NewHandler(middleware.Status(404), static.Config{
			Index: []string{}, Siblings: []string{},
			Hide: func(name string, info fs.FileInfo) bool { return site.Hidden(name, info) },
		})
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return files.ServeHTTP(w, middleware.WithRoot(r, root.Now())) // whatever root the site has
		})
	})
}
