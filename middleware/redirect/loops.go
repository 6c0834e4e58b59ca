package redirect

import (
	"net/http"
	"net/url"
	"strings"
)

// findLoops complains of what would never end. Where a client is sent to by a
// condition, or by a placeholder, is not looked at.
func (p *parser) findLoops() {
	for i := range p.rules {
		rule := &p.rules[i]
		if !rule.bare() || rule.Status == http.StatusNotModified {
			continue
		}
		switch {
		case rule.From == "/" && p.isOurs(rule.To):
			rule.line.Errorf(rule.to, "a redirect of every path to %s never ends", rule.To)
		case rule.From != "/" && p.leadsBack(rule):
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

// leadsBack follows the rules from one to the next.
func (p *parser) leadsBack(start *given) bool {
	if p.isBelow() {
		return false
	}
	at := start
	for range p.rules {
		to, err := url.Parse(at.To)
		if err != nil || to.Host != "" {
			return false
		}
		next := p.bareRule(to.Path)
		if next == nil || next == start {
			return next == start
		}
		at = next
	}
	return false
}

// bareRule returns the rule for exactly this path, if it has no conditions.
func (p *parser) bareRule(path string) *given {
	for i := range p.rules {
		if r := &p.rules[i]; r.From == path && r.From != "/" && r.bare() {
			return r
		}
	}
	return nil
}
