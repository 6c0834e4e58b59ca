package caddyfile

import (
	"math"
	"strings"
)

// ascii returns the form in which host, as people write it, travels in a Host
// field: labels with other characters than ASCII are encoded as RFC 3492 has it.
// It expects composed characters, as keyboards produce them, and lower case.
func ascii(host string) string {
	labels := strings.Split(host, ".")
	for i, label := range labels {
		if encoded, ok := punycode(label); ok {
			labels[i] = "xn--" + encoded
		}
	}
	return strings.Join(labels, ".")
}

// punycode encodes label, unless it is of ASCII alone or too long (RFC 3492,
// section 6.3).
func punycode(label string) (string, bool) {
	const (
		base, tmin, tmax   = 36, 1, 26
		skew, damp         = 38, 700
		initialBias, first = 72, 128
	)
	runes := []rune(label)
	var out []byte
	for _, c := range runes {
		if c < first {
			out = append(out, byte(c))
		}
	}
	basic := len(out)
	if basic == len(runes) || len(runes) > maxHost {
		return "", false
	}
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(first), 0, initialBias
	for done := basic; done < len(runes); {
		next := rune(math.MaxInt32)
		for _, c := range runes {
			if c >= n {
				next = min(next, c)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, c := range runes {
			if c < n {
				delta++
			}
			if c != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tmin), tmax)
				if q < t {
					break
				}
				out = append(out, digit(t+(q-t)%(base-t)))
				q = (q - t) / (base - t)
			}
			out = append(out, digit(q))

			// adapt the bias, section 6.1
			if done == basic {
				delta /= damp
			} else {
				delta /= 2
			}
			done++
			delta += delta / done
			k := 0
			for ; delta > (base-tmin)*tmax/2; k += base {
				delta /= base - tmin
			}
			bias = k + (base-tmin+1)*delta/(delta+skew)
			delta = 0
		}
		delta++
		n++
	}
	return string(out), true
}

func digit(d int) byte {
	if d < 26 {
		return byte('a' + d)
	}
	return byte('0' + d - 26)
}
