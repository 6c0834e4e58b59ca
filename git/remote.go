package git

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// A remote is where a repository is.
type remote struct {
	scheme string // https, http, ssh or file: what git is allowed to speak
	host   string // with the port, if there is one
	user   string // of ssh
	text   string // for git, without secrets
}

// parseRemote reads a URL of https, http, ssh or file, the short form of ssh that
// is user@host:path, or an absolute path.
func parseRemote(text string) (remote, error) {
	wrong := func(format string, args ...any) (remote, error) {
		return remote{}, fmt.Errorf("%q is not the address of a repository: %s", clip(redactUser(text)), fmt.Sprintf(format, args...))
	}
	switch {
	case text == "":
		return remote{}, errors.New("the address of the repository is missing")
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) || c == unicode.ReplacementChar }):
		return wrong("it has a control character")
	case filepath.IsAbs(text):
		return remote{scheme: "file", text: text}, nil
	case strings.Contains(text, " "):
		return wrong("it has a blank")
	case text[0] == '-':
		return wrong("it begins with a dash")
	case helper.MatchString(text):
		return wrong("there is no such protocol here")
	}
	scheme, _, ok := strings.Cut(text, "://")
	if !ok {
		if m := scp.FindStringSubmatch(text); m != nil {
			return remote{scheme: "ssh", user: m[1], host: m[2], text: text}, nil
		}
		return wrong("it has neither a scheme, such as https://, nor the form user@host:path")
	}
	u, err := url.Parse(text)
	if err != nil {
		return wrong("it cannot be parsed")
	}
	scheme = strings.ToLower(scheme)
	switch {
	case scheme == "file":
		if u.Host != "" || u.User != nil {
			return wrong("file:// is for this machine")
		}
		return remote{scheme: "file", text: text}, nil
	case scheme != "https" && scheme != "http" && scheme != "ssh":
		return wrong("the scheme is not https, http, ssh or file")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return wrong("it has a query or a fragment")
	case !hostPort.MatchString(u.Host):
		return wrong("it has no host, or a strange one")
	case strings.Trim(u.Path, "/") == "":
		return wrong("it has no path")
	case likeCredentials.MatchString(u.Path): // as after https//
		return wrong("its path looks like credentials")
	}
	r := remote{scheme: scheme, host: u.Host, user: u.User.Username()}
	switch _, hasPassword := u.User.Password(); {
	case hasPassword || scheme != "ssh" && u.User != nil:
		return wrong("it has credentials, which would be seen by whoever sees it; use a token")
	case scheme == "ssh" && u.User != nil && !userName.MatchString(r.user):
		return wrong("it has a strange user")
	}
	u.Scheme = scheme
	r.text = u.String()
	return r, nil
}

var (
	// Such as ext::, which runs a command of anybody's choice.
	helper = regexp.MustCompile(`^[A-Za-z0-9+.-]+::`)

	// What begins with a dash would be an option to ssh (CVE-2017-1000117).
	hostPort        = regexp.MustCompile(`^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)
	likeCredentials = regexp.MustCompile(`:[^/]*@`)
	userName        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)
	scp             = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.+-]*)@([A-Za-z0-9_][A-Za-z0-9_.-]*):([A-Za-z0-9_.~/][^\s:]*)$`)
)

// isHere reports whether the host is this machine.
func (r remote) isHere() bool {
	host := r.host
	if i := strings.LastIndex(host, ":"); i > strings.LastIndex(host, "]") {
		host = host[:i]
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// redactUser leaves out what could be a password, wherever it was misspelled to.
func redactUser(text string) string {
	i := strings.LastIndex(text, "@")
	if i < 0 {
		return text
	}
	scheme, _, ok := strings.Cut(text[:i], "://")
	if !ok {
		return "…" + text[i:]
	}
	return scheme + "://…" + text[i:]
}

// clip shortens what an error quotes.
func clip(s string) string {
	const enough = 200
	if len(s) <= enough {
		return s
	}
	return strings.ToValidUTF8(s[:enough], "") + "…"
}
