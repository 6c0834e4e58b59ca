package directive

import (
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// Access reads l into a, if it is one of the properties that say who may see what a
// program tells of itself, and reports whether it is. They are named as
// AccessProperties returns:
//
//	allow local          this machine, see middleware.Private
//	allow network...     peers of these networks, and this machine
//	allow user           whoever a layer further out has authenticated
//	host  name...        how else those of networks may name the host
func (l *Line) Access(a *middleware.Access) bool {
	private := func() *middleware.Private {
		if a.Private == nil {
			a.Private = new(middleware.Private)
		}
		return a.Private
	}
	switch l.Name() {
	case "allow":
		for _, arg := range l.Args(1, Any, "local, user or a network") {
			switch arg.Text {
			case "local":
				private()
			case "user":
				a.Users = true
			case "localhost", "127.0.0.1", "::1":
				private()
				l.Errorf(arg, `this machine is called "local" here`)
			case "all", "everyone", "*":
				private()
				l.Errorf(arg, `everybody is "0.0.0.0/0 ::/0"`)
			default:
				p := private()
				p.Networks = append(p.Networks, l.Network(arg))
			}
		}
	case "host":
		for _, arg := range l.Args(1, Any, "a name") {
			if arg.Text == "" || strings.ContainsAny(arg.Text, ":/*[]") {
				l.Errorf(arg, "%q is not the name of a host, without its port", arg.Text)
			}
			p := private()
			p.Hosts = append(p.Hosts, arg.Text)
		}
	default:
		return false
	}
	return true
}

// AccessProperties returns the names of the properties that Access reads, for
// Properties.
func AccessProperties() []string { return []string{"allow...", "host..."} }

// NeedsAccess records that l does not say who is let in, if a is nobody: what is of
// no concern to the public is not opened without a word.
func (l *Line) NeedsAccess(a middleware.Access) {
	switch {
	case a.Private != nil && a.Private.Hosts != nil && a.Private.Networks == nil:
		l.Errorf(l.Words[0], "host is of use only to the networks that allow names")
	case !a.Users && a.Private == nil:
		l.Errorf(l.Words[0], "it has to be said who may see it: a block with allow local (this machine), allow user (who has a password) or allow and networks")
	}
}
