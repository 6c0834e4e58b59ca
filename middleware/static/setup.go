package static

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "static", Always: true, Setup: setup, Elsewhere: []string{"file_server"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var (
		site     = c.Site()
		cfg      = Config{Root: site.Root, Index: site.Index, Siblings: site.Siblings}
		patterns []string
	)
	line := c.Once()
	line.Args(0, 0)
	for _, prop := range line.Properties("symlinks", "dotfiles", "hide...", "siblings") {
		switch prop.Name() {
		case "symlinks":
			names := []string{"inside", "deny", "follow"}
			cfg.Symlinks = Symlinks(slices.Index(names, prop.OneOf(prop.Arg(), "policy", names...)))
		case "dotfiles":
			names := []string{"guard", "deny", "allow"}
			cfg.Dotfiles = Dotfiles(slices.Index(names, prop.OneOf(prop.Arg(), "policy", names...)))
		case "hide":
			for _, arg := range prop.Args(1, directive.Any, "a pattern such as *.bak") {
				patterns = append(patterns, parsePattern(prop, arg))
			}
		case "siblings":
			if cfg.Siblings = parseSiblings(prop); site.Siblings != nil {
				prop.Errorf(prop.Words[0], "precompressed says already which")
			}
		}
	}
	cfg.Hide = func(name string, info fs.FileInfo) bool {
		return site.Hidden(name, info) || slices.ContainsFunc(patterns, func(p string) bool { return hides(p, name) })
	}
	site.Files = cfg
	return New(cfg), c.Err()
}

// ConfigOf returns the Config of a site's files, for layers that stand further out.
// It has to be called once all directives of the site are set up, as they are when
// a Middleware is given its next Handler.
func ConfigOf(site *directive.Site) Config {
	cfg, ok := site.Files.(Config)
	if !ok { // there is no such layer
		cfg = Config{Root: site.Root, Index: site.Index, Hide: site.Hidden}
	}
	return cfg
}

// parsePattern returns what hides takes.
func parsePattern(prop *directive.Line, arg directive.Word) string {
	pattern := fold(arg.Text)
	below := strings.Trim(pattern, "/")
	if _, err := path.Match(pattern, ""); err != nil || below == "" || path.Clean("/"+below) != "/"+below {
		prop.Errorf(arg, "%q is not a pattern such as *.bak or /drafts/*", arg.Text)
	}
	if below != pattern || strings.Contains(pattern, "/") {
		return "/" + below
	}
	return pattern
}

// hides reports whether a pattern, folded, is that of a file: of its
// last element, or of its whole name if the pattern begins with a slash. What
// lies below what is hidden is not asked for.
func hides(pattern, name string) bool {
	name = fold(name)
	if whole, ok := strings.CutPrefix(pattern, "/"); ok {
		pattern = whole
	} else {
		name = path.Base(name)
	}
	ok, _ := path.Match(pattern, name)
	return ok
}

// parseSiblings returns the codings named by prop, or none if it is off.
func parseSiblings(prop *directive.Line) []string {
	args := prop.Args(1, directive.Any)
	codings := []string{}
	if len(args) == 1 && args[0].Text == "off" {
		return codings
	}
	for _, arg := range args {
		if arg.Text == "off" {
			prop.Errorf(arg, "off stands alone")
			continue
		}
		coding := prop.OneOf(arg, "coding", "br", "zstd", "gzip")
		if slices.Contains(codings, coding) {
			prop.Errorf(arg, "%s is there already", coding)
		}
		codings = append(codings, coding)
	}
	return codings
}
