package fastcgi

import (
	"slices"

	"github.com/shallot-http/shallot/middleware/directive"
)

// properties returns all that a block may say.
func (p *parser) properties() []directive.Property {
	return slices.Concat(p.up.Properties(), p.reach(), []directive.Property{
		{Name: "upstream...", Read: p.upstreams, Elsewhere: []string{"to", "server", "dynamic"}},

		{Name: "ext", Read: p.ext},
		{Name: "split", Read: p.split, Elsewhere: []string{"fastcgi_split_path_info"}},
		{Name: "index", Read: p.index, Elsewhere: []string{"fastcgi_index"}},
		{Name: "try", Read: p.try},
		{Name: "try_files", Read: p.try},
		{Name: "mount", Read: func(prop *directive.Line) { p.cfg.Mount = string(prop.Path(prop.Arg())) }},
		{Name: "root", Read: p.root},

		{Name: "env...", Read: p.env, Elsewhere: []string{"fastcgi_param"}},
		{Name: "alias...", Read: p.alias},

		{Name: "max_body", Read: directive.Value(&p.cfg.BodyMax, (*directive.Line).Size)},
		{Name: "body_memory", Read: directive.Value(&p.cfg.BodyMemory, (*directive.Line).Size)},
		{Name: "temp", Read: func(prop *directive.Line) { p.cfg.TempDir = prop.Arg().Text }},
		{Name: "sendfile", Read: p.sendfile},
	})
}

// reach returns what says how to connect.
func (p *parser) reach() []directive.Property {
	c := &p.client
	return []directive.Property{
		{Name: "connect_timeout", Read: directive.Value(&c.DialTimeout, (*directive.Line).Limit), Elsewhere: []string{"dial_timeout", "fastcgi_connect_timeout"}},
		{Name: "send_timeout", Read: directive.Value(&c.SendTimeout, (*directive.Line).Limit), Elsewhere: []string{"write_timeout", "fastcgi_send_timeout"}},
		{Name: "read_timeout", Read: directive.Value(&c.ReadTimeout, (*directive.Line).Limit), Elsewhere: []string{"fastcgi_read_timeout"}},
		{Name: "idle_timeout", Read: directive.Value(&c.IdleTimeout, (*directive.Line).Interval)},
		{Name: "pool", Read: p.pool},
	}
}
