package proxy

import (
	"slices"

	"github.com/shallot-http/shallot/middleware/directive"
)

// properties returns all that a block may say.
func (p *parser) properties() []directive.Property {
	forUp := func(prop *directive.Line) { p.cfg.Up = append(p.cfg.Up, p.headerOp(prop)...) }
	forDown := func(prop *directive.Line) { p.cfg.Down = append(p.cfg.Down, p.headerOp(prop)...) }
	return slices.Concat(p.up.Properties(), p.checks(), p.reach(), []directive.Property{
		{Name: "upstream...", Read: func(prop *directive.Line) { p.servers(prop, 0) }, Elsewhere: []string{"to", "server", "dynamic"}},
		{Name: "backup...", Read: func(prop *directive.Line) { p.servers(prop, 1) }},
		{Name: "retry_status", Read: p.retryStatus, Elsewhere: []string{"lb_retry_match", "proxy_next_upstream", "unhealthy_status"}},

		{Name: "without", Read: func(prop *directive.Line) { p.cfg.Without = string(prop.Path(prop.Arg())) }},
		{Name: "relocate", Read: directive.Flag(&p.cfg.Relocate), Elsewhere: []string{"proxy_redirect"}},
		{Name: "transparent", Read: p.transparent},
		{Name: "header_upstream...", Read: forUp, Elsewhere: []string{"header_up", "proxy_set_header"}},
		{Name: "proxy_header...", Read: forUp},
		{Name: "header_downstream...", Read: forDown, Elsewhere: []string{"header_down"}},
		{Name: "forwarded", Read: directive.Flag(&p.cfg.Forwarded)},
		{Name: "via", Read: p.via},
		{Name: "aliases", Read: p.aliases, Elsewhere: []string{"underscores_in_headers"}},
		{Name: "request_trailers", Read: directive.Flag(&p.cfg.Trailers)},

		{Name: "websocket", Read: p.upgrade},
		{Name: "upgrade", Read: p.upgrade},
		directive.Property{Name: "upgrade_timeout", Read: directive.Value(&p.cfg.UpgradeTimeout, (*directive.Line).Interval),
			Elsewhere: []string{"stream_timeout"}}.Noting(&p.forUpgrade),
		directive.Property{Name: "upgrade_idle", Read: directive.Value(&p.cfg.UpgradeIdle, (*directive.Line).Interval)}.Noting(&p.forUpgrade),

		{Name: "intercept", Read: p.intercept, Elsewhere: []string{"handle_response", "proxy_intercept_errors"}},
		{Name: "accel...", Read: p.accel},
		{Name: "mirror", Read: p.mirrorTo},
	})
}

// checks returns what a health check by HTTP has besides.
func (p *parser) checks() []directive.Property {
	port := func(prop *directive.Line, arg directive.Word) int { return prop.Int(arg, 1, 1<<16-1) }
	return []directive.Property{
		p.up.ForCheck(directive.Property{Name: "health_check_port", Read: directive.Value(&p.check.Port, port), Elsewhere: []string{"health_port"}}),
		p.up.ForCheck(directive.Property{Name: "health_check_host", Read: func(prop *directive.Line) { p.check.Host = prop.Arg().Text }}),
		p.up.ForCheck(directive.Property{Name: "health_check_status", Elsewhere: []string{"health_status"},
			Read: func(prop *directive.Line) { p.check.Status = statuses(prop, 200, 599) }}),
	}
}

// reach returns what says how to connect.
func (p *parser) reach() []directive.Property {
	t := &p.transport
	return []directive.Property{
		{Name: "keepalive", Read: p.keepalive, Elsewhere: []string{"keepalive_idle_conns"}},
		{Name: "keepalive_timeout", Read: directive.Value(&t.IdleTimeout, (*directive.Line).Interval)},
		{Name: "timeout", Read: directive.Value(&t.DialTimeout, (*directive.Line).Interval),
			Elsewhere: []string{"dial_timeout", "connect_timeout", "proxy_connect_timeout"}},
		{Name: "tls_timeout", Read: directive.Value(&t.TLSTimeout, (*directive.Line).Interval)},
		{Name: "header_timeout", Read: directive.Value(&t.HeaderTimeout, (*directive.Line).Limit), Elsewhere: []string{"response_header_timeout"}},
		{Name: "read_timeout", Read: directive.Value(&t.BodyTimeout, (*directive.Line).Limit), Elsewhere: []string{"proxy_read_timeout"}},
		{Name: "write_timeout", Read: directive.Value(&t.WriteTimeout, (*directive.Line).Limit), Elsewhere: []string{"send_timeout", "proxy_send_timeout"}},
		{Name: "fallback_delay", Read: p.fallbackDelay, Elsewhere: []string{"dial_fallback_delay"}},
		{Name: "insecure_skip_verify", Read: func(prop *directive.Line) { directive.Flag(&p.tls().InsecureSkipVerify)(prop) }, Elsewhere: []string{"tls_insecure_skip_verify"}},
		{Name: "ca_certificates...", Read: p.authorities, Elsewhere: []string{"tls_trusted_ca_certs", "tls_trust_pool", "proxy_ssl_trusted_certificate"}},
		{Name: "tls_client", Read: p.tlsClient, Elsewhere: []string{"tls_client_auth"}},
		{Name: "tls_server_name", Read: func(prop *directive.Line) { p.tls().ServerName = prop.Arg().Text }, Elsewhere: []string{"proxy_ssl_name"}},
	}
}
