package redirect

import (
	"net/http"
	"net/url"
	"strings"
)

// findLoops complains of what would never end. Where a client is sent to by a
// condition, or by a placeholder, is not looked at.
func (p *parser) findLoops() {
	circling := p.circling()
	for i := range p.rules {
		rule := &p.rules[i]
		if !rule.bare() || rule.Status == http.StatusNotModified {
			continue
		}
		switch {
		case rule.From == "/" && p.isOurs(rule.To):
			rule.line.Errorf(rule.to, "a redirect of every path to %s never ends", rule.To)
		case circling[rule]:
			rule.line.Errorf(rule.to, "the redirect from %s leads back to it", rule.From)
		}
	}
}

// isOurs reports whether a URL is certainly one of this site.
func (p *parser) isOurs(to string) bool {
	if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
		return !p.isBelow()
	}
	for _, addr := range p.c.Site().Addrs {
		addr = strings.TrimSuffix(addr, "/")
		rest, ok := strings.CutPrefix(strings.ToLower(to), strings.ToLower(addr))
		if ok && strings.Contains(addr, "://") && (rest == "" || strings.ContainsAny(rest[:1], "/?#{")) {
			return true
		}
	}
	return false
}

// isBelow reports whether the site is below a path of its host, so that a path to
// redirect to, which begins at the host, may be somebody else's.
func (p *parser) isBelow() bool {
	for _, addr := range p.c.Site().Addrs {
		if _, rest, ok := strings.Cut(addr, "://"); ok {
			addr = rest
		}
		if _, path, _ := strings.Cut(addr, "/"); path != "" {
			return true
		}
	}
	return false
}

// circling returns the rules for one path each that, one after the other, lead back
// to where they began. It looks at each rule twice: there may be 100,000.
func (p *parser) circling() map[*given]bool {
	if p.isBelow() {
		return nil
	}
	from := map[string]*given{} // the rule that counts for a path
	for i := range p.rules {
		rule := &p.rules[i]
		if from[rule.From] == nil && rule.From != "/" && rule.bare() {
			from[rule.From] = rule
		}
	}
	next := func(rule *given) *given {
		if to, err := url.Parse(rule.To); err == nil && to.Host == "" {
			return from[to.Path]
		}
		return nil
	}
	circling := map[*given]bool{}
	reached := map[*given]*given{} // from where first
	for _, start := range from {
		at := start
		for ; at != nil && reached[at] == nil; at = next(at) {
			reached[at] = start
		}
		if at == nil || reached[at] != start {
			continue
		}
		for ; !circling[at]; at = next(at) {
			circling[at] = true
		}
	}
	return circling
}
