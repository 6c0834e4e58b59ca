package accept

import "net/http"

// Identity is the coding of what is not encoded.
const Identity = "identity"

// Encodings are the values of a request's Accept-Encoding fields. The zero
// value, of a request without one, accepts Identity alone: RFC 9110 would allow
// any coding then, but those who do not ask commonly cannot decode either.
type Encodings []string

// EncodingsOf returns what h says.
func EncodingsOf(h http.Header) Encodings { return h["Accept-Encoding"] }

// Quality returns the weight of a coding.
//
// What is not listed has the weight of "*", or else 0; dcb and dcz have to be
// listed, since they are of no use without a dictionary (RFC 9842). Identity is
// never 0 unless "identity;q=0" or "*;q=0" says so: if neither it nor "*" is
// listed its weight is 1, the least there is. A client that lists x-gzip or
// x-compress means gzip or compress.
func (e Encodings) Quality(coding string) Quality {
	if coding == Identity {
		return e.weigh(nil, nil)
	}
	var q [1]Quality
	offers := [1]string{coding}
	e.weigh(offers[:], q[:])
	return q[0]
}

// Choose returns the offer that the client likes best, the first of several. It
// is Identity, whether or not that is among the offers, if the client likes none
// of them as much. If it refuses even Identity, ok is false: RFC 9110, section
// 12.5.3, leaves it to the server to answer 406 or to send it all the same.
func (e Encodings) Choose(offers ...string) (coding string, ok bool) {
	var few [16]Quality
	q := weights(few[:], len(offers))
	best := e.weigh(offers, q)
	coding, implied := Identity, true
	for i, offer := range offers {
		if q[i] > best || implied && q[i] == best && best > 0 {
			coding, best, implied = offer, q[i], false
		}
	}
	return coding, best > 0
}

// Order appends to dst those offers that the client likes at least as much as
// Identity, the best first, for a server that does not have all it could offer.
// The result is empty if Identity is what to send.
func (e Encodings) Order(dst []string, offers ...string) []string {
	var few [16]Quality
	q := weights(few[:], len(offers))
	least := max(e.weigh(offers, q), 1)
	for {
		best := -1
		for i := range q {
			if q[i] >= least && (best < 0 || q[i] > q[best]) {
				best = i
			}
		}
		if best < 0 {
			return dst
		}
		dst = append(dst, offers[best])
		q[best] = 0
	}
}

// weights returns room for n weights, few if that is enough.
func weights(few []Quality, n int) []Quality {
	if n > len(few) {
		return make([]Quality, n)
	}
	return few[:n]
}

// weigh sets q to the weights of offers and returns that of Identity.
func (e Encodings) weigh(offers []string, q []Quality) (identity Quality) {
	const unknown = -1
	for i := range q {
		q[i] = unknown
	}
	identity = unknown
	wildcard := Quality(unknown)
	for _, line := range e {
		for line != "" {
			var (
				el element
				ok bool
			)
			el, ok, line = cut(line)
			switch {
			case !ok:
			case el.name == "*":
				if wildcard == unknown {
					wildcard = el.q
				}
			case same(el.name, Identity):
				if identity == unknown {
					identity = el.q
				}
			default:
				for i, offer := range offers {
					if q[i] == unknown && means(el.name, offer) {
						q[i] = el.q
					}
				}
			}
		}
	}
	if identity == unknown {
		identity = 1
		if wildcard != unknown {
			identity = wildcard
		}
	}
	for i, offer := range offers {
		switch {
		case offer == Identity:
			q[i] = identity
		case q[i] == unknown:
			q[i] = 0
			if offer != "dcb" && offer != "dcz" {
				q[i] = max(wildcard, 0)
			}
		}
	}
	return identity
}

// means reports whether name is what a client may call the coding offered.
func means(name, offer string) bool {
	switch len(name) - len(offer) {
	case 0:
		return name[0]|0x20 == offer[0]|0x20 && same(name, offer)
	case 2:
		return isAlias(name, offer)
	}
	return false
}

// isAlias knows the old names of RFC 9110, section 8.4.1.
func isAlias(name, offer string) bool {
	return (offer == "gzip" || offer == "compress") && same(name[:2], "x-") && same(name[2:], offer)
}
