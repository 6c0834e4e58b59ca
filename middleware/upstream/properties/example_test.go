package properties_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/middleware/upstream/properties"
)

// A directive whose block says to which upstreams it sends requests on, and how.
func Example() {
	setup := func(c *directive.Controller) (middleware.Middleware, error) {
		reader := properties.Reader{Controller: c, Policy: upstream.Random()}
		var layers []middleware.Middleware
		for _, line := range c.Lines() {
			from, up := line.Path(line.Arg()), reader.Line(line)
			up.From(from)
			to := func(prop *directive.Line) {
				for _, arg := range prop.Args(1, directive.Any) {
					up.Config.Targets = append(up.Config.Targets, upstream.Target{Addr: arg.Text})
				}
			}
			line.ReadBlock(func() []directive.Property {
				return append(up.Properties(), directive.Property{Name: "to", Read: to})
			})
			layers = append(layers, gopher(from, up.Group(upstream.TCPCheck{})))
		}
		return middleware.Chain(reader.Pages(), middleware.Chain(layers...)), c.Err()
	}

	file, _ := caddyfile.Parse("Caddyfile", []byte(`localhost
gopher /menu {
	to     gopher-1:70 gopher-2:70
	policy first
	status /upstreams 192.0.2.0/24
}`), caddyfile.ParseConfig{})
	layer, err := setup(directive.NewController(directive.NewSite("localhost"), "gopher", file.Sites[0].Lines...))
	fmt.Println(err)
	h := middleware.AppHandler(layer(middleware.Status(404)).ServeHTTP)
	for _, target := range []string{"/menu", "/", "/upstreams"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil)) // from 192.0.2.1
		fmt.Println(w.Code, w.Header()["Upstream"])
	}
	// Output:
	// <nil>
	// 200 [gopher-1:70]
	// 404 []
	// 200 []
}

// gopher is the layer that sends on what is below path; or would.
func gopher(path middleware.Path, group *upstream.Group) middleware.Middleware {
	return middleware.When(path.Match, func(middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			pick, err := group.Pick(r.Context(), r, nil)
			if err != nil {
				return http.StatusServiceUnavailable, err
			}
			defer pick.Done(upstream.Result{Status: 200})
			w.Header().Set("Upstream", pick.Upstream.Addr)
			return 200, nil
		})
	})
}
