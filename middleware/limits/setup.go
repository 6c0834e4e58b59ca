package limits

import (
	"math"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "limits", Setup: setup, Elsewhere: []string{"request_body", "client_max_body_size"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var cfg Config
	line, server := c.Once(), &c.Site().Server
	given := map[string]directive.Pos{} // for paths that cover the same
	if len(line.Words) > 1 && slices.Contains([]string{"header", "body"}, line.Words[1].Text) {
		line.Args(0, directive.Any)
		line.Properties("header", "body...")
		line.Errorf(line.Words[1], "%s stands in a block, between { and } on lines of their own", line.Words[1].Text)
		return nil, c.Err()
	}
	all := line.Args(0, 1)
	for _, size := range all {
		n := line.Size(size)
		server.MaxHeaderBytes = int(min(n, math.MaxInt32))
		cfg.Bodies = append(cfg.Bodies, Body{"/", n})
	}
	props := line.Properties("header", "body...")
	switch {
	case len(all) > 0 && line.Block != nil:
		line.Errorf(all[0], "there is either one size for all or a block, not both")
	case len(all) == 0 && len(line.Block) == 0:
		line.Errorf(line.Words[0], "a size, or a block of header and body, is missing")
	}
	for _, prop := range props {
		switch prop.Name() {
		case "header":
			size := prop.Arg()
			n := prop.Size(size)
			if n > math.MaxInt32 {
				prop.Errorf(size, "%q is more than the header of a request can have", size.Text)
			}
			server.MaxHeaderBytes = int(n)
		case "body":
			body, at := Body{Path: "/"}, prop.Words[0]
			args := prop.Args(1, 2)
			if len(args) == 2 {
				at = args[0]
				body.Path = prop.Path(at)
			}
			body.Max = prop.Size(args[len(args)-1])
			key := strings.ToLower(body.Path.Prefix())
			if before, again := given[key]; again {
				prop.Errorf(at, "%q has a size already, given at %v", body.Path, before)
			}
			given[key] = at.Pos
			cfg.Bodies = append(cfg.Bodies, body)
		}
	}
	return New(cfg), c.Err()
}
