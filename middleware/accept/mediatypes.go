package accept

import (
	"net/http"
	"strings"
)

// Types are the values of a request's Accept fields. The zero value, of a
// request without one, accepts everything, and so do fields of which nothing
// can be understood.
type Types []string

// TypesOf returns what h says.
func TypesOf(h http.Header) Types { return h["Accept"] }

// Quality returns the weight of a media type such as "text/html", which must
// not have parameters.
//
// It is that of the range that says most of the type: the type itself, the type
// with parameters, "text/*", "*/*". Parameters are not compared: somebody who
// asks for application/json;charset=utf-8 wants JSON.
func (t Types) Quality(mediaType string) Quality {
	var q [1]Quality
	offers := [1]string{mediaType}
	t.weigh(offers[:], q[:])
	return q[0]
}

// Choose returns the offer that the client likes best, the first of several. If
// it accepts none, ok is false and the result the first offer: RFC 9110, section
// 12.5.1, leaves it to the server to answer 406 or to send that all the same.
func (t Types) Choose(offers ...string) (mediaType string, ok bool) {
	var few [16]Quality
	q := weights(few[:], len(offers))
	t.weigh(offers, q)
	var best Quality
	for i, offer := range offers {
		if i == 0 || q[i] > best {
			mediaType, best = offer, q[i]
		}
	}
	return mediaType, best > 0
}

// weigh sets q to the weights of offers.
func (t Types) weigh(offers []string, q []Quality) {
	// Until the end q holds 4 bits more: how specific the range was.
	understood := false
	clear(q)
	for _, line := range t {
		for line != "" {
			var (
				el element
				ok bool
			)
			el, ok, line = cut(line)
			if !ok || el.name != "*" && strings.IndexByte(el.name, '/') < 0 {
				continue
			}
			understood = true
			for i, offer := range offers {
				if s := specificity(el, offer); s > q[i]>>specificityShift {
					q[i] = s<<specificityShift | el.q
				}
			}
		}
	}
	for i := range q {
		q[i] &= 1<<specificityShift - 1
		if !understood {
			q[i] = Preferred
		}
	}
}

// specificityShift leaves room for a weight of 1000.
const specificityShift = 10

// specificity returns how much a range says of a type, from 4, which is all, to
// 0, which is nothing. A lone asterisk, which Java sends, is taken for "*/*".
func specificity(el element, mediaType string) Quality {
	switch {
	case el.name == "*/*", el.name == "*":
		return 1
	case same(el.name, mediaType):
		if el.bare {
			return 4
		}
		return 3
	}
	if prefix, ok := strings.CutSuffix(el.name, "*"); ok && strings.HasSuffix(prefix, "/") &&
		len(mediaType) > len(prefix) && same(mediaType[:len(prefix)], prefix) {
		return 2
	}
	return 0
}
