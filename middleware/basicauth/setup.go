package basicauth

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "basicauth", Setup: setup, Elsewhere: []string{"basic_auth", "auth_basic", "auth_basic_user_file"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	cfg := Config{Gate: directive.Share(c, "gate", func() shared { return shared{NewGate(0, 0)} }).Gate}
	files := map[string]*File{}
	for _, line := range c.Lines() {
		cfg.Rules = append(cfg.Rules, rule(c, line, files))
	}
	return New(cfg), c.Err()
}

// shared is the Gate of all sites.
type shared struct{ *Gate }

func (shared) Start(context.Context) error { return nil }
func (shared) Close() error                { return nil }

const filePrefix = "htpasswd="

func rule(c *directive.Controller, line *directive.Line, files map[string]*File) (rule Rule) {
	args := line.Args(1, 3, "a user, or a file of them,")
	password := args[len(args)-1]
	args = args[:len(args)-1]
	name, isFile := strings.CutPrefix(password.Text, filePrefix)
	isPath := len(args) > 0 && strings.HasPrefix(args[0].Text, "/")
	if len(args) == 2 || isFile && isPath {
		rule.Paths = append(rule.Paths, line.Path(args[0]))
		args, isPath = args[1:], false
	}
	switch {
	case isPath:
		line.Errorf(args[0], "%q is a path, and takes a user and a password after it", args[0].Text)
	case len(args) == 1:
		rule.User = args[0].Text
		if err := checkUser(rule.User); err != nil {
			line.Errorf(args[0], "%w", err)
		}
	case !isFile && strings.HasPrefix(password.Text, "/"):
		line.Errorf(password, "%q is a path, and takes a user and a password after it", password.Text)
	case !isFile:
		line.Errorf(password, "%q takes a password after it", password.Text)
	}
	if isFile {
		rule.File = open(c, line, password, name, files)
		if rule.File != nil && rule.User != "" && !rule.File.has(rule.User) {
			line.Errorf(args[0], "user %q is not in %s", rule.User, name)
		}
	} else {
		rule.Secret = secret(line, password)
	}
	readBlock(line, &rule)
	return rule
}

func secret(line *directive.Line, password directive.Word) Secret {
	if password.Text == "" {
		line.Errorf(password, "the password is empty")
	}
	if !isHash(password.Text) {
		return Plain(password.Text)
	}
	s, err := Parse(password.Text)
	if err != nil {
		line.Errorf(password, "%w", err)
	}
	return s
}

// open returns the file of a name, which several rules of a site may have.
func open(c *directive.Controller, line *directive.Line, at directive.Word, name string, files map[string]*File) *File {
	if name == "" {
		line.Errorf(at, "the name of the file is missing")
		return nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(c.Site().Root.Dir, name)
	}
	if f := files[name]; f != nil {
		return f
	}
	c.Site().Hide(name)
	f, err := Open(name)
	if err != nil {
		line.Errorf(at, "%w", err)
		return nil
	}
	files[name] = f
	return f
}

func readBlock(line *directive.Line, rule *Rule) {
	var realm *directive.Line
	for _, prop := range line.Properties() {
		name := prop.Words[0]
		switch {
		case strings.HasPrefix(name.Text, "/"):
			prop.Args(0, 0)
			rule.Paths = append(rule.Paths, prop.Path(name))
		case name.Text != "realm":
			prop.Args(0, directive.Any)
			prop.Errorf(name, "neither realm nor a path, which begins with /%s", directive.Suggest(name.Text, "realm"))
		case realm != nil:
			prop.Args(0, directive.Any)
			prop.Errorf(name, "already given at %v", realm.Words[0].Pos)
		default:
			realm = prop
			arg := prop.Arg("the name of the realm")
			if strings.ContainsFunc(arg.Text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				prop.Errorf(arg, "a realm cannot have control characters")
			}
			rule.Realm = arg.Text
		}
	}
}
