package proxy

import "github.com/shallot-http/shallot/middleware/directive"

// A property is a line of a block, and what reads it. The name ends in "..." if there
// may be several of them.
type property struct {
	name string
	read func(prop *directive.Line)
}

// properties returns all that a block may say.
func (p *parser) properties() []property {
	return []property{
		{"upstream...", func(prop *directive.Line) { p.servers(prop, 0) }},
		{"backup...", func(prop *directive.Line) { p.servers(prop, 1) }},
		{"policy", p.policy},
		{"fail_timeout", p.limit},
		{"max_fails", p.limit},
		{"max_conns", p.limit},
		{"queue", p.limit},
		{"slow_start", p.limit},
		{"try_duration", p.limit},
		{"try_interval", p.limit},

		{"health_check", p.health},
		{"health_check_interval", p.health},
		{"health_check_timeout", p.health},
		{"health_check_port", p.health},
		{"health_check_host", p.health},
		{"health_check_status", p.health},
		{"health_check_contains", p.health},
		{"health_check_rise", p.health},
		{"health_check_fall", p.health},

		{"without", func(prop *directive.Line) { p.cfg.Without = string(prop.Path(prop.Arg())) }},
		{"except...", p.excepts},
		{"transparent", func(prop *directive.Line) { prop.Args(0, 0); p.transparent() }},
		{"header_upstream...", func(prop *directive.Line) { p.cfg.Up = append(p.cfg.Up, p.headerOp(prop)...) }},
		{"proxy_header...", func(prop *directive.Line) { p.cfg.Up = append(p.cfg.Up, p.headerOp(prop)...) }},
		{"header_downstream...", func(prop *directive.Line) { p.cfg.Down = append(p.cfg.Down, p.headerOp(prop)...) }},
		{"forwarded", func(prop *directive.Line) { prop.Args(0, 0); p.cfg.Forwarded = true }},
		{"via", p.via},
		{"aliases", p.aliases},
		{"request_trailers", func(prop *directive.Line) { prop.Args(0, 0); p.cfg.Trailers = true }},

		{"websocket", p.upgrade},
		{"upgrade", p.upgrade},
		{"upgrade_timeout", p.upgradeLimit},
		{"upgrade_idle", p.upgradeLimit},

		{"intercept", p.intercept},
		{"accel...", p.accel},
		{"mirror", p.mirrorTo},

		{"keepalive", p.reach},
		{"keepalive_timeout", p.reach},
		{"timeout", p.reach},
		{"tls_timeout", p.reach},
		{"header_timeout", p.reach},
		{"read_timeout", p.reach},
		{"write_timeout", p.reach},
		{"fallback_delay", p.reach},
		{"insecure_skip_verify", p.reach},
		{"ca_certificates...", p.reach},
		{"tls_client", p.reach},
		{"tls_server_name", p.reach},
	}
}
