package page

import (
	"bytes"
	"fmt"
	html "html/template"
	"io"
	"strings"
	text "text/template"
	syntax "text/template/parse"
)

// A Template can be executed. It is safe for use by several requests at once.
type Template struct {
	copy func() (*program, error) // of one that is never executed itself
	idle chan *program
}

// A program is a Template that is executed by one visit at a time. What tells
// whether that has to end is a function, which are of a template, not of an
// execution.
type program struct {
	execute func(io.Writer, any) error
	visit   *Visit
}

// turn is called in every turn of a loop and at the beginning of every template.
func (p *program) turn() (bool, error) { return false, p.visit.check() }

// turning is the node that calls it. It leaves no trace in what is made, whatever
// the place.
var turning = func() syntax.Node {
	trees, err := syntax.Parse("turn", "{{if _turn}}{{end}}", "", "", map[string]any{"_turn": true})
	if err != nil {
		panic(err)
	}
	return trees["turn"].Root.Nodes[0]
}()

// parse returns the template in a text.
func parse(name, source string, asText bool, c Config) (*Template, error) {
	if asText {
		return compile(text.New(name), func(t *text.Template) *syntax.Tree { return t.Tree }, source, c)
	}
	return compile(html.New(name), func(t *html.Template) *syntax.Tree { return t.Tree }, source, c)
}

// kind is a template of text/template or of html/template.
type kind[T any] interface {
	Delims(left, right string) T
	Funcs(text.FuncMap) T
	Parse(string) (T, error)
	Templates() []T
	Clone() (T, error)
	Execute(io.Writer, any) error
}

func compile[T kind[T]](empty T, tree func(T) *syntax.Tree, source string, c Config) (*Template, error) {
	most := c.Limit
	if strings.Count(source, c.Left) > mostActions {
		return nil, fmt.Errorf("there are more than %d actions in it", mostActions)
	}
	parsed, err := empty.Delims(c.Left, c.Right).Funcs(text.FuncMap{
		"_turn":   func() (bool, error) { return false, nil },
		"print":   limited(fmt.Sprint, most),
		"println": limited(fmt.Sprintln, most),
		"js":      limited(text.JSEscaper, most),
		"printf": func(format string, args ...any) (string, error) {
			if formatted(format, args, most) > mostFormatted*most {
				return "", tooMuch(most)
			}
			return within(fmt.Sprintf(format, args...), most)
		},
	}).Parse(source)
	if err != nil {
		return nil, err
	}
	for _, each := range parsed.Templates() {
		addTurns(tree(each))
	}
	return &Template{idle: make(chan *program, mostIdle), copy: func() (*program, error) {
		own, err := parsed.Clone()
		if err != nil {
			return nil, err
		}
		p := &program{execute: own.Execute}
		own.Funcs(text.FuncMap{"_turn": p.turn})
		return p, nil
	}}, nil
}

// mostActions is how many there are in a page at most: in one another, a million would
// be more than the stack of its parser may hold, which ends the program.
const mostActions = 100_000

// mostIdle is how many programs of a template are kept for the next visits.
const mostIdle = 8

// limited returns f with an error in place of a result that is too long. Those of
// the usual functions that can make much of little would let a page double what it
// has in every turn of a loop.
func limited(f func(...any) string, most int64) func(...any) (string, error) {
	return func(args ...any) (string, error) {
		if err := weigh(most, args...); err != nil {
			return "", err
		}
		return within(f(args...), most)
	}
}

func within(s string, most int64) (string, error) {
	if int64(len(s)) > most {
		return "", tooMuch(most)
	}
	return s, nil
}

func tooMuch(most int64) error { return fmt.Errorf("there is more than %d bytes of it", most) }

// addTurns puts turning into a template and into all loops in it.
func addTurns(t *syntax.Tree) {
	if t == nil || t.Root == nil {
		return
	}
	addTurnsTo(t.Root)
	t.Root.Nodes = append([]syntax.Node{turning.Copy()}, t.Root.Nodes...)
}

func addTurnsTo(list *syntax.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *syntax.RangeNode:
			addTurnsTo(n.List)
			addTurnsTo(n.ElseList)
			n.List.Nodes = append([]syntax.Node{turning.Copy()}, n.List.Nodes...)
		case *syntax.IfNode:
			addTurnsTo(n.List)
			addTurnsTo(n.ElseList)
		case *syntax.WithNode:
			addTurnsTo(n.List)
			addTurnsTo(n.ElseList)
		}
	}
}

// Execute returns what t makes of v and args, which are the page's .Args.
func (v *Visit) Execute(t *Template, args []any) ([]byte, error) {
	if err := v.overdue(); err != nil {
		return nil, err
	}
	return v.execute(t, &Context{visit: v, Args: args})
}

func (v *Visit) execute(t *Template, c *Context) ([]byte, error) {
	var p *program
	select {
	case p = <-t.idle:
	default:
		var err error
		if p, err = t.copy(); err != nil {
			return nil, err
		}
	}
	dot := any(c)
	if v.Data != nil {
		dot = v.Data(c)
	}
	p.visit = v
	out := output{visit: v}
	err := p.execute(&out, dot)
	p.visit = nil
	select {
	case t.idle <- p:
	default:
	}
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// An output is a page, or a part of it, as long as it is being made.
type output struct {
	bytes.Buffer
	visit *Visit
}

func (o *output) Write(p []byte) (int, error) {
	if most := o.visit.engine.cfg.Limit; int64(o.Len()+len(p)) > most {
		return 0, tooMuch(most)
	}
	if err := o.visit.check(); err != nil {
		return 0, err
	}
	return o.Buffer.Write(p)
}
