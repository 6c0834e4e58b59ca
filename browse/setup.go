package browse

import (
	"errors"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = DirectiveWith(Config{Archives: []Archive{Zip(), Tar(), TarGzip()}})

// DirectiveWith returns the directive with what a Caddyfile cannot say: the
// archives that it may name, and the Markdown of its readme. The rest of c does not
// count.
func DirectiveWith(c Config) directive.Directive {
	offered, markdown := slices.Clone(c.Archives), c.Markdown
	return directive.Directive{Name: "browse", Elsewhere: elsewhere, Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		var configs []Config
		for _, line := range c.Lines() {
			cfg := read(c, line, offered)
			cfg.Markdown = markdown
			if i := slices.IndexFunc(configs, func(other Config) bool { return samePlace(other.Path, cfg.Path) }); i >= 0 {
				line.Errorf(line.Words[0], "%s is listed already, by the line at %v", cfg.Path, c.Lines()[i].Words[0].Pos)
			}
			configs = append(configs, cfg)
		}
		site := c.Site()
		return func(next middleware.Handler) middleware.Handler {
			configs := slices.Clone(configs)
			configs[0].Files = static.ConfigOf(site)
			return Join(configs...)(next)
		}, c.Err()
	}}
}

// elsewhere are the names that listings have in Caddy 2, nginx and its modules.
var elsewhere = []string{"file_server browse", "autoindex", "fancyindex"}

// read returns the Config of one line.
func read(c *directive.Controller, line *directive.Line, offered []Archive) Config {
	cfg := Config{Path: "/"}
	args := line.Args(0, 2)
	if len(args) > 0 {
		switch word := args[0]; word.Text {
		case "on":
			line.Errorf(word, "folders are listed wherever there is this line: leave %q out", word.Text)
		case "off":
			line.Errorf(word, "no folder is listed unless there is this line: leave the line out")
		default:
			cfg.Path = line.Path(word)
		}
	}
	file := directive.Word{}
	if len(args) > 1 {
		file = args[1]
	}
	var patterns []string
	for _, prop := range line.Properties("template", "sort", "layout", "page", "unlist...", "dotfiles", "targets", "si", "search", "readme", "sandbox",
		"thumbnails", "archives", "archive_limit", "hide...", "symlinks", "reveal_symlinks", "servearchive", "ignore_indexes") {
		switch name := prop.Name(); name {
		case "template":
			if file.Text != "" {
				prop.Errorf(prop.Words[0], "there is a template already, at %v", file.Pos)
			}
			file = prop.Arg("a file")
		case "sort":
			args := prop.Args(1, 2)
			choose(&cfg.Sort, sortNames[:], readSort(prop, args[0]))
			if len(args) > 1 {
				choose(&cfg.Order, orderNames[:], prop.OneOf(args[1], "direction", orderNames[:]...))
			}
		case "layout":
			choose(&cfg.Layout, layoutNames[:], prop.OneOf(prop.Arg(), "layout", layoutNames[:]...))
		case "page":
			cfg.Page = prop.Int(prop.Arg(), 1, mostOnPage)
		case "unlist":
			for _, arg := range prop.Args(1, directive.Any, "a pattern such as *.bak") {
				patterns = append(patterns, readPattern(prop, arg))
			}
		case "dotfiles", "targets", "si", "readme", "sandbox":
			prop.Args(0, 0)
			*map[string]*bool{
				"dotfiles": &cfg.ShowDotfiles, "targets": &cfg.ShowTargets, "si": &cfg.SI, "readme": &cfg.Readme, "sandbox": &cfg.Sandbox,
			}[name] = true
		case "search":
			cfg.Search = readBudget(prop)
		case "thumbnails":
			cfg.Thumbnails = prop.Size(prop.Arg())
		case "archives":
			cfg.Archives = readArchives(prop, offered)
		case "archive_limit":
			args := prop.Args(1, 3)
			cfg.ArchiveBytes = prop.Size(args[0])
			if len(args) > 1 {
				cfg.ArchiveEntries = prop.Int(args[1], 1, math.MaxInt)
			}
			if len(args) > 2 {
				if cfg.ArchiveTime = prop.Duration(args[2]); args[2].Text != "" && cfg.ArchiveTime == 0 {
					prop.Errorf(args[2], "no time is no archive: leave archives out instead")
				}
			}
		default:
			prop.Args(0, directive.Any)
			prop.Errorf(prop.Words[0], "%s", misplaced[name])
		}
	}
	if patterns != nil {
		cfg.Unlist = func(name string, _ fs.FileInfo) bool { return matches(patterns, name) }
	}
	if file.Text != "" {
		cfg.Template = readTemplate(c, line, file)
	}
	return cfg
}

// misplaced says of properties that are understood elsewhere what to do instead.
var misplaced = map[string]string{
	"hide":            "is to be said in a block of static, and counts here, too",
	"symlinks":        "is to be said in a block of static, and counts here, too",
	"reveal_symlinks": `here it is called "targets"`,
	"servearchive":    `here it is called "archives"`,
	"ignore_indexes":  "a folder with an index page is not listed: name other index files with the directive index",
}

func readSort(prop *directive.Line, arg directive.Word) string {
	switch arg.Text {
	case "date", "modified", "mtime":
		prop.Errorf(arg, "unknown order %q (did you mean %q?)", arg.Text, SortTime)
		return SortTime.String()
	}
	return prop.OneOf(arg, "order", sortNames[:]...)
}

// readTemplate reads the template in a file, which is nothing to be served.
func readTemplate(c *directive.Controller, line *directive.Line, file directive.Word) *Template {
	c.Site().Hide(file.Text)
	t, err := ReadTemplate(file.Text)
	if err != nil {
		var missing *fs.PathError
		if errors.As(err, &missing) {
			err = missing.Err
		}
		line.Errorf(file, "template %q: %w", file.Text, err)
		return nil
	}
	return t
}

// readPattern returns what matches takes.
func readPattern(prop *directive.Line, arg directive.Word) string {
	if _, err := path.Match(arg.Text, ""); err != nil || arg.Text == "" || strings.Contains(arg.Text, "/") {
		prop.Errorf(arg, "%q is not a pattern such as *.bak", arg.Text)
	}
	return strings.ToLower(arg.Text)
}

func matches(patterns []string, name string) bool {
	name = strings.ToLower(path.Base(name))
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, name)
		return ok
	})
}

// usualSearch is the time that a search may take unless it is given.
const usualSearch = 2 * time.Second

func readBudget(prop *directive.Line) Budget {
	b := Budget{Time: usualSearch}
	args := prop.Args(0, 2)
	if len(args) > 0 {
		if b.Time = prop.Duration(args[0]); b.Time == 0 && args[0].Text != "" {
			prop.Errorf(args[0], "no time is no search: leave it out instead")
		}
	}
	if len(args) > 1 {
		b.Entries = prop.Int(args[1], 1, math.MaxInt)
	}
	return b
}

func readArchives(prop *directive.Line, offered []Archive) (archives []Archive) {
	names := make([]string, len(offered))
	for i, a := range offered {
		names[i] = a.format
	}
	for _, arg := range prop.Args(1, directive.Any) {
		if len(offered) == 0 {
			prop.Errorf(arg, "there are no archives in this program")
			continue
		}
		a := offered[slices.Index(names, prop.OneOf(arg, "archive", names...))]
		if slices.ContainsFunc(archives, func(b Archive) bool { return b.format == a.format }) {
			prop.Errorf(arg, "%s is there already", a.format)
		}
		archives = append(archives, a)
	}
	return archives
}
