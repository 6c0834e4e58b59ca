package standard

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// The directives here become no layer: they say something of the site itself.

var (
	root           = directive.Directive{Name: "root", Setup: setupRoot}
	index          = directive.Directive{Name: "index", Setup: setupIndex}
	bind           = directive.Directive{Name: "bind", Setup: setupBind}
	timeouts       = directive.Directive{Name: "timeouts", Setup: setupTimeouts}
	h2c            = directive.Directive{Name: "h2c", Setup: setupH2C, Elsewhere: []string{"http2"}}
	trustedProxies = directive.Directive{Name: "trusted_proxies", Setup: setupTrustedProxies, Elsewhere: []string{"realip"}}
)

// setupRoot takes a folder that is not there for one that is yet to come, as
// Caddy 0.7.1 does: a deployment may make it.
func setupRoot(c *directive.Controller) (middleware.Middleware, error) {
	line := c.Once()
	dir := line.Arg("a folder")
	site := c.Site()
	site.Root = middleware.NewRoot(dir.Text)
	c.OnStop(site.Root.Close)
	info, err := os.Stat(site.Root.Dir)
	switch {
	case dir.Text == "":
		line.Errorf(dir, "the folder has no name")
	case errors.Is(err, fs.ErrNotExist):
		line.Warnf(dir, "%s does not exist yet", site.Root.Dir)
	case err != nil:
		line.Errorf(dir, "%w", err)
	case !info.IsDir():
		line.Errorf(dir, "%q is not a folder", dir.Text)
	default:
		if folder, err := os.OpenRoot(site.Root.Dir); err == nil {
			_ = folder.Close()
		} else {
			line.Warnf(dir, "all of the site is 404: %w", err)
		}
	}
	return nil, c.Err()
}

func setupIndex(c *directive.Controller) (middleware.Middleware, error) {
	line := c.Once()
	names := line.Args(1, directive.Any, "the name of a file")
	c.Site().Index = make([]string, len(names))
	for i, name := range names {
		if name.Text == "" || strings.ContainsAny(name.Text, `/\`) {
			line.Errorf(name, "%q is not the name of a file within a folder", name.Text)
		}
		c.Site().Index[i] = name.Text
	}
	return nil, c.Err()
}

func setupBind(c *directive.Controller) (middleware.Middleware, error) {
	for _, line := range c.Lines() {
		for _, host := range line.Args(1, directive.Any, "a host") {
			name := strings.TrimSuffix(strings.TrimPrefix(host.Text, "["), "]")
			_, err := netip.ParseAddr(name)
			switch {
			case name == "" || strings.ContainsAny(name, "/*"):
				line.Errorf(host, "%q is not a host to listen on, such as 127.0.0.1 or ::1", host.Text)
			case err != nil && strings.Contains(name, ":"):
				line.Errorf(host, "%q is not a host alone: the port to listen on is that of the site's address", host.Text)
			default:
				c.Site().Server.Bind = append(c.Site().Server.Bind, name)
			}
		}
	}
	return nil, c.Err()
}

func setupTimeouts(c *directive.Controller) (middleware.Middleware, error) {
	line, server := c.Once(), &c.Site().Server
	parse := func(line *directive.Line, w directive.Word) time.Duration {
		if w.Text == "none" || w.Text == "0" {
			return -1
		}
		return line.Duration(w)
	}
	if all := line.Args(0, 1); len(all) == 1 {
		d := parse(line, all[0])
		server.ReadTimeout, server.ReadHeaderTimeout, server.WriteTimeout, server.IdleTimeout = d, d, d, d
	} else if line.Block == nil {
		line.Errorf(line.Words[0], "a duration, none, or a block of read, header, write and idle is missing")
	}
	for _, prop := range line.Properties("read", "header", "write", "idle") {
		d := parse(prop, prop.Arg())
		switch prop.Name() {
		case "read":
			server.ReadTimeout = d
		case "header":
			server.ReadHeaderTimeout = d
		case "write":
			server.WriteTimeout = d
		case "idle":
			server.IdleTimeout = d
		}
	}
	return nil, c.Err()
}

func setupH2C(c *directive.Controller) (middleware.Middleware, error) {
	c.Once().Args(0, 0)
	c.Site().Server.H2C = true
	return nil, c.Err()
}

func setupTrustedProxies(c *directive.Controller) (middleware.Middleware, error) {
	for _, line := range c.Lines() {
		for _, network := range line.Args(1, directive.Any) {
			c.Site().Trusted = append(c.Site().Trusted, line.Network(network))
		}
	}
	return nil, c.Err()
}
