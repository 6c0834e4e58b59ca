package accept_test

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/accept"
)

// FuzzEncodings compares what is read in one pass with what an [oracle] says.
func FuzzEncodings(f *testing.F) {
	f.Add("gzip, deflate, br, zstd", "")
	f.Add("gzip;q=0.5, identity;q=0", "*;q=0.1")
	f.Add(`x-gzip;x="a,b\";";q=.25 ,, br;q=1.`, "BR;q=0")
	offers := []string{"zstd", "br", "gzip", "dcb"}
	f.Fuzz(func(t *testing.T, a, b string) {
		e, o := accept.Encodings{a, b}, oracle(a, b)
		for _, coding := range append(offers, accept.Identity) {
			require.Equal(t, o.coding(coding), e.Quality(coding), coding)
		}

		identity := o.coding(accept.Identity)
		var order []string
		for _, offer := range offers {
			if q := o.coding(offer); q > 0 && q >= identity {
				order = append(order, offer)
			}
		}
		slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(o.coding(b), o.coding(a)) })
		require.Equal(t, order, e.Order(nil, offers...))

		coding, ok := e.Choose(offers...)
		require.Equal(t, append(order, accept.Identity)[0], coding)
		require.Equal(t, len(order) > 0 || identity > 0, ok)
	})
}

func FuzzTypes(f *testing.F) {
	f.Add("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "")
	f.Add("text/*;q=0.1, text/html;level=1", "application/json;q=0, *;q=.2")
	offers := []string{"text/html", "application/json", "text/plain"}
	f.Fuzz(func(t *testing.T, a, b string) {
		types, o := accept.Types{a, b}, oracle(a, b)
		want, best := offers[0], accept.Quality(0)
		for _, offer := range offers {
			q := o.mediaType(offer)
			require.Equal(t, q, types.Quality(offer), offer)
			if q > best {
				want, best = offer, q
			}
		}
		got, ok := types.Choose(offers...)
		require.Equal(t, want, got)
		require.Equal(t, best > 0, ok)
	})
}

// listed is what an oracle knows: the elements in their order, read by regular
// expressions.
type listed []struct {
	name string
	bare bool
	q    accept.Quality
}

var (
	elementPattern   = regexp.MustCompile(`(?s)^([^,;]*)((?:;(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^",;])*)*),?`)
	parameterPattern = regexp.MustCompile(`(?s);((?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^";])*)`)
	weightPattern    = regexp.MustCompile(`(?s)^[ \t]*[qQ][ \t]*=[ \t]*(.*?)[ \t]*$`)
	numberPattern    = regexp.MustCompile(`^(?:0?\.?|0?\.([0-9]+)|1(?:\.0*)?)$`)
)

func oracle(lines ...string) (all listed) {
	for _, line := range lines {
		for line != "" {
			m := elementPattern.FindStringSubmatch(line)
			line = line[len(m[0]):]
			name, q, bare, ok := strings.Trim(m[1], " \t"), accept.Quality(1000), true, true
			for _, p := range parameterPattern.FindAllStringSubmatch(m[2], -1) {
				w := weightPattern.FindStringSubmatch(p[1])
				if w == nil {
					bare = bare && strings.Trim(p[1], " \t") == ""
					continue
				}
				n := numberPattern.FindStringSubmatch(w[1])
				switch {
				case n == nil || w[1] == "" || w[1] == ".":
					ok = false
				case w[1][0] == '1':
					q = 1000
				default:
					thousandths, _ := strconv.Atoi((n[1] + "000")[:3])
					if q = accept.Quality(thousandths); q == 0 && strings.Trim(n[1], "0") != "" {
						q = 1
					}
				}
			}
			if ok && name != "" {
				all = append(all, struct {
					name string
					bare bool
					q    accept.Quality
				}{name, bare, q})
			}
		}
	}
	return all
}

func (all listed) coding(coding string) accept.Quality {
	for _, e := range all {
		if name := strings.ToLower(e.name); name == coding || name == "x-gzip" && coding == "gzip" {
			return e.q
		}
	}
	for _, e := range all {
		if e.name == "*" && coding != "dcb" {
			return e.q
		}
	}
	if coding == accept.Identity {
		return 1
	}
	return 0
}

func (all listed) mediaType(mediaType string) accept.Quality {
	major, _, _ := strings.Cut(mediaType, "/")
	understood := false
	for _, e := range all {
		understood = understood || e.name == "*" || strings.Contains(e.name, "/")
	}
	if !understood {
		return 1000
	}
	for _, names := range []func(name string, bare bool) bool{
		func(name string, bare bool) bool { return bare && strings.EqualFold(name, mediaType) },
		func(name string, bare bool) bool { return !bare && strings.EqualFold(name, mediaType) },
		func(name string, _ bool) bool { return strings.EqualFold(name, major+"/*") },
		func(name string, _ bool) bool { return name == "*/*" || name == "*" },
	} {
		for _, e := range all {
			if names(e.name, e.bare) {
				return e.q
			}
		}
	}
	return 0
}
