package gzip

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "gzip", Setup: setup, Elsewhere: []string{
	"encode", "compress", "compression", "brotli", "zstd", "gzip_types", "gzip_min_length", "gzip_comp_level", "gzip_static",
}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var (
		layers   []middleware.Middleware
		before   []scope
		siblings directive.Pos
	)
	for _, line := range c.Lines() {
		cfg, s := read(c, line, &siblings)
		if slices.ContainsFunc(before, scope.isAll) {
			line.Warnf(line.Words[0], "never used: an earlier line is for all requests")
		}
		layers = append(layers, s.confine(slices.Clip(before), layer(c, line, cfg)))
		before = append(before, s)
	}
	return middleware.Chain(layers...), c.Err()
}

// layer returns what line asks for. Sites that say no more than gzip have it together,
// for encoders are large and kept: as many as there are responses at a time will do.
func layer(c *directive.Controller, line *directive.Line, cfg Config) middleware.Middleware {
	if line.Block != nil {
		return New(cfg)
	}
	return directive.ShareValue(c, unconfigured{}, func() middleware.Middleware { return New(cfg) })
}

type unconfigured struct{} // what they have it by

// A scope is the requests that a line is for.
type scope struct {
	ext []string          // nil is all
	not []middleware.Path // but these
}

// confine returns m for the requests that are in s, and not in those before.
func (s scope) confine(before []scope, m middleware.Middleware) middleware.Middleware {
	if s.isAll() && len(before) == 0 {
		return m
	}
	return middleware.When(func(r *http.Request) bool {
		matches := func(s scope) bool { return s.matches(r) }
		return s.matches(r) && !slices.ContainsFunc(before, matches)
	}, m)
}

func (s scope) isAll() bool { return s.ext == nil && s.not == nil }

func (s scope) matches(r *http.Request) bool {
	isExt := func(ext string) bool { return strings.EqualFold(ext, path.Ext(r.URL.Path)) }
	return (s.ext == nil || slices.ContainsFunc(s.ext, isExt)) &&
		!slices.ContainsFunc(s.not, func(p middleware.Path) bool { return p.Match(r) })
}

func read(c *directive.Controller, line *directive.Line, siblings *directive.Pos) (cfg Config, s scope) {
	noArgs(line)
	var encodings []string
	named := false // some extensions are
	for _, prop := range line.Properties("ext...", "not...", "level", "min_length", "encodings", "types", "etag", "cache",
		"jitter", "dictionary...", "precompressed") {
		switch prop.Name() {
		case "ext":
			exts := readExt(prop)
			if named && (s.ext == nil || exts == nil) {
				prop.Errorf(prop.Words[0], "* stands alone")
			}
			named, s.ext = true, append(s.ext, exts...)
		case "not":
			s.not = append(s.not, readNot(prop)...)
		case "level":
			cfg.Level = prop.Int(prop.Arg(), 1, 9)
		case "min_length":
			cfg.MinSize = readLength(prop, prop.Arg())
		case "encodings":
			encodings = readCodings(prop, prop.Args(1, directive.Any))
		case "types":
			cfg.Types = readTypes(prop)
		case "etag":
			modes := []string{"suffix", "weak", "drop", "keep"}
			cfg.ETag = ETagMode(slices.Index(modes, prop.OneOf(prop.Arg(), "mode", modes...)))
		case "cache":
			cfg.Cache = NewCache(prop.Size(prop.Arg()))
		case "jitter":
			cfg.Jitter = usualJitter
			for _, arg := range prop.Args(0, 1) {
				cfg.Jitter = prop.Int(arg, 1, mostJitter)
			}
		case "dictionary":
			if cfg.Dictionaries == nil {
				cfg.Dictionaries = new(Dictionaries)
			}
			readDictionary(c.Site(), prop, cfg.Dictionaries)
		case "precompressed":
			readSiblings(c, prop, siblings)
		}
	}
	for _, name := range encodings {
		cfg.Codings = append(cfg.Codings, codingOf(name, cfg.Level))
	}
	if s.ext != nil && cfg.Types == nil {
		cfg.Types = unknownToo
	}
	return cfg, s
}

