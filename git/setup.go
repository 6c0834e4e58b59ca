package git

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/command"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "git", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var layers []Config
	for _, line := range c.Lines() {
		p := &parser{c: c, line: line, at: line.Words[0]}
		if cfg, ok := p.read(); ok {
			layers = append(layers, cfg)
		}
	}
	// The nearest root counts, which is that of the smallest part of the site.
	slices.SortStableFunc(layers, func(a, b Config) int { return b.Path.Compare(a.Path) })
	chain := make([]middleware.Middleware, len(layers))
	for i, cfg := range layers {
		chain[i] = New(cfg)
	}
	return middleware.Chain(chain...), c.Err()
}

// A parser makes a Config of one line.
type parser struct {
	c        *directive.Controller
	line     *directive.Line
	at, path directive.Word // the repository, and where it is in the site
	url      string
	repo     RepoConfig
	service  ServiceConfig
	hooks    []Hook
	provider *directive.Line
	timeout  time.Duration
	leaves   bool // then is told of where the repository would be without releases
	unpinned bool // and of where the site would be
}

// read returns the Config of the line, and whether there is one.
func (p *parser) read() (cfg Config, ok bool) {
	if args := p.line.Args(0, 2); len(args) > 0 {
		p.at, p.url = args[0], args[0].Text
		if len(args) > 1 {
			p.path = args[1]
		}
	}
	for _, prop := range p.line.Properties("repo", "path", "branch", "key", "known_hosts", "token_file", "interval",
		"then...", "then_long...", "timeout", "hook...", "hook_type", "state", "subdir", "depth", "keep", "submodules", "lfs", "lazy") {
		p.property(prop)
	}
	if p.url == "" {
		p.line.Errorf(p.at, "there is no repository")
		return Config{}, false
	}
	p.repo.URL = p.remote()
	l, problem := layOut(p.c.Site().Root.Dir, p.path.Text)
	if problem != "" {
		p.line.Errorf(p.path, "path: %s", problem)
		return Config{}, false
	}
	p.repo.Under, p.repo.Root = l.under, l.root
	p.repo.State = cmp.Or(p.repo.State, l.state)
	if isWithin(p.repo.State, l.outer) {
		p.line.Errorf(p.at, "state: %s lies in the site, which is not to serve it", p.repo.State)
	}
	for i := range p.repo.Then {
		p.repo.Then[i].Timeout = p.timeout
		p.unpinned = p.unpinned || writesTo(p.repo.Then[i], p.c.Site().Root.Dir)
		p.leaves = p.leaves || writesTo(p.repo.Then[i], l.outer)
	}
	if p.unpinned {
		p.repo.Root = "" // it is not in the release
	}
	p.finishHooks()
	return p.finish(l)
}

func (p *parser) property(prop *directive.Line) {
	switch prop.Name() {
	case "repo":
		if arg := prop.Arg("a repository"); p.url != "" {
			prop.Errorf(arg, "the repository is given already, at %v", p.at.Pos)
		} else {
			p.at, p.url = arg, arg.Text
		}
	case "path":
		if arg := prop.Arg("a folder"); p.path.Text != "" {
			prop.Errorf(arg, "the path is given already, at %v", p.path.Pos)
		} else {
			p.path = arg
		}
	case "branch":
		arg := prop.Arg("a branch")
		if _, err := parseRef(arg.Text); err != nil {
			prop.Errorf(arg, "%w", err)
			return
		}
		p.repo.Ref = arg.Text
	case "key":
		p.repo.Key = prop.Arg("a file").Text
		p.c.Site().Hide(p.repo.Key)
	case "known_hosts":
		p.repo.KnownHosts = prop.Arg("a file").Text
	case "token_file":
		p.token(prop)
	case "interval":
		p.interval(prop)
	case "then", "then_long":
		p.command(prop)
	case "timeout":
		if p.timeout = prop.Duration(prop.Arg()); p.timeout == 0 {
			prop.Errorf(prop.Words[0], "no command is done in no time")
		}
		p.repo.Timeout = p.timeout
	case "hook":
		p.hook(prop)
	case "hook_type":
		p.provider = prop
	case "state":
		arg := prop.Arg("a folder")
		dir, err := filepath.Abs(arg.Text)
		if err != nil || arg.Text == "" {
			prop.Errorf(arg, "%q is not a folder", arg.Text)
		}
		p.repo.State = dir
	case "subdir":
		arg := prop.Arg("a folder of the repository")
		folder := arg.Text
		if err := checkFolder("subdir", &folder); err != nil {
			prop.Errorf(arg, "%q is not a folder of the repository", arg.Text)
			return
		}
		p.repo.Subdir = folder
	case "depth":
		if arg := prop.Arg(); arg.Text == "full" {
			p.repo.Depth = -1
		} else {
			p.repo.Depth = prop.Int(arg, 1, math.MaxInt32)
		}
	case "keep":
		p.repo.Keep = prop.Int(prop.Arg(), 1, 1000)
	case "submodules":
		prop.Args(0, 0)
		p.repo.Submodules = true
	case "lfs":
		prop.Args(0, 0)
		p.repo.LFS = true
	case "lazy":
		prop.Args(0, 0)
		p.service.Lazy = true
	}
}

