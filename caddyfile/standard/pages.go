package standard

import (
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/markdown"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/templates"
)

// executed is the directive of package templates, with the Markdown that another
// package brings.
func executed() directive.Directive {
	return templates.DirectiveWith(templates.Config{Pages: page.Config{Markdown: markdown.Render}})
}
