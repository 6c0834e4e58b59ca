package accesslog

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/logfile"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "log", Setup: setup}

// DefaultFile is the file that a Caddyfile's log goes to unless configured.
const DefaultFile = "access.log"

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var (
		logs   []middleware.Middleware
		scopes []middleware.Path // in the order in which they are tried
	)
	for _, line := range c.Lines() {
		path, cfg := read(c, line)
		i := slices.Index(scopes, path)
		if i < 0 {
			i = len(scopes)
			if j := slices.IndexFunc(scopes, func(p middleware.Path) bool { return covers(p, path) }); j >= 0 {
				line.Warnf(line.Words[0], "never written to: what is under %s is logged by the line for %s", path, scopes[j])
			}
			scopes = append(scopes, path)
		}
		before := scopes[:i:i]
		logs = append(logs, middleware.When(func(r *http.Request) bool {
			matches := func(p middleware.Path) bool { return p.Match(r) }
			return path.Match(r) && !slices.ContainsFunc(before, matches)
		}, New(cfg)))
	}
	return middleware.Chain(logs...), c.Err()
}

// covers reports whether p matches all that path does.
func covers(p, path middleware.Path) bool {
	return strings.HasPrefix(string(path), p.Prefix())
}

func read(c *directive.Controller, line *directive.Line) (middleware.Path, Config) {
	var (
		cfg                = Config{Trusted: c.Site().Trusted}
		path, file, format = words(line)
		rotation           logfile.Rotation
		headers            directive.Word
	)
	for _, prop := range line.Properties(append(logfile.Properties(), "format", "except...", "ipmask", "headers")...) {
		switch prop.Name() {
		case "format":
			arg := prop.Arg("a format")
			if format.Text != "" {
				prop.Errorf(prop.Words[0], "already given at %v", format.Pos)
			}
			format = arg
		case "except":
			readExcept(prop, &cfg)
		case "ipmask":
			args := prop.Args(1, 2, "a mask")
			cfg.MaskIPv4 = mask(prop, args[0], "255.255.255.0", netip.Addr.Is4)
			if len(args) > 1 {
				cfg.MaskIPv6 = mask(prop, args[1], "ffff:ffff:ffff::", netip.Addr.Is6)
			}
		case "headers":
			cfg.Headers, headers = true, prop.Words[0]
			for _, arg := range prop.Args(0, 1) {
				cfg.Secrets = prop.OneOf(arg, "word", "secrets") == "secrets"
			}
		default:
			rotation.Read(prop)
		}
	}
	if !isFile(line, file) {
		return path, cfg
	}
	output := logfile.Share(c, line, file, rotation)
	if isJSON(format) {
		cfg.Logger = slog.New(slog.NewJSONHandler(output, nil))
		return path, cfg
	}
	if cfg.Headers {
		line.Errorf(headers, "headers are for the format json")
	}
	cfg.Output, cfg.Format = output, template(c, line, format)
	return path, cfg
}

// words returns what the words of a line say, as far as they do.
func words(line *directive.Line) (path middleware.Path, file, format directive.Word) {
	path, file = "/", directive.Word{Text: DefaultFile, Pos: line.Words[0].Pos}
	switch args := line.Args(0, 3); {
	case len(args) == 0:
	case len(args) == 1:
		file = args[0]
	case len(args) == 2 && !strings.HasPrefix(args[0].Text, "/") && // caddy#1423
		(isFormat(args[1].Text) || directive.Suggest(args[1].Text, presets...) != ""):
		line.Errorf(args[0], "%q is not a path: a file with a format is log / %s %q", args[0].Text, args[0].Text, args[1].Text)
		file = args[0]
	default:
		path, file = line.Path(args[0]), args[1]
		if len(args) > 2 {
			format = args[2]
		}
	}
	return path, file, format
}

