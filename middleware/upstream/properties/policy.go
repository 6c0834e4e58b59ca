package properties

import (
	"net/http"

	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A policyName is what a Caddyfile calls a policy. One that needs an argument, and may
// have as many more, is read by of, any other is made by plain.
type policyName struct {
	name  string
	plain func() upstream.Policy
	of    func(prop *directive.Line, args []directive.Word) upstream.Policy
	more  int
}

// policies returns the policies in the order in which messages list them.
func (u *Upstreams) policies() []policyName {
	byClient := func() upstream.Policy {
		return upstream.Hash{Key: upstream.ByClientIP(u.reader.Controller.Site().Trusted...)}
	}
	return []policyName{
		{name: "random", plain: upstream.Random},
		{name: "least_conn", plain: upstream.LeastConn},
		{name: "round_robin", plain: upstream.RoundRobin},
		{name: "first", plain: upstream.First},
		{name: "p2c", plain: upstream.PowerOfTwo},
		{name: "least_time", plain: upstream.LeastTime},
		{name: "ewma", plain: upstream.PeakEWMA},
		{name: "ip_hash", plain: byClient},
		{name: "client_ip_hash", plain: byClient},
		{name: "uri_hash", plain: func() upstream.Policy { return upstream.Hash{Key: upstream.ByURI} }},
		{name: "random_choose", of: func(prop *directive.Line, args []directive.Word) upstream.Policy {
			return upstream.RandomChoose(prop.Int(args[0], 1, 1000))
		}},
		{name: "header", of: func(_ *directive.Line, args []directive.Word) upstream.Policy {
			return upstream.Hash{Key: upstream.ByHeader(args[0].Text)}
		}},
		{name: "query", of: func(_ *directive.Line, args []directive.Word) upstream.Policy {
			return upstream.Hash{Key: upstream.ByQuery(args[0].Text)}
		}},
		{name: "cookie", of: sticky, more: 1},
	}
}

// shortestSecret is of how many bytes what signs cookies has to be at least, for nobody
// to find it out from them.
const shortestSecret = 16

func sticky(prop *directive.Line, args []directive.Word) upstream.Policy {
	name, secret := args[0].Text, ""
	if (&http.Cookie{Name: name}).Valid() != nil {
		prop.Errorf(args[0], "%q cannot be the name of a cookie", name)
	}
	if len(args) > 1 {
		if secret = args[1].Text; len(secret) < shortestSecret {
			prop.Errorf(args[1], "a secret has at least %d bytes", shortestSecret)
		}
	}
	return upstream.NewSticky(upstream.Cookie{Name: name, Key: []byte(secret)})
}

func (u *Upstreams) policy(prop *directive.Line) {
	args := prop.Args(1, directive.Any)
	policies := u.policies()
	names := make([]string, len(policies))
	for i, policy := range policies {
		names[i] = policy.name
	}
	prop.OneOf(args[0], "policy", names...)
	for _, policy := range policies {
		switch {
		case policy.name != args[0].Text:
		case policy.of != nil:
			u.Config.Policy = policy.of(prop, prop.Args(2, 2+policy.more, "", "what it goes by")[1:])
		default:
			prop.Args(1, 1)
			u.Config.Policy = policy.plain()
		}
	}
}
