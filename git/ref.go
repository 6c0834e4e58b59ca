package git

import (
	"fmt"
	"strings"
)

// A ref is what of a repository to deploy.
type ref struct {
	kind refKind
	name string // in full if it is a branch or a tag; as given, otherwise
}

type refKind int

const (
	refHead   refKind = iota // the branch that the remote says is its own
	refName                  // a branch or else a tag
	refExact                 // one of them, by its full name
	refLatest                // the tag with the highest version
	refHash                  // a commit
)

// latest is how the tag with the highest version is asked for.
const latest = "{latest}"

// parseRef returns the ref that text stands for.
func parseRef(text string) (ref, error) {
	switch {
	case text == "" || text == "HEAD":
		return ref{kind: refHead}, nil
	case text == latest:
		return ref{kind: refLatest}, nil
	case isHash(text):
		return ref{refHash, strings.ToLower(text)}, nil
	}
	if problem := checkRef(text); problem != "" {
		return ref{}, fmt.Errorf("%q is not the name of a branch or a tag: %s", text, problem)
	}
	if strings.HasPrefix(text, "refs/") {
		name, isBranch := strings.CutPrefix(text, branches)
		name, isTag := strings.CutPrefix(name, tags)
		if problem := checkRef(name); problem != "" || isBranch == isTag {
			return ref{}, fmt.Errorf("%q is neither a branch, which begins with %s, nor a tag, which begins with %s", text, branches, tags)
		}
		return ref{refExact, text}, nil
	}
	return ref{refName, text}, nil
}

const branches, tags = "refs/heads/", "refs/tags/"

// isHash reports whether text is the whole hash of an object, SHA-1 or SHA-256.
// The beginning of one is not enough: it may become that of another object, too.
func isHash(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

// checkRef says what is wrong with a name, by the rules of git check-ref-format.
// A name without a fault has no meaning to a shell, in a refspec or as an option.
func checkRef(name string) (problem string) {
	if len(name) > 250 {
		return "it is too long"
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == 0x7f || strings.IndexByte("~^:?*[\\", c) >= 0 {
			return fmt.Sprintf("it has a %q", c)
		}
	}
	switch {
	case strings.HasPrefix(name, "-"):
		return "it begins with a dash"
	case name == "@" || strings.Contains(name, "@{"):
		return "git reads @ in another way"
	case strings.Contains(name, ".."):
		return "it has two dots"
	case strings.HasSuffix(name, "."):
		return "it ends with a dot"
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "it has a slash with nothing before or after it"
		case part[0] == '.':
			return "a part of it begins with a dot"
		case strings.HasSuffix(part, ".lock"):
			return "a part of it ends with .lock"
		}
	}
	return ""
}

// patterns returns what to ask the remote for.
func (r ref) patterns() []string {
	switch r.kind {
	case refHead:
		return []string{"HEAD"}
	case refLatest:
		return []string{tags + "*"}
	case refExact:
		return []string{r.name, r.name + peeled}
	}
	return []string{branches + r.name, tags + r.name, tags + r.name + peeled}
}

// matches reports whether a push to the ref called full concerns r, as far as can
// be told without asking the remote.
func (r ref) matches(full string) bool {
	switch r.kind {
	case refName:
		return full == branches+r.name || full == tags+r.name
	case refExact:
		return full == r.name
	case refLatest:
		return strings.HasPrefix(full, tags)
	case refHash:
		return false
	}
	return strings.HasPrefix(full, branches)
}

// peeled is the end of the line that has the commit of an annotated tag.
const peeled = "^{}"
