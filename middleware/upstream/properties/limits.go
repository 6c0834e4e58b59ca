package properties

import "github.com/shallot-http/shallot/middleware/directive"

// most is how many requests, or failures, a Caddyfile may say.
const most = 1 << 20

// limits are the properties that say when to give an upstream, or a request, up.
func (u *Upstreams) limits() []directive.Property {
	c := &u.Config
	return []directive.Property{
		{Name: "fail_timeout", Read: u.failTimeout, Elsewhere: []string{"fail_duration"}},
		{Name: "max_fails", Read: u.maxFails},
		{Name: "max_conns", Read: directive.Value(&c.MaxConns, number(0, most)), Elsewhere: []string{"unhealthy_request_count"}},
		directive.Property{Name: "queue", Read: u.waiting}.Noting(&u.queue),
		{Name: "slow_start", Read: directive.Value(&c.SlowStart, (*directive.Line).Duration)},
		{Name: "try_duration", Read: directive.Value(&u.TryDuration, (*directive.Line).Duration), Elsewhere: []string{"lb_try_duration"}},
		{Name: "try_interval", Read: directive.Value(&u.TryInterval, (*directive.Line).Interval), Elsewhere: []string{"lb_try_interval"}},
	}
}

// number returns what parses numbers from min to max.
func number(min, max int) func(*directive.Line, directive.Word) int {
	return func(prop *directive.Line, arg directive.Word) int { return prop.Int(arg, min, max) }
}

func (u *Upstreams) failTimeout(prop *directive.Line) {
	d := prop.Duration(prop.Arg())
	passive := &u.Config.Passive
	passive.Window, passive.Eject, passive.MaxEject = d, d, d
	if d == 0 {
		passive.MaxFails = -1
	}
	u.countAll()
}

func (u *Upstreams) maxFails(prop *directive.Line) {
	n := prop.Int(prop.Arg(), 0, most)
	if n == 0 {
		n = -1
	}
	if u.Config.Passive.MaxFails == 0 { // else fail_timeout says never
		u.Config.Passive.MaxFails = n
	}
	u.countAll()
}

// countAll has failures count as in Caddy 0.7.1: whatever else succeeds, and whoever
// else is out.
func (u *Upstreams) countAll() { u.Config.Passive.Ratio, u.Config.Passive.MaxPercent = -1, 100 }

func (u *Upstreams) waiting(prop *directive.Line) {
	args := prop.Args(1, 2)
	u.Config.Queue = prop.Int(args[0], 0, most)
	if len(args) > 1 {
		u.Config.QueueTimeout = prop.Interval(args[1])
	}
}
