package git

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// layout is where things are if a repository is thought of as checked out at a path
// that lies above a site's root, below it, or is the same.
type layout struct {
	outer string          // the outermost of both
	under string          // the folder of a release that the files are put in
	root  string          // the folder of it that is served
	path  middleware.Path // the part of the site that the repository is
	state string          // by default
}

// layOut returns the layout for a path that is relative to the root, even if it
// begins with a slash, as in Caddy 0.7.1.
func layOut(root, path string) (l layout, problem string) {
	at := filepath.Join(root, path)
	l = layout{path: "/", outer: root}
	switch {
	case at == root:
	case isWithin(root, at):
		rel, err := filepath.Rel(at, root)
		if err != nil {
			return l, err.Error()
		}
		l.outer, l.root = at, filepath.ToSlash(rel)
	case isWithin(at, root):
		rel, err := filepath.Rel(root, at)
		if err != nil {
			return l, err.Error()
		}
		l.under = filepath.ToSlash(rel)
		l.path = middleware.Path("/" + l.under)
	default:
		return l, fmt.Sprintf("%s is neither the site's root %s, nor above it, nor below it", at, root)
	}
	parent := filepath.Dir(l.outer)
	if parent == l.outer {
		return l, fmt.Sprintf("%s has no folder beside it for the state, and is no place for a site", l.outer)
	}
	name := "." + filepath.Base(l.outer)
	if l.under != "" {
		name += "-" + strings.ReplaceAll(l.under, "/", "-")
	}
	l.state = filepath.Join(parent, name+".releases")
	return l, ""
}

// isWithin reports whether a path is a folder or lies in it.
func isWithin(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// writesTo reports whether a command is given a folder, or one in it, by its full
// path, and so is not meant to write to the release.
func writesTo(c Command, folder string) bool {
	for _, arg := range c.Args[1:] {
		if _, value, ok := strings.Cut(arg, "="); ok && !filepath.IsAbs(arg) {
			arg = value // as in --destination=DIR
		}
		if filepath.IsAbs(arg) && isWithin(filepath.Clean(arg), folder) {
			return true
		}
	}
	return false
}

// remote returns the address of the repository in full. As in Caddy 0.7.1 what has
// no scheme is meant for https, and all that could be is meant for ssh if there is
// a key.
func (p *parser) remote() string {
	text := p.url
	if strings.HasPrefix(text, ".") {
		if abs, err := filepath.Abs(text); err == nil {
			return abs
		}
	}
	scheme, rest, hasScheme := strings.Cut(text, "://")
	web := hasScheme && (scheme == "https" || scheme == "http")
	if m := scp.FindStringSubmatch(text); m != nil && !hasScheme {
		if p.repo.Key != "" {
			return text
		}
		return withGit("https://" + m[2] + "/" + strings.TrimPrefix(m[3], "/"))
	}
	if !hasScheme && !filepath.IsAbs(text) && !helper.MatchString(text) && !strings.HasPrefix(text, "-") {
		rest, web = text, true
		text = withGit("https://" + text)
	}
	if host, path, ok := strings.Cut(rest, "/"); web && p.repo.Key != "" && ok && !strings.Contains(rest, "@") {
		host, _, _ = strings.Cut(host, ":") // that port is not ssh's
		return withGit("ssh://git@" + host + "/" + path)
	}
	return text
}

func withGit(url string) string {
	if url = strings.TrimSuffix(url, "/"); strings.HasSuffix(url, ".git") {
		return url
	}
	return url + ".git"
}

// tokenFile reads a file each time, so that a token can be replaced.
func tokenFile(name, user string) (string, string, error) {
	text, err := os.ReadFile(name)
	return cmp.Or(user, "git"), strings.TrimSpace(string(text)), err
}
