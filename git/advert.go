package git

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A tip is where a ref of the remote leads.
type tip struct {
	hash string // of the commit
	ref  string // its full name, or that of the commit if it is none
}

// advert is what a remote has, by the output of git ls-remote --symref.
type advert struct {
	hashes map[string]string // by full name; with ^{} for what an annotated tag is of
	head   string            // the branch that HEAD is; "" if it is none by its name
}

func parseAdvert(out string) (advert, error) {
	a := advert{hashes: map[string]string{}}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		value, name, ok := strings.Cut(line, "\t")
		target, symbolic := strings.CutPrefix(value, "ref: ")
		switch {
		case ok && symbolic:
			if r, err := parseRef(target); err == nil && r.kind == refExact && name == "HEAD" {
				a.head = target
			}
		case ok && isHash(value):
			a.hashes[name] = value
		default:
			return advert{}, fmt.Errorf("the remote said %q, which is no ref", clip(line))
		}
	}
	return a, nil
}

// find returns where r leads.
func (a advert) find(r ref) (tip, error) {
	var candidates []string
	switch r.kind {
	case refHead:
		if hash := a.hashes["HEAD"]; hash != "" {
			if a.head == "" {
				return tip{hash, "HEAD"}, nil
			}
			return tip{hash, a.head}, nil
		}
		return tip{}, fmt.Errorf("the repository has no commits, or no default branch")
	case refLatest:
		name := highest(slices.Collect(maps.Keys(a.hashes)))
		if name == "" {
			return tip{}, fmt.Errorf("the repository has no tag that is a version such as v1.2.3")
		}
		candidates = []string{name}
	case refName:
		candidates = []string{branches + r.name, tags + r.name}
	case refExact:
		candidates = []string{r.name}
	}
	for _, name := range candidates {
		if hash := a.hashes[name+peeled]; hash != "" {
			return tip{hash, name}, nil
		}
		if hash := a.hashes[name]; hash != "" {
			return tip{hash, name}, nil
		}
	}
	return tip{}, fmt.Errorf("the repository has neither a branch nor a tag called %q", r.name)
}