// isFile reports whether file can be meant for one, and says so if not.
func isFile(line *directive.Line, file directive.Word) bool {
	scheme, _, remote := strings.Cut(file.Text, "://")
	switch {
	case file.Text == "syslog", remote && strings.HasPrefix(scheme, "syslog"):
		line.Errorf(file, "there is no output to syslog: log to stdout, which systemd, or logger(1) behind a pipe, hands on to it")
	case remote:
		line.Errorf(file, "%q is not a file", file.Text)
	case isFormat(file.Text):
		line.Errorf(file, "%q is a format, not a file: with both it is log / %s %q", file.Text, DefaultFile, file.Text)
	case strings.ContainsAny(file.Text, "{}"):
		line.Errorf(file, "%q is not the name of a file: it has braces", file.Text)
	case file.Text == "":
		line.Errorf(file, "a file needs a name")
	default:
		return true
	}
	return false
}

// presets are the formats that have a name; in braces they are known, too.
var presets = []string{"common", "combined", "json"}

// isFormat reports whether text is one of the presets or has a placeholder, which
// ${NAME} is to a shell only.
func isFormat(text string) bool {
	_, rest, ok := strings.Cut(strings.ReplaceAll(text, "${", "$"), "{")
	return ok && strings.Contains(rest, "}") || slices.Contains(presets, text)
}

// isJSON reports whether format is that of records.
func isJSON(format directive.Word) bool { return format.Text == "json" || format.Text == "{json}" }

// template returns the format of lines.
func template(c *directive.Controller, line *directive.Line, format directive.Word) *placeholder.Template {
	compiled := func(text string) *placeholder.Template {
		return directive.ShareValue(c, formatText(text), func() *placeholder.Template { return Compile(text) })
	}
	switch format.Text {
	case "", "common":
		return compiled(Common)
	case "combined":
		return compiled(Combined)
	}
	t := compiled(format.Text)
	if text, ok := t.Constant(); ok {
		line.Errorf(format, "%q is not a format such as common, combined, json or %q%s", text, "{remote} {uri}",
			directive.Suggest(text, presets...))
	}
	for _, doubt := range t.Lint(directive.Suggest, "common", "combined") {
		line.Warnf(format, "%s", doubt)
	}
	return t
}

type formatText string // what sites have a format by

// readExcept reads paths and statuses that are not to be logged.
func readExcept(prop *directive.Line, cfg *Config) {
	for _, arg := range prop.Args(1, directive.Any, "a path or a status") {
		if strings.HasPrefix(arg.Text, "/") {
			cfg.Except = append(cfg.Except, prop.Path(arg))
			continue
		}
		var from, to int
		if class, ok := strings.CutSuffix(arg.Text, "xx"); ok && len(class) == 1 && strings.Contains("12345", class) {
			from = int(class[0]-'0') * 100
			to = from + 99
		} else if _, err := strconv.Atoi(arg.Text); err == nil {
			from = prop.Status(arg, 100, 599)
			to = from
		} else {
			prop.Errorf(arg, "%q is neither a path, which begins with /, nor a status such as 304 or 2xx", arg.Text)
		}
		others := cfg.Skip
		cfg.Skip = func(r *http.Request, status int) bool {
			return from <= status && status <= to || others != nil && others(r, status)
		}
	}
}

// mask returns how many bits at the end of an address a mask takes away.
func mask(prop *directive.Line, w directive.Word, example string, isFamily func(netip.Addr) bool) int {
	addr, err := netip.ParseAddr(w.Text)
	if err != nil || !isFamily(addr) {
		prop.Errorf(w, "%q is not a mask such as %s", w.Text, example)
		return 0
	}
	all := netip.AddrFrom4([4]byte{0xff, 0xff, 0xff, 0xff})
	if addr.Is6() {
		all = netip.AddrFrom16([16]byte(bytes.Repeat([]byte{0xff}, 16)))
	}
	for hidden := range addr.BitLen() + 1 {
		if p, err := all.Prefix(addr.BitLen() - hidden); err == nil && p.Addr() == addr {
			return hidden
		}
	}
	prop.Errorf(w, "%q is not a mask such as %s: its ones do not all come first", w.Text, example)
	return 0
}