// noArgs says where arguments belong instead, which Caddy 2 and nginx have there.
func noArgs(line *directive.Line) {
	for _, arg := range line.Args(0, directive.Any) {
		hint := ""
		switch text := arg.Text; {
		case slices.Contains([]string{"zstd", "br", "gzip"}, text):
			hint = " (codings are named in a block: gzip { encodings " + text + " })"
		case text == "off":
			hint = " (it is off without a line of gzip)"
		case text == "on":
			hint = " (that goes without saying)"
		case strings.HasPrefix(text, "/"):
			hint = " (paths are exempted in a block: gzip { not PATH })"
		case len(text) == 1 && text >= "1" && text <= "9":
			hint = " (a level is given in a block: gzip { level " + text + " })"
		}
		line.Errorf(arg, "unexpected %q%s", arg.Text, hint)
	}
}

// usualJitter and mostJitter are numbers of bytes.
const usualJitter, mostJitter = 32, 1 << 10

// unknownToo is DefaultTypes and what files of an extension that nobody knows are
// sent as: for one that has been named it must be worth it.
func unknownToo(mediaType string) bool {
	return DefaultTypes(mediaType) || mediaType == "application/octet-stream"
}

// readExt returns extensions; "" is that of paths which have none.
func readExt(prop *directive.Line) []string {
	args := prop.Args(1, directive.Any, "an extension such as .css, or *,")
	if len(args) == 1 && args[0].Text == "*" {
		return nil
	}
	exts := []string{}
	for _, arg := range args {
		switch {
		case arg.Text == "*":
			prop.Errorf(arg, "* stands alone")
		case arg.Text != "" && (!strings.HasPrefix(arg.Text, ".") || path.Ext(arg.Text) != arg.Text):
			prop.Errorf(arg, "%q is not an extension such as .css", arg.Text)
		}
		exts = append(exts, arg.Text)
	}
	return exts
}

func readNot(prop *directive.Line) (paths []middleware.Path) {
	for _, arg := range prop.Args(1, directive.Any) {
		if arg.Text == "/" {
			prop.Errorf(arg, "that is everything: leave out gzip instead")
		}
		paths = append(paths, prop.Path(arg))
	}
	return paths
}

// mostLength is the largest min_length in bytes: as much has to be held back to see
// whether a body is that long.
const mostLength = 1 << 20

func readLength(prop *directive.Line, arg directive.Word) int {
	size := prop.Size(arg)
	if size > mostLength {
		prop.Errorf(arg, "%q is more than 1MB, the most that is held back", arg.Text)
		return 0
	}
	return int(size)
}

// readCodings returns the names of codings, each of which may be there once.
func readCodings(prop *directive.Line, args []directive.Word) []string {
	codings := []string{}
	for _, arg := range args {
		coding := prop.OneOf(arg, "coding", "zstd", "br", "gzip")
		if slices.Contains(codings, coding) {
			prop.Errorf(arg, "%s is there already", coding)
		}
		codings = append(codings, coding)
	}
	return codings
}

func codingOf(name string, level int) Coding {
	switch name {
	case "zstd":
		return Zstd(level)
	case "br":
		return Brotli(level)
	}
	return Gzip(level)
}

func readTypes(prop *directive.Line) func(string) bool {
	var patterns []string
	for _, arg := range prop.Args(1, directive.Any, "a media type") {
		p := strings.TrimPrefix(arg.Text, "!")
		top, sub, ok := strings.Cut(p, "/")
		if suffix, isSuffix := strings.CutPrefix(p, "+"); p != "*" && !(isSuffix && isToken(suffix)) && !(ok && isToken(top) && isToken(sub)) {
			prop.Errorf(arg, "%q is not a media type such as text/html, text/*, +json or *", p)
		}
		patterns = append(patterns, arg.Text)
	}
	return Types(patterns...)
}

// isToken reports whether s can be a part of a media type: RFC 9110, section 5.6.2,
// without what Caddyfiles and patterns have other uses for.
func isToken(s string) bool {
	const others = "*.-_+$&^#"
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"+others) == ""
}

// readSiblings has the site look for compressed siblings in these codings.
func readSiblings(c *directive.Controller, prop *directive.Line, first *directive.Pos) {
	args := prop.Args(1, directive.Any)
	if *first != (directive.Pos{}) {
		prop.Errorf(prop.Words[0], "already given for the site at %v", *first)
	}
	*first = prop.Words[0].Pos
	if len(args) == 1 && args[0].Text == "off" {
		c.Site().Siblings = []string{}
		return
	}
	c.Site().Siblings = readCodings(prop, args)
}
