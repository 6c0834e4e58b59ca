package properties

import (
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A Reader reads the lines of a directive in one site.
type Reader struct {
	Controller *directive.Controller
	Policy     upstream.Policy // where none is given
	NoPath     string          // what is said of a health_check of "x", behind: "x" is not a path
	Taken      string          // what is said of a second line for /x, behind: /x

	pages  []*page
	places map[middleware.Path]directive.Pos // of the lines
}

// Upstreams are those of one line.
type Upstreams struct {
	Config                   upstream.Config
	Except                   []middleware.Path
	TryDuration, TryInterval time.Duration // 0 is not given

	// Check is what the checker that is given to Group has to look for.
	Check struct {
		Path     string // "" is not given, and there are no checks
		Contains string
	}

	// Status, if it is not nil, is what the page shows in place of upstream.Status. It is
	// called when somebody looks.
	Status func() any

	reader   *Reader
	line     *directive.Line
	from     middleware.Path
	group    *upstream.Group
	forCheck directive.Word // the first property that is of use only with a health_check
	queue    directive.Word // that requests are to wait in
}

// Line returns the Upstreams of a line, for the requests that From is told of before its
// block is read.
func (r *Reader) Line(line *directive.Line) *Upstreams {
	return &Upstreams{
		Config: upstream.Config{Policy: r.Policy, Observe: upstream.LogTo(r.Controller.Site().Log)},
		reader: r, line: line,
	}
}

// Properties returns those that the package comment describes, for
// [directive.Line.ReadBlock].
func (u *Upstreams) Properties() []directive.Property {
	return slices.Concat(u.limits(), u.checks(), []directive.Property{
		{Name: "policy", Read: u.policy, Elsewhere: []string{"lb_policy"}},
		{Name: "except...", Read: u.except},
		{Name: "status", Read: u.status},
	})
}

// From is told for which requests the upstreams are. That is what the first argument of
// the line says, if it has one.
func (u *Upstreams) From(path middleware.Path) {
	at := u.line.Words[min(1, len(u.line.Words)-1)]
	if first, again := u.reader.places[path]; again {
		u.line.Errorf(at, "%s %s, by the line at %v", path, u.reader.Taken, first)
	}
	if u.reader.places == nil {
		u.reader.places = map[middleware.Path]directive.Pos{}
	}
	u.from, u.reader.places[path] = path, at.Pos
}

// except reads paths that are relative to what From was told, unless they lie below it.
func (u *Upstreams) except(prop *directive.Line) {
	from := strings.TrimSuffix(u.from.Prefix(), "/")
	for _, arg := range prop.Args(1, directive.Any) {
		path := prop.Path(arg)
		if rest, ok := strings.CutPrefix(string(path), from); !ok || rest != "" && rest[0] != '/' {
			path = middleware.Path(from) + path
		}
		u.Except = append(u.Except, path)
	}
}

// Group returns the upstreams, which the site starts and closes, once the block is
// read. The checker is used if there is a health_check.
func (u *Upstreams) Group(checker upstream.Checker) *upstream.Group {
	passive := &u.Config.Passive
	if passive.Ratio < 0 && passive.MaxFails == 0 {
		passive.MaxFails = 1
	}
	switch {
	case u.Check.Path != "":
		u.Config.Active.Checker = checker
	case u.forCheck.Text != "":
		u.line.Errorf(u.forCheck, "there is no health_check that this could be for")
	}
	if u.Config.Queue > 0 && u.Config.MaxConns == 0 {
		u.line.Errorf(u.queue, "there is no max_conns, so that nobody ever waits")
	}
	c := u.reader.Controller
	u.Config.Name = strings.Join(append(slices.Clip(c.Site().Addrs), u.line.Name(), string(u.from)), " ")
	u.group = upstream.New(u.Config)
	directive.Share(c, u.group, func() *upstream.Group { return u.group }) // for those who show what goes on
	return u.group
}
