package proxy

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/upstream"
)

func (p *parser) servers(prop *directive.Line, tier int) {
	for _, arg := range prop.Args(1, directive.Any, "a server") {
		p.given = true
		p.target(&p.up.Config, prop, arg, tier)
	}
}

func (p *parser) via(prop *directive.Line) {
	arg := prop.Arg("a name")
	if p.cfg.Via = arg.Text; arg.Text != "" && !isToken(strings.ReplaceAll(arg.Text, ":", "")) {
		prop.Errorf(arg, "%q cannot be the name of a proxy", arg.Text)
	}
}

func (p *parser) aliases(prop *directive.Line) {
	names := []string{"drop", "keep", "reject"}
	p.cfg.Aliases = Aliases(slices.Index(names, prop.OneOf(prop.Arg(), "choice", names...)))
}

// upgrade reads what clients may switch to.
func (p *parser) upgrade(prop *directive.Line) {
	if prop.Name() == "websocket" {
		prop.Args(0, 0)
		p.cfg.Upgrade = append(p.cfg.Upgrade, "websocket")
		return
	}
	for _, arg := range prop.Args(1, directive.Any, "a protocol") {
		switch protocol := strings.ToLower(arg.Text); {
		case protocol == "h2c":
			prop.Errorf(arg, "requests within h2c would get past this server")
		case arg.Text != "" && !isToken(strings.ReplaceAll(protocol, "/", "")):
			prop.Errorf(arg, "%q cannot be the name of a protocol", arg.Text)
		}
		p.cfg.Upgrade = append(p.cfg.Upgrade, arg.Text)
	}
}

// statuses returns those that the arguments name, one by one or by 4xx.
func statuses(prop *directive.Line, from, to int) (list []int) {
	for _, arg := range prop.Args(1, directive.Any, "a status") {
		class, ok := strings.CutSuffix(arg.Text, "xx")
		first, err := strconv.Atoi(class)
		if first *= 100; !ok || err != nil || first < from || first+99 > to {
			list = append(list, prop.Status(arg, from, to))
			continue
		}
		for i := range 100 {
			list = append(list, first+i)
		}
	}
	return list
}

// retryStatus reads what another backend is asked in place of. To answer so is a
// failure.
func (p *parser) retryStatus(prop *directive.Line) {
	p.cfg.RetryStatuses = statuses(prop, 400, 599)
	p.up.Config.Passive.Statuses = p.cfg.RetryStatuses
}

func (p *parser) intercept(prop *directive.Line) {
	p.cfg.Intercept = []Interceptor{{Statuses: statuses(prop, 400, 599)}}
}

// accel has the files of a folder served where a backend says so. No other way leads
// to them.
func (p *parser) accel(prop *directive.Line) {
	args := prop.Args(2, 2, "a path", "a folder")
	prefix, folder := strings.TrimSuffix(string(prop.Path(args[0])), "/"), args[1].Text
	site := *p.c.Site()
	abs, err := filepath.Abs(folder)
	switch {
	case folder == "":
		return
	case p.files == nil:
		prop.Errorf(prop.Words[0], "this vocabulary has nothing to serve files by")
		return
	case strings.HasSuffix(prefix, "*"):
		prop.Errorf(args[0], "%q has to be whole segments", args[0].Text)
	case slices.ContainsFunc(p.cfg.Accel, func(a Accel) bool { return a.Prefix == prefix }):
		prop.Errorf(args[0], "%q leads to another folder already", args[0].Text)
	case err != nil:
		prop.Errorf(args[1], "%w", err)
	case abs == site.Root.Dir:
		prop.Errorf(args[1], "%q is the root of the site, which everybody may ask for", folder)
	}
	root := middleware.NewRoot(folder)
	p.c.OnStop(root.Close)
	if below, err := filepath.Rel(site.Root.Dir, abs); err == nil && filepath.IsLocal(below) {
		site.Hide(folder)
	}
	site.Root = root
	p.cfg.Accel = append(p.cfg.Accel, Accel{Prefix: prefix, Handler: p.files(&site, root)})
}

// mirrorTo reads who gets copies of how many requests.
func (p *parser) mirrorTo(prop *directive.Line) {
	args := prop.Args(2, directive.Any, "a percentage", "a server")
	percent, err := strconv.ParseFloat(strings.TrimSuffix(args[0].Text, "%"), 64)
	if args[0].Text != "" && (err != nil || !(percent > 0 && percent <= 100)) {
		prop.Errorf(args[0], "%q is not a percentage above 0 and up to 100", args[0].Text)
	}
	p.mirror.Percent = percent
	for _, arg := range args[1:] {
		p.target(&p.mirrors, prop, arg, 0)
	}
}

func (p *parser) finishMirror(t *Transport) *Mirror {
	if p.mirror.Percent == 0 {
		return nil
	}
	p.mirrors.Observe = p.up.Config.Observe
	group := upstream.New(p.mirrors)
	p.c.OnStart(group.Start)
	p.c.OnStop(group.Close)
	p.mirror.Upstreams, p.mirror.Transport = group, t
	m := NewMirror(p.mirror)
	p.c.OnStop(func() error {
		err := m.Close()
		if s := m.Status(); s.Answered+s.Failed+s.Dropped+s.TooLarge > 0 {
			p.c.Site().Log.Info("proxy: mirror", "answered", s.Answered, "failed", s.Failed, "dropped", s.Dropped, "too_large", s.TooLarge)
		}
		return err
	})
	return m
}
