package markdown

import (
	"context"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "markdown", Setup: setup}

// usualGenerated is the folder that Caddy 0.7.1 generated pages in.
const usualGenerated = "generated_site"

func setup(c *directive.Controller) (middleware.Middleware, error) {
	site := c.Site()
	var configs []Config
	for _, line := range c.Lines() {
		cfg := read(line)
		cfg.Pages.Trusted = slices.Clone(site.Trusted)
		if dir := cfg.Generated; dir != "" {
			if i := slices.IndexFunc(configs, func(other Config) bool { return other.Generated == dir }); i >= 0 {
				line.Errorf(line.Words[0], "sitegen: the folder %q is that of the line at %v", dir, c.Lines()[i].Words[0].Pos)
			}
			hideGenerated(site, dir)
		}
		configs = append(configs, cfg)
	}
	c.OnStart(func(ctx context.Context) error {
		for _, cfg := range configs {
			if cfg.Generated == "" {
				continue
			}
			cfg.Pages.Files = static.ConfigOf(site)
			if err := Generate(ctx, cfg); err != nil {
				site.Log.Warn("not all pages were generated", slog.String("root", site.Root.Dir), slog.String("folder", cfg.Generated), slog.Any("error", err))
			}
		}
		return nil
	})
	return func(next middleware.Handler) middleware.Handler {
		for _, cfg := range slices.Backward(configs) {
			cfg.Pages.Files = static.ConfigOf(site)
			next = NewHandler(next, cfg)
		}
		return next
	}, c.Err()
}

// hideGenerated has nobody else serve the folder: its pages are those of other paths.
func hideGenerated(site *directive.Site, dir string) {
	site.HideIf(func(name string, _ fs.FileInfo) bool {
		rest, ok := strings.CutPrefix(name, dir)
		return ok && (rest == "" || rest[0] == '/')
	})
}

// read returns the Config of one line.
func read(line *directive.Line) (cfg Config) {
	for _, arg := range line.Args(0, 1) {
		cfg.Path = line.Path(arg)
	}
	for _, prop := range line.Properties("ext", "css...", "js...", "template...", "templatedir", "text", "raw_html", "env...", "sitegen") {
		switch prop.Name() {
		case "ext":
			for _, arg := range prop.Args(1, directive.Any) {
				cfg.Extensions = append(cfg.Extensions, prop.Extension(arg, ".md", cfg.Extensions))
			}
		case "css":
			for _, arg := range prop.Args(1, directive.Any, "a URL") {
				cfg.Styles = append(cfg.Styles, arg.Text)
			}
		case "js":
			for _, arg := range prop.Args(1, directive.Any, "a URL") {
				cfg.Scripts = append(cfg.Scripts, arg.Text)
			}
		case "template":
			readTemplate(prop, &cfg)
		case "templatedir":
			arg := prop.Arg("a pattern such as templates/*.html")
			cfg.TemplateDir = readName(prop, arg)
			if _, err := path.Match(cfg.TemplateDir, ""); err != nil {
				prop.Errorf(arg, "%q is not a pattern such as templates/*.html", arg.Text)
			}
		case "text":
			prop.Args(0, 0)
			cfg.Text = true
		case "raw_html":
			prop.Args(0, 0)
			cfg.RawHTML = true
		case "env":
			for _, arg := range prop.Args(1, directive.Any, "a variable") {
				cfg.Pages.Env = append(cfg.Pages.Env, arg.Text)
			}
		case "sitegen":
			cfg.Generated = usualGenerated
			for _, arg := range prop.Args(0, 1) {
				cfg.Generated = readName(prop, arg)
			}
		}
	}
	return cfg
}

// readTemplate reads a template and its name, which that of all other pages has not.
func readTemplate(prop *directive.Line, cfg *Config) {
	args := prop.Args(1, 2, "a file")
	file := readName(prop, args[len(args)-1])
	if len(args) == 1 {
		if cfg.Template != "" {
			prop.Errorf(prop.Words[0], "there is a template for all pages already: a second one needs a name")
		}
		cfg.Template = file
		return
	}
	name := args[0].Text
	if cfg.Templates[name] != "" {
		prop.Errorf(args[0], "there is a template %q already", name)
	}
	if cfg.Templates == nil {
		cfg.Templates = map[string]string{}
	}
	cfg.Templates[name] = file
}

// readName returns the name of what is below the site's root.
func readName(prop *directive.Line, arg directive.Word) string {
	name := strings.TrimPrefix(arg.Text, "/")
	if !fs.ValidPath(name) || name == "." {
		prop.Errorf(arg, "%q is not a name below the site's root", arg.Text)
	}
	return name
}
