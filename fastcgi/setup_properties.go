package fastcgi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// without returns an error of package upstream about text, as it stands in the file.
func without(err error, text string) error {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return fmt.Errorf("%q: %w", text, err)
}

func (p *parser) upstreams(prop *directive.Line) {
	for _, arg := range prop.Args(1, directive.Any, "an address") {
		p.target(prop, arg)
	}
}

func (p *parser) ext(prop *directive.Line)   { p.cfg.Ext = suffixes(prop, ".") }
func (p *parser) split(prop *directive.Line) { p.cfg.Split = suffixes(prop, "") }

// suffixes returns what names of scripts end in, all of which begin with first.
func suffixes(prop *directive.Line, first string) (list []string) {
	for _, arg := range prop.Args(1, directive.Any) {
		if arg.Text == "" || strings.Contains(arg.Text, "/") || !strings.HasPrefix(arg.Text, first) {
			prop.Errorf(arg, "%q is not what the name of a script ends in, such as .php", arg.Text)
		}
		list = append(list, arg.Text)
	}
	return list
}

func (p *parser) index(prop *directive.Line) {
	p.cfg.Index, p.scripts = nil, prop // in place of the preset's
	for _, arg := range prop.Args(1, directive.Any) {
		if arg.Text == "" || strings.ContainsAny(arg.Text, `/\`) {
			prop.Errorf(arg, "%q is not the name of a file within a folder", arg.Text)
		}
		p.cfg.Index = append(p.cfg.Index, arg.Text)
	}
}

func (p *parser) try(prop *directive.Line) {
	if p.cfg.Try != nil {
		prop.Errorf(prop.Words[0], "try and try_files are the same")
	}
	p.cfg.Try, p.scripts = nil, prop
	for _, arg := range prop.Args(1, directive.Any, "a path") {
		p.tryName(prop, arg)
	}
}

func (p *parser) root(prop *directive.Line) {
	args := prop.Args(1, 2, "a folder")
	arg := args[0]
	if drive := len(arg.Text) > 2 && arg.Text[1] == ':'; !strings.HasPrefix(arg.Text, "/") && !drive && arg.Text != "" {
		prop.Errorf(arg, "%q has to be absolute: it is a folder where the application runs", arg.Text)
	}
	p.cfg.UpstreamRoot = arg.Text
	if len(args) > 1 {
		p.cfg.LocalRoot = args[1].Text
	}
}

func (p *parser) tryName(prop *directive.Line, arg directive.Word) {
	if code, ok := strings.CutPrefix(arg.Text, "="); ok {
		if n, err := strconv.Atoi(code); err != nil || len(code) != 3 || n < 400 || n > 599 {
			prop.Errorf(arg, "%q is not a status such as =404", arg.Text)
		}
	} else if !strings.HasPrefix(arg.Text, "/") && !strings.HasPrefix(arg.Text, ofRequest) {
		prop.Errorf(arg, "%q has to begin with / or %s", arg.Text, ofRequest)
	}
	p.lint(arg, placeholder.Compile(arg.Text, placeholder.Plain))
	p.cfg.Try = append(p.cfg.Try, arg.Text)
}

func (p *parser) alias(prop *directive.Line) {
	for _, arg := range prop.Args(1, directive.Any) {
		if !strings.ContainsAny(arg.Text, "_.") || !isToken(arg.Text) {
			prop.Errorf(arg, `%q is not the name of a field with a "_" or a "."`, arg.Text)
		}
		p.cfg.Aliases = append(p.cfg.Aliases, arg.Text)
	}
}

func (p *parser) env(prop *directive.Line) {
	args := prop.Args(2, 2, "the name of a variable", "its value")
	name := args[0].Text
	switch {
	case name == "" && !args[0].Quoted:
		return // of which there is an error already
	case !isToken(name):
		prop.Errorf(args[0], "%q cannot be the name of a variable", name)
	case name == "CONTENT_LENGTH":
		prop.Errorf(args[0], "%s is not for anybody to set", name)
	}
	value := placeholder.Compile(args[1].Text, placeholder.Plain)
	p.lint(args[1], value)
	p.cfg.Env = append(p.cfg.Env, Var{Name: name, Value: value})
}

// lint warns of what looks like a placeholder.
func (p *parser) lint(arg directive.Word, t *placeholder.Template) {
	for _, doubt := range t.Lint(directive.Suggest) {
		p.line.Warnf(arg, "%s", doubt)
	}
}

func (p *parser) sendfile(prop *directive.Line) {
	p.cfg.SendFile = middleware.NewRoot(prop.Arg().Text)
	p.c.OnStop(p.cfg.SendFile.Close)
}

func (p *parser) pool(prop *directive.Line) {
	if p.client.MaxIdle = prop.Int(prop.Arg(), 0, 1<<20); p.client.MaxIdle == 0 {
		p.client.MaxIdle = -1
	}
}
