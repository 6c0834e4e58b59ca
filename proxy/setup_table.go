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
		{"retry_status", p.retryStatus},

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
		{"relocate", func(prop *directive.Line) { prop.Args(0, 0); p.cfg.Relocate = true }},
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
		{"status", p.status},

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

// elsewhere is what properties are called in other versions of Caddy, and in nginx.
var elsewhere = map[string]string{
	"to": "upstream", "server": "upstream", "dynamic": "upstream",
	"lb_policy": "policy", "lb_try_duration": "try_duration", "lb_try_interval": "try_interval",
	"lb_retry_match": "retry_status", "proxy_next_upstream": "retry_status", "unhealthy_status": "retry_status",
	"fail_duration": "fail_timeout", "unhealthy_request_count": "max_conns",

	"health_uri": "health_check", "health_path": "health_check", "health_interval": "health_check_interval",
	"health_timeout": "health_check_timeout", "health_port": "health_check_port", "health_status": "health_check_status",
	"health_body": "health_check_contains", "health_passes": "health_check_rise", "health_fails": "health_check_fall",

	"header_up": "header_upstream", "proxy_set_header": "header_upstream", "header_down": "header_downstream",
	"underscores_in_headers": "aliases", "stream_timeout": "upgrade_timeout", "proxy_redirect": "relocate",
	"handle_response": "intercept", "proxy_intercept_errors": "intercept",

	"dial_timeout": "timeout", "connect_timeout": "timeout", "proxy_connect_timeout": "timeout",
	"response_header_timeout": "header_timeout", "proxy_read_timeout": "read_timeout",
	"send_timeout": "write_timeout", "proxy_send_timeout": "write_timeout", "keepalive_idle_conns": "keepalive",
	"dial_fallback_delay": "fallback_delay", "tls_insecure_skip_verify": "insecure_skip_verify",
	"tls_trusted_ca_certs": "ca_certificates", "tls_trust_pool": "ca_certificates", "proxy_ssl_trusted_certificate": "ca_certificates",
	"tls_client_auth": "tls_client", "proxy_ssl_name": "tls_server_name",
}

// hint tells those who write what a property is called elsewhere what it is called
// here. That it is unknown Properties would say, too.
func (p *parser) hint() {
	for _, prop := range p.line.Block {
		if here := elsewhere[prop.Name()]; here != "" {
			p.line.Errorf(prop.Words[0], "unknown property %q (here it is called %q)", prop.Name(), here)
		}
	}
}
