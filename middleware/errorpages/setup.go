package errorpages

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/logfile"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "errors", Setup: setup, Always: true, Elsewhere: []string{"handle_errors"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	cfg := Config{Root: c.Site().Root, Hide: c.Site().Hidden, Log: c.Site().Log}
	if len(c.Lines()) > 0 {
		readLine(c, c.Once(), &cfg)
	}
	c.OnStart(func(context.Context) error {
		warnOfMissing(c.Site(), cfg.complete())
		return nil
	})
	return New(cfg), c.Err()
}

func readLine(c *directive.Controller, line *directive.Line, cfg *Config) {
	file := directive.Word{Text: "error.log", Pos: line.Words[0].Pos}
	for _, arg := range line.Args(0, 1) {
		if arg.Text == "visible" && !arg.Quoted {
			cfg.Visible = true
			file.Text = ""
		} else {
			file = arg
		}
	}
	var (
		rotation logfile.Rotation
		rotated  *directive.Line
	)
	for _, prop := range line.Properties(properties(line)...) {
		name := prop.Words[0]
		switch {
		case rotation.Read(prop):
			rotated = prop
		case name.Text == "log":
			if file.Pos != line.Words[0].Pos {
				prop.Errorf(name, "already given at %v", file.Pos)
			}
			file = prop.Arg("a file")
			if prop.Block != nil {
				prop.Errorf(name, "takes no block: rotate_size and the like stand beside it")
			}
		case name.Text == "*":
			cfg.Default = pageName(prop)
		default:
			if cfg.Pages == nil {
				cfg.Pages = map[int]string{}
			}
			cfg.Pages[prop.Status(name, 400, 599)] = pageName(prop)
		}
	}
	switch {
	case file.Quoted && file.Text == "":
		line.Errorf(file, "the name of the log file is empty")
	case file.Text == "" && rotated != nil:
		rotated.Errorf(rotated.Words[0], "there is no log file to rotate")
	case file.Text == "":
	case file.Text == "syslog", strings.HasPrefix(file.Text, "syslog:"), strings.HasPrefix(file.Text, "syslog+"):
		line.Errorf(file, "errors go to a file, stdout or stderr, not to %s", file.Text)
	default:
		cfg.Log = slog.New(slog.NewTextHandler(logfile.Share(c, line, file, rotation), nil))
	}
}

// properties returns the names that the lines of the block may have, among them
// those that look like a status.
func properties(line *directive.Line) []string {
	names := append(logfile.Properties(), "log", "*")
	for _, l := range line.Block {
		if strings.Trim(l.Name(), "0123456789") == "" {
			names = append(names, l.Name())
		}
	}
	return names
}

func pageName(prop *directive.Line) string {
	arg := prop.Arg("a file")
	name := local(arg.Text)
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		prop.Errorf(arg, "%q is not a file below the site's root", arg.Text)
	}
	return name
}

// warnOfMissing tells the operator what visitors would find out otherwise.
func warnOfMissing(site *directive.Site, cfg Config) {
	names := append(slices.Collect(maps.Values(cfg.Pages)), cfg.Default)
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
	if len(names) == 0 {
		return // without opening the folder, of which there may be as many as sites
	}
	root := site.Root.Now()
	for _, name := range names {
		if _, err := cfg.readIn(root, name); err != nil {
			site.Log.Warn("error page cannot be shown", "sites", site.Addrs, "error", err)
		}
	}
}
