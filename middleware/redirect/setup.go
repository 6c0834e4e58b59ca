package redirect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "redir", Setup: setup, Elsewhere: []string{"redirect", "return"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	p := parser{c: c}
	for _, line := range c.Lines() {
		p.line(line)
	}
	p.findLoops()
	p.findUnreached()
	cfg := Config{Trusted: slices.Clone(c.Site().Trusted)}
	for _, given := range p.rules {
		cfg.Rules = append(cfg.Rules, given.Rule)
	}
	return New(cfg), c.Err()
}

type parser struct {
	c     *directive.Controller
	rules []given
	bare  map[string]directive.Pos // where rules are for that From, whatever else a request has
}

// A given is a Rule and where it was given.
type given struct {
	Rule
	line *directive.Line
	to   directive.Word
}

// bare reports whether r has no conditions.
func (r *Rule) bare() bool { return len(r.If.Conditions) == 0 }

func (p *parser) line(line *directive.Line) {
	conditions, table := condition.Read(line.Properties())
	if len(table) > 0 || line.Block != nil && conditions.Conditions == nil {
		p.table(line, conditions, table)
		return
	}
	rule := Rule{If: conditions}
	switch args := line.Args(1, 3, "where to redirect to"); {
	case len(args) == 1:
		p.add(line, rule, directive.Word{}, args[0])
	case len(args) == 2 && rule.setCode(args[1].Text):
		p.add(line, rule, directive.Word{}, args[0])
	case len(args) == 2 && isNumber(args[1].Text):
		line.Errorf(args[1], "%s is not a code to redirect with: those are 300 to 308, but for 306, and meta", args[1].Text)
	case len(args) == 2 && words[args[1].Text] != "":
		p.setCode(line, &rule, args[1])
	case len(args) == 2:
		p.add(line, rule, args[0], args[1])
	case len(args) == 3 && rule.setCode(args[0].Text):
		line.Errorf(args[0], "the code comes last, as in redir /old /new %s", args[0].Text)
	default:
		p.setCode(line, &rule, args[2])
		p.add(line, rule, args[0], args[1])
	}
}

// table adds the rules of a block, with one code for those that have none.
func (p *parser) table(line *directive.Line, conditions condition.Set, table []*directive.Line) {
	usual := Rule{If: conditions}
	for _, arg := range line.Args(0, 1) {
		p.setCode(line, &usual, arg)
	}
	if len(table) == 0 {
		line.Errorf(line.Words[0], "there is nothing to redirect in the block")
	}
	for _, entry := range table {
		rule, args := usual, entry.Args(1, 2, "where to redirect to")
		if len(args) > 1 {
			p.setCode(entry, &rule, args[1])
		}
		if len(entry.Words) > 1 {
			p.add(entry, rule, entry.Words[0], args[0])
		}
	}
}

func (p *parser) setCode(line *directive.Line, rule *Rule, code directive.Word) {
	if !rule.setCode(code.Text) {
		hint := ""
		if number := words[code.Text]; number != "" {
			hint = fmt.Sprintf(" (%s is %s)", code.Text, number)
		}
		line.Errorf(code, "%q is not a code to redirect with: those are 300 to 308, but for 306, and meta%s", code.Text, hint)
	}
}

// words are what Caddy 2, and nginx in a rewrite, call codes.
var words = map[string]string{"permanent": "301", "temporary": "302", "redirect": "302", "html": "meta"}

// setCode sets the code of r and reports whether it is one.
func (r *Rule) setCode(code string) bool {
	if code == "meta" {
		r.Meta = true
		return true
	}
	n, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || n < 300 || n > 308 || n == 306 {
		return false
	}
	r.Meta, r.Status = false, n
	return true
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// add adds a rule, unless it makes no sense.
func (p *parser) add(line *directive.Line, rule Rule, from, to directive.Word) {
	rule.From, rule.To = "/", to.Text
	if from.Text != "" || from.Quoted {
		rule.From = string(line.Path(from))
		if strings.HasSuffix(rule.From, "*") {
			line.Errorf(from, "%q has to be a path alone, or / for all (a rewrite has patterns)", from.Text)
		}
	}
	if err := checkTarget(to.Text); err != nil {
		line.Errorf(to, "%w", err)
		return
	}
	t := placeholder.Compile(to.Text, placeholder.URL)
	text, constant := t.Constant()
	switch {
	case rule.From == rule.To:
		line.Errorf(to, "%s is redirected to itself", rule.From)
		return
	case constant && rule.From == "/" && strings.ContainsAny(text, "?#"):
		line.Errorf(to, "%q has to say where the path belongs, as in %s?from={path_escaped}", to.Text, text[:strings.IndexAny(text, "?#")])
		return
	}
	for _, doubt := range t.Lint(directive.Suggest) {
		line.Warnf(to, "%s", doubt)
	}
	if before, ok := p.bare[rule.From]; ok {
		line.Errorf(line.Words[0], "%s is redirected already at %v", rule.From, before)
		return
	}
	p.rules = append(p.rules, given{rule, line, to})
	if rule.bare() {
		if p.bare == nil {
			p.bare = map[string]directive.Pos{}
		}
		p.bare[rule.From] = line.Words[0].Pos
	}
}

// findUnreached warns of rules that come after one that takes all they would.
func (p *parser) findUnreached() {
	first := map[string]directive.Pos{}
	for _, rule := range p.rules {
		before, taken := first["/"]
		if !taken {
			before, taken = first[rule.From]
		}
		switch {
		case taken:
			rule.line.Warnf(rule.to, "never reached: the rule at %v comes first", before)
		case rule.bare():
			first[rule.From] = rule.to.Pos
		}
	}
}
