package rewrite

import (
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/condition"
)

// A rule is a [Rule] with its destinations compiled.
type rule struct {
	from       string
	base       middleware.Path
	pattern    *regexp.Regexp
	extensions []string
	cond       condition.Set
	to         []destination
}

func compile(r Rule) rule {
	compiled := rule{
		from:       r.From,
		base:       r.Base,
		pattern:    r.Pattern,
		extensions: slices.Clone(r.Extensions),
		cond:       condition.Set{Conditions: slices.Clone(r.If.Conditions), Any: r.If.Any},
	}
	for _, to := range r.To {
		compiled.to = append(compiled.to, newDestination(to))
	}
	return compiled
}

// Groups are what the groups of a pattern matched, all of it being the first.
type groups []string

func (g groups) lookUp(name string) (string, bool) {
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(g) {
		return g[n], true
	}
	return "", false
}

// match reports whether r, of which path is the clean one, is what the rule is for,
// but for its conditions.
func (rule *rule) match(r *http.Request, path string) (groups, bool) {
	switch {
	case rule.from != "" && rule.from != path,
		rule.base != "" && !rule.base.Match(r),
		!matchExtension(rule.extensions, path):
		return nil, false
	case rule.pattern == nil:
		return nil, true
	}
	base := rule.base.Prefix()
	rest := strings.TrimPrefix(path, base)
	if base == "" {
		rest = strings.TrimPrefix(rest, "/")
	}
	if found := rule.pattern.FindStringSubmatch(rest); found != nil {
		return found, true
	}
	if base == "" || strings.HasSuffix(base, "/") {
		found := rule.pattern.FindStringSubmatch(path[len(path)-len(rest)-1:])
		return found, found != nil
	}
	return nil, false
}

// matchExtension reports whether a path has one of the extensions, and none of
// those that are excluded.
func matchExtension(extensions []string, p string) bool {
	if len(extensions) == 0 {
		return true
	}
	has := path.Ext(p)
	if has == "" {
		has = "/"
	}
	required := false
	for _, ext := range extensions {
		ext, excluded := strings.CutPrefix(ext, "!")
		if ext == has {
			return !excluded
		}
		required = required || !excluded
	}
	return !required
}
