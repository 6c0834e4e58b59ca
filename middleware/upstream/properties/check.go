package properties

import (
	"strings"

	"github.com/shallot-http/shallot/middleware/directive"
)

// checks are the properties of health checks.
func (u *Upstreams) checks() []directive.Property {
	a := &u.Config.Active
	return []directive.Property{
		{Name: "health_check", Read: u.check, Elsewhere: []string{"health_uri", "health_path"}},
		u.ForCheck(directive.Property{Name: "health_check_interval", Read: directive.Value(&a.Interval, (*directive.Line).Interval), Elsewhere: []string{"health_interval"}}),
		u.ForCheck(directive.Property{Name: "health_check_timeout", Read: directive.Value(&a.Timeout, (*directive.Line).Interval), Elsewhere: []string{"health_timeout"}}),
		u.ForCheck(directive.Property{Name: "health_check_contains", Elsewhere: []string{"health_body"},
			Read: func(prop *directive.Line) { u.Check.Contains = prop.Arg().Text }}),
		u.ForCheck(directive.Property{Name: "health_check_rise", Read: directive.Value(&a.Rise, number(1, 1000)), Elsewhere: []string{"health_passes"}}),
		u.ForCheck(directive.Property{Name: "health_check_fall", Read: directive.Value(&a.Fall, number(1, 1000)), Elsewhere: []string{"health_fails"}}),
	}
}

// ForCheck returns p as one that is an error without a health_check.
func (u *Upstreams) ForCheck(p directive.Property) directive.Property {
	return p.Noting(&u.forCheck)
}

func (u *Upstreams) check(prop *directive.Line) {
	args := prop.Args(1, 2, "a path")
	u.Check.Path = args[0].Text
	if !strings.HasPrefix(args[0].Text, "/") {
		prop.Errorf(args[0], "%q is not a path%s", args[0].Text, u.reader.NoPath)
		u.Check.Path = "/" // of something it is
	}
	if len(args) > 1 {
		u.Config.Active.Interval = prop.Interval(args[1])
	}
}
