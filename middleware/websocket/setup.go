package websocket

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/command"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "websocket", Setup: setup}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var layers []Config
	for _, line := range c.Lines() {
		cfg := Config{Trusted: c.Site().Trusted, Log: c.Site().Log, Drain: c.Stopping()}
		words := line.Args(1, directive.Any, "a command")
		if len(words) > 1 && strings.HasPrefix(words[0].Text, "/") {
			cfg.Path = line.Path(words[0])
			words = words[1:]
		}
		if len(words) == 1 {
			cfg.Command, _ = command.FromWord(line, words[0])
		} else {
			cfg.Command, _ = command.FromLine(line, words)
		}
		for _, prop := range line.Properties("type", "bufsize", "origins...", "max_connections", "ping", "env...", "respawn") {
			cfg.property(prop)
		}
		layers = append(layers, cfg)
	}
	// The line with the longest path counts, whatever their order.
	slices.SortStableFunc(layers, func(a, b Config) int { return a.Path.Compare(b.Path) })
	chain := make([]middleware.Middleware, len(layers))
	for i, cfg := range layers {
		chain[i] = New(cfg)
	}
	return middleware.Chain(chain...), c.Err()
}

func (c *Config) property(prop *directive.Line) {
	switch prop.Name() {
	case "type":
		c.Type = map[string]Type{"lines": Lines, "text": Text, "binary": Binary}[prop.OneOf(prop.Arg(), "type", "lines", "text", "binary")]
	case "bufsize":
		arg := prop.Arg()
		n := prop.Size(arg)
		if n < 16 || n > math.MaxInt32 {
			prop.Errorf(arg, "%q is not a size from 16 bytes to 2 GB", arg.Text)
		}
		c.BufferSize = int(n)
	case "origins":
		for _, arg := range prop.Args(1, directive.Any, "a host") {
			if _, err := path.Match(arg.Text, ""); err != nil || arg.Text == "" || strings.Contains(arg.Text, "/") {
				prop.Errorf(arg, "%q is not a host such as example.com, *.example.com or localhost:8080", arg.Text)
			}
			c.Origins = append(c.Origins, arg.Text)
		}
	case "max_connections":
		c.MaxConnections = prop.Int(prop.Arg(), 1, math.MaxInt32)
	case "ping":
		if arg := prop.Arg(); arg.Text == "off" {
			c.Ping = -1
		} else if c.Ping = prop.Duration(arg); c.Ping == 0 {
			prop.Errorf(arg, "%q is not an interval; off is to send no pings", arg.Text)
		}
	case "env":
		args := prop.Args(2, 2, "a variable", "its value")
		if len(args) < 2 {
			return
		}
		if name := args[0].Text; name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(args[1].Text, 0) {
			prop.Errorf(args[0], "%q is not the name of a variable", name)
		}
		c.Env = append(c.Env, args[0].Text+"="+args[1].Text)
	case "respawn":
		prop.Args(0, 0)
	}
}
