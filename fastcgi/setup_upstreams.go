package fastcgi

import (
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

var policies = []string{"random", "least_conn", "round_robin", "first", "p2c", "least_time", "ip_hash", "uri_hash", "header"}

func (p *parser) policy(prop *directive.Line) {
	args := prop.Args(1, 2)
	name := prop.OneOf(args[0], "policy", policies...)
	if name != args[0].Text {
		return
	}
	if name == "header" {
		args = prop.Args(2, 2)
	} else {
		prop.Args(1, 1)
	}
	switch name {
	case "random":
		p.up.Policy = upstream.Random()
	case "least_conn":
		p.up.Policy = upstream.LeastConn()
	case "round_robin":
		p.up.Policy = upstream.RoundRobin()
	case "first":
		p.up.Policy = upstream.First()
	case "p2c":
		p.up.Policy = upstream.PowerOfTwo()
	case "least_time":
		p.up.Policy = upstream.LeastTime()
	case "ip_hash":
		p.up.Policy = upstream.Hash{Key: upstream.ByClientIP(p.c.Site().Trusted...)}
	case "uri_hash":
		p.up.Policy = upstream.Hash{Key: upstream.ByURI}
	case "header":
		p.up.Policy = upstream.Hash{Key: upstream.ByHeader(args[1].Text)}
	}
}

// limit reads what says when to give an upstream, or a request, up.
func (p *parser) limit(prop *directive.Line) {
	passive := &p.up.Passive
	switch prop.Name() {
	case "fail_timeout":
		d := prop.Duration(prop.Arg())
		passive.Window, passive.Eject, passive.MaxEject = d, d, d
		if d == 0 {
			passive.MaxFails = -1
		}
		passive.Ratio, passive.MaxPercent = -1, 100 // as of package proxy
	case "max_fails":
		n := prop.Int(prop.Arg(), 0, 1<<20)
		if n == 0 {
			n = -1
		}
		if passive.MaxFails == 0 {
			passive.MaxFails = n
		}
		passive.Ratio, passive.MaxPercent = -1, 100
	case "max_conns":
		p.up.MaxConns = prop.Int(prop.Arg(), 0, 1<<20)
	case "queue":
		args := prop.Args(1, 2)
		p.up.Queue = prop.Int(args[0], 0, 1<<20)
		if len(args) > 1 {
			p.up.QueueTimeout = prop.Interval(args[1])
		}
	case "try_duration":
		p.cfg.TryDuration = prop.Duration(prop.Arg())
	case "try_interval":
		p.cfg.TryInterval = prop.Interval(prop.Arg())
	}
}

// reach reads what says how to connect.
func (p *parser) reach(prop *directive.Line) {
	switch prop.Name() {
	case "connect_timeout":
		p.client.DialTimeout = prop.Limit(prop.Arg())
	case "send_timeout":
		p.client.SendTimeout = prop.Limit(prop.Arg())
	case "read_timeout":
		p.client.ReadTimeout = prop.Limit(prop.Arg())
	case "idle_timeout":
		p.client.IdleTimeout = prop.Interval(prop.Arg())
	case "pool":
		if p.client.MaxIdle = prop.Int(prop.Arg(), 0, 1<<20); p.client.MaxIdle == 0 {
			p.client.MaxIdle = -1
		}
	}
}

func (p *parser) health(prop *directive.Line) {
	if prop.Name() == "health_check" {
		args := prop.Args(1, 2)
		p.checked = true
		p.check.Path = args[0].Text
		if args[0].Text != "" && args[0].Text[0] != '/' {
			prop.Errorf(args[0], "%q is not a path such as /fpm-ping", args[0].Text)
		}
		if len(args) > 1 {
			p.up.Active.Interval = prop.Interval(args[1])
		}
		return
	}
	if p.checkOf.Text == "" {
		p.checkOf = prop.Words[0]
	}
	arg := prop.Arg()
	switch prop.Name() {
	case "health_check_interval":
		p.up.Active.Interval = prop.Interval(arg)
	case "health_check_timeout":
		p.up.Active.Timeout = prop.Interval(arg)
	case "health_check_contains":
		p.check.Contains = arg.Text
	}
}

// body reads what is to become of bodies.
func (p *parser) body(prop *directive.Line) {
	arg := prop.Arg()
	switch prop.Name() {
	case "max_body":
		p.cfg.BodyMax = prop.Size(arg)
	case "body_memory":
		p.cfg.BodyMemory = prop.Size(arg)
	case "temp":
		p.cfg.TempDir = arg.Text
	case "sendfile":
		p.cfg.SendFile = middleware.NewRoot(arg.Text)
		p.c.OnStop(p.cfg.SendFile.Close)
	}
}
