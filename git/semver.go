package git

import (
	"cmp"
	"slices"
	"strings"
)

// highest returns the one of names that is the tag of the highest version, or "".
// A version that is not yet out, such as v1.0.0-rc.1, counts only if there is no
// other.
func highest(names []string) string {
	best, top := "", version{}
	slices.Sort(names)
	for _, name := range names {
		tag, ok := strings.CutPrefix(name, tags)
		v, isVersion := parseVersion(tag)
		if !ok || !isVersion || checkRef(tag) != "" { // such as one with ^{}
			continue
		}
		if best == "" || v.compare(top) > 0 {
			best, top = name, v
		}
	}
	return best
}

// A version is one of Semantic Versioning 2.0.0. Numbers are kept as text without
// leading zeros, since they may be of any length.
type version struct {
	numbers [3]string
	pre     []string
}

// parseVersion reads v1.2.3 and 1.2.3, also with less than three numbers.
func parseVersion(s string) (v version, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, pre, hasPre := strings.Cut(s, "-")
	numbers := strings.Split(s, ".")
	if len(numbers) > len(v.numbers) {
		return version{}, false
	}
	for i := range v.numbers {
		v.numbers[i] = "0"
		if i < len(numbers) {
			if !isNumber(numbers[i]) {
				return version{}, false
			}
			v.numbers[i] = trimZeros(numbers[i])
		}
	}
	if hasPre {
		v.pre = strings.Split(pre, ".")
		if slices.Contains(v.pre, "") {
			return version{}, false
		}
	}
	return v, true
}

// compare puts whatever is out after all that is not.
func (v version) compare(u version) int {
	if c := cmp.Compare(min(1, len(u.pre)), min(1, len(v.pre))); c != 0 {
		return c
	}
	for i := range v.numbers {
		if c := compareNumbers(v.numbers[i], u.numbers[i]); c != 0 {
			return c
		}
	}
	return slices.CompareFunc(v.pre, u.pre, compareIdentifiers)
}

// compareIdentifiers puts numbers before words.
func compareIdentifiers(a, b string) int {
	switch {
	case isNumber(a) && isNumber(b):
		return compareNumbers(trimZeros(a), trimZeros(b))
	case isNumber(a):
		return -1
	case isNumber(b):
		return 1
	}
	return cmp.Compare(a, b)
}

func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func trimZeros(s string) string { return cmp.Or(strings.TrimLeft(s, "0"), "0") }