// interval reads seconds, as in Caddy 0.7.1, or a duration.
func (p *parser) interval(prop *directive.Line) {
	arg := prop.Arg()
	if arg.Text == "off" {
		p.service.Interval = -1
		return
	}
	seconds, err := strconv.ParseUint(arg.Text, 10, 31)
	d := time.Duration(seconds) * time.Second
	if err != nil {
		d = prop.Duration(arg)
	}
	if d < time.Second {
		prop.Errorf(arg, "%q is not an interval: it is at least a second, or off", arg.Text)
	}
	p.service.Interval = d
}

func (p *parser) command(prop *directive.Line) {
	args, ok := command.FromLine(prop, prop.Args(1, directive.Any, "a command"))
	if !ok {
		return
	}
	if prop.Name() == "then" {
		p.repo.Then = append(p.repo.Then, Command{Args: args})
	} else {
		p.service.After = append(p.service.After, Command{Args: args})
	}
}

func (p *parser) hook(prop *directive.Line) {
	args := prop.Args(1, 2, "a path")
	if len(args) == 1 {
		prop.Errorf(args[0], "there is no secret: without one anybody could call it")
		return
	}
	if !strings.HasPrefix(args[0].Text, "/") && strings.HasPrefix(args[1].Text, "/") {
		prop.Errorf(args[0], "the path comes first, then the secret") // which no error shows
		return
	}
	path := string(prop.Path(args[0]))
	if strings.HasSuffix(path, "*") || path == "/" {
		prop.Errorf(args[0], "%q is not the path of a hook alone", path)
	}
	switch secret := args[1].Text; {
	case secret == "" && args[1].Quoted:
		prop.Errorf(args[1], "the secret is empty: anybody could call the hook")
	case strings.HasPrefix(secret, "{env.") || strings.HasPrefix(secret, "{file."):
		prop.Errorf(args[1], "%s stands for nothing here; a variable of the environment is written {$NAME}", secret)
	case strings.HasPrefix(secret, signingToken):
		if _, err := decodeSigningToken(secret); err != nil {
			prop.Errorf(args[1], "%w", err)
		}
	}
	for _, other := range p.hooks {
		if other.Path == path {
			prop.Errorf(args[0], "there is a hook at %s already", path)
		}
	}
	p.hooks = append(p.hooks, Hook{Path: path, Secret: []byte(args[1].Text)})
}

// token has the token read from a file, which keeps it out of the Caddyfile.
func (p *parser) token(prop *directive.Line) {
	args := prop.Args(1, 2, "a file")
	name, err := filepath.Abs(args[0].Text)
	if err != nil || args[0].Text == "" {
		prop.Errorf(args[0], "%q is not a file", args[0].Text)
	}
	user := ""
	if len(args) > 1 {
		user = args[1].Text
	}
	p.c.Site().Hide(name)
	p.repo.Token = func(context.Context) (string, string, error) { return tokenFile(name, user) }
}

func (p *parser) finishHooks() {
	if p.provider == nil {
		return
	}
	name := p.provider.OneOf(p.provider.Arg(), "provider", providerNames[1:]...)
	if len(p.hooks) == 0 {
		p.provider.Errorf(p.provider.Words[0], "there is no hook")
	}
	for i := range p.hooks {
		p.hooks[i].Provider = Provider(slices.Index(providerNames[:], name))
	}
}

// finish returns the Config, with the service in the care of the site.
func (p *parser) finish(l layout) (Config, bool) {
	site := p.c.Site()
	p.repo.Log = site.Log
	repo, err := openRepo(p.repo)
	if err != nil {
		p.line.Errorf(p.at, "%w", err)
		return Config{}, false
	}
	site.Hide(p.repo.State)
	service := share(p.c, p.line, p.at, NewService(repo, p.service))
	if p.leaves {
		p.line.Warnf(p.line.Words[0], "then names a folder by its full path: what it writes there is not part of the release, and is served while it is being changed, "+
			"if it is; name it as seen from the repository's own folder")
	}
	return Config{Service: service, Path: l.path, Hooks: p.hooks, Unpinned: p.unpinned}, true
}
