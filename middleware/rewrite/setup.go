package rewrite

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/static"
)

// Directive is this package's entry in the Caddyfile's vocabulary.
var Directive = directive.Directive{Name: "rewrite", Setup: setup, Elsewhere: []string{"try_files", "uri"}}

func setup(c *directive.Controller) (middleware.Middleware, error) {
	var simple, others []Rule
	from := map[string]directive.Pos{}
	for _, line := range c.Lines() {
		if line.Block != nil {
			others = append(others, readBlock(line))
			continue
		}
		rule, word := readSimple(line)
		if before, again := from[rule.From]; again {
			line.Errorf(word, "%s is rewritten already at %v", rule.From, before)
		}
		from[rule.From] = word.Pos
		simple = append(simple, rule)
	}
	cfg := Config{Rules: append(simple, others...), Trusted: slices.Clone(c.Site().Trusted)}
	return func(next middleware.Handler) middleware.Handler {
		cfg := cfg
		cfg.Files = static.ConfigOf(c.Site())
		return NewHandler(next, cfg)
	}, c.Err()
}

// readSimple returns the rule of a line without a block, and the word that says for
// which path it is.
func readSimple(line *directive.Line) (Rule, directive.Word) {
	args := line.Args(2, directive.Any, "a path", "what to rewrite it to")
	from := args[0]
	rule := Rule{From: from.Text, To: readDestinations(line, args[1:], nil)}
	switch {
	case strings.HasPrefix(from.Text, "/"):
		if strings.HasSuffix(string(line.Path(from)), "*") {
			line.Errorf(from, "%q has to be a path alone: what more it stands for is the base of a block", from.Text)
		}
	case from.Text == "not":
		line.Errorf(from, `a pattern that must not match is a condition of a block: "if {path} not_match" and the pattern`)
	default:
		line.Errorf(from, `%q is not a path: a pattern stands in a block, after "r"`, from.Text)
	}
	if len(args) == 2 && args[1].Text == rule.From {
		line.Errorf(args[1], "%s is rewritten to itself", rule.From)
	}
	return rule, from
}

// readBlock returns the rule of a line with a block.
func readBlock(line *directive.Line) (rule Rule) {
	for _, arg := range line.Args(0, 1) {
		rule.Base = line.Path(arg)
	}
	var (
		props   = line.Properties("r", "regexp", "ext", "if...", "if_op", "to")
		pattern *directive.Line
		to      *directive.Line
	)
	rule.If, props = condition.Read(props)
	for _, prop := range props {
		switch prop.Name() {
		case "r", "regexp":
			if arg := prop.Arg("a pattern"); pattern != nil {
				prop.Errorf(prop.Words[0], "already given at %v", pattern.Words[0].Pos)
			} else {
				rule.Pattern = prop.Regexp(arg)
			}
			pattern = prop
		case "ext":
			for _, arg := range prop.Args(1, directive.Any, "an extension") {
				rule.Extensions = append(rule.Extensions, readExtension(prop, arg))
			}
		case "to":
			to = prop
		}
	}
	if to == nil {
		line.Errorf(line.Words[0], "the block does not say where to")
		return rule
	}
	rule.To = readDestinations(to, to.Args(1, directive.Any, "what to rewrite to"), rule.Pattern)
	return rule
}

// readExtension keeps what Caddy 0.7.1 takes for one, but for what no path could
// have.
func readExtension(prop *directive.Line, arg directive.Word) string {
	ext := strings.TrimPrefix(arg.Text, "!")
	if ext != "/" && (len(ext) < 2 || ext[0] != '.' || strings.ContainsAny(ext[1:], "./")) {
		prop.Errorf(arg, "%q is not an extension such as .html, or / for none", ext)
	}
	return arg.Text
}

func readDestinations(line *directive.Line, words []directive.Word, pattern *regexp.Regexp) (to []string) {
	for _, w := range words {
		if err := checkDestination(w.Text, pattern); err != nil {
			line.Errorf(w, "%w", err)
			continue
		}
		if dollar := dollars.FindString(w.Text); dollar != "" {
			line.Warnf(w, "%s is taken as it is: the group of a pattern is {%s}", dollar, dollar[1:])
		}
		d := newDestination(w.Text)
		doubts := d.plain.Lint(directive.Suggest, numbers(pattern)...)
		if d.query != nil {
			doubts = append(doubts, d.query.Lint(directive.Suggest, numbers(pattern)...)...)
		}
		for _, doubt := range doubts {
			line.Warnf(w, "%s", doubt)
		}
		to = append(to, w.Text)
	}
	return to
}

// numbers returns the names of the groups of a pattern.
func numbers(pattern *regexp.Regexp) []string {
	if pattern == nil {
		return nil
	}
	names := make([]string, pattern.NumSubexp()+1)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// dollars are groups as nginx has them.
var dollars = regexp.MustCompile(`\$[0-9]`)

var group = regexp.MustCompile(`\{[0-9]+\}`)

// checkDestination returns what is wrong with a destination.
func checkDestination(to string, pattern *regexp.Regexp) error {
	if to == "" {
		return nil // which is missing, and was said to be
	}
	path, query, _ := cutQuery(to)
	switch {
	case strings.Contains(to, "://"):
		return fmt.Errorf("%q is not on this site: redir leads elsewhere", to)
	case to[0] != '/' && to[0] != '{':
		return fmt.Errorf("%q is not a path: a path begins with /", to)
	case strings.ContainsFunc(to, func(c rune) bool { return c < ' ' || c == 0x7f }) || strings.Contains(query, " "):
		return fmt.Errorf("%q has spaces or control characters, which a URL has not", to)
	case strings.Contains(path, "%"):
		return fmt.Errorf("%q has to have its path written without %%-escapes", to)
	case strings.Contains(to, "#"):
		return fmt.Errorf("%q has a fragment, of which no server is told", to)
	}
	for _, name := range group.FindAllString(to, -1) {
		if number := strings.Trim(name, "{}"); !slices.Contains(numbers(pattern), number) {
			if pattern == nil {
				return fmt.Errorf("%s is a group of a pattern, and there is none", name)
			}
			return fmt.Errorf("%s is not a group of the pattern, which has %d", name, pattern.NumSubexp())
		}
	}
	return nil
}
