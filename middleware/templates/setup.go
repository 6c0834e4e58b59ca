package templates

import (
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// Directive is this package's entry in the Caddyfile's vocabulary, without Markdown.
var Directive = DirectiveWith(Config{})

// DirectiveWith returns the directive with what a Caddyfile cannot say: what makes
// HTML of Markdown. The rest of c does not count.
func DirectiveWith(c Config) directive.Directive {
	markdown := c.Pages.Markdown
	return directive.Directive{Name: "templates", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		site := c.Site()
		var configs []Config
		for _, line := range c.Lines() {
			cfg := read(line)
			cfg.Pages.Markdown = markdown
			cfg.Pages.Trusted = slices.Clone(site.Trusted)
			configs = append(configs, cfg)
		}
		return func(next middleware.Handler) middleware.Handler {
			for _, cfg := range slices.Backward(configs) {
				cfg.Pages.Files = static.ConfigOf(site)
				next = NewHandler(next, cfg)
			}
			return next
		}, c.Err()
	}}
}

// read returns the Config of one line.
func read(line *directive.Line) (cfg Config) {
	args := line.Args(0, directive.Any)
	if len(args) > 0 {
		cfg.Path = line.Path(args[0])
	}
	for _, arg := range args[min(1, len(args)):] {
		cfg.Extensions = append(cfg.Extensions, line.Extension(arg, ".html", cfg.Extensions))
	}
	var text *directive.Line
	for _, prop := range line.Properties("path", "ext", "between", "text", "env...", "limit") {
		switch prop.Name() {
		case "path":
			if cfg.Path != "" {
				prop.Errorf(prop.Words[0], "the path is there already, at %v", args[0].Pos)
			}
			cfg.Path = prop.Path(prop.Arg())
		case "ext":
			if cfg.Extensions != nil {
				prop.Errorf(prop.Words[0], "there are extensions already, at %v", args[1].Pos)
			}
			for _, arg := range prop.Args(1, directive.Any) {
				cfg.Extensions = append(cfg.Extensions, prop.Extension(arg, ".html", cfg.Extensions))
			}
		case "between":
			args := prop.Args(2, 2, "a delimiter", "the second delimiter")
			for _, arg := range args {
				if strings.TrimSpace(arg.Text) != arg.Text || arg.Text == "" {
					prop.Errorf(arg, "%q cannot be told from the text of a page", arg.Text)
				}
			}
			cfg.Pages.Left, cfg.Pages.Right = args[0].Text, args[1].Text
		case "env":
			for _, arg := range prop.Args(1, directive.Any, "a variable") {
				cfg.Pages.Env = append(cfg.Pages.Env, arg.Text)
			}
		case "limit":
			args := prop.Args(1, 2)
			cfg.Pages.Limit = prop.Size(args[0])
			if len(args) > 1 {
				cfg.Pages.Time = prop.Interval(args[1])
			}
		case "text":
			text = prop
		}
	}
	if cfg.Extensions == nil {
		cfg.Extensions = slices.Clone(usualExtensions)
	}
	if text != nil {
		cfg.Text = readText(text, cfg.Extensions)
	}
	return cfg
}

// readText returns those of the extensions that are text: all, unless some are named.
func readText(prop *directive.Line, extensions []string) (text []string) {
	args := prop.Args(0, directive.Any)
	if len(args) == 0 {
		return extensions
	}
	for _, arg := range args {
		ext := prop.Extension(arg, ".html", text)
		if !slices.Contains(extensions, ext) {
			prop.Errorf(arg, "files with %s are no pages: name it in ext, too", ext)
		}
		text = append(text, ext)
	}
	return text
}
