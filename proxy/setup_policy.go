package proxy

import (
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A policyName is what a Caddyfile calls a policy. One that needs an argument is
// read by of, any other is made by plain.
type policyName struct {
	name  string
	plain func() upstream.Policy
	of    func(prop *directive.Line, arg directive.Word) upstream.Policy
}

// policies returns the policies in the order in which messages list them.
func (p *parser) policies() []policyName {
	return []policyName{
		{name: "random", plain: upstream.Random},
		{name: "least_conn", plain: upstream.LeastConn},
		{name: "round_robin", plain: upstream.RoundRobin},
		{name: "first", plain: upstream.First},
		{name: "p2c", plain: upstream.PowerOfTwo},
		{name: "least_time", plain: upstream.LeastTime},
		{name: "ewma", plain: upstream.PeakEWMA},
		{name: "ip_hash", plain: func() upstream.Policy { return upstream.Hash{Key: upstream.ByIP} }},
		{name: "client_ip_hash", plain: func() upstream.Policy { return upstream.Hash{Key: upstream.ByClientIP(p.c.Site().Trusted...)} }},
		{name: "uri_hash", plain: func() upstream.Policy { return upstream.Hash{Key: upstream.ByURI} }},
		{name: "random_choose", of: func(prop *directive.Line, arg directive.Word) upstream.Policy {
			return upstream.RandomChoose(prop.Int(arg, 1, 1000))
		}},
		{name: "header", of: func(_ *directive.Line, arg directive.Word) upstream.Policy {
			return upstream.Hash{Key: upstream.ByHeader(arg.Text)}
		}},
		{name: "query", of: func(_ *directive.Line, arg directive.Word) upstream.Policy {
			return upstream.Hash{Key: upstream.ByQuery(arg.Text)}
		}},
		{name: "cookie", of: sticky},
	}
}

func sticky(prop *directive.Line, arg directive.Word) upstream.Policy {
	if !isToken(arg.Text) && arg.Text != "" {
		prop.Errorf(arg, "%q cannot be the name of a cookie", arg.Text)
	}
	return upstream.NewSticky(upstream.Cookie{Name: arg.Text})
}

func (p *parser) policy(prop *directive.Line) {
	args := prop.Args(1, directive.Any)
	policies := p.policies()
	names := make([]string, len(policies))
	for i, policy := range policies {
		names[i] = policy.name
	}
	prop.OneOf(args[0], "policy", names...)
	for _, policy := range policies {
		switch {
		case policy.name != args[0].Text:
		case policy.of != nil:
			p.up.Policy = policy.of(prop, prop.Args(2, 2)[1])
		default:
			prop.Args(1, 1)
			p.up.Policy = policy.plain()
		}
	}
}
