package live

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Filter says which requests are meant. The zero Filter is all of them.
type Filter struct {
	Site   string       // called so
	Host   string       // asked for, with or without a port
	Path   string       // as it was sent, without the query, begins with
	Method string       // is
	Remote netip.Prefix // comes from

	MinStatus, MaxStatus int           // is between, or at, these
	Slower               time.Duration // took, or has taken, at least so long
	Sample               float64       // is among this fraction of all; 0 is all
}

// ParseFilter reads a Filter from the parameters of a query:
//
//	site=shop  host=example.com  path=/api  method=GET
//	remote=10.0.0.0/8  remote=10.1.2.3
//	status=404  status=5xx  status=400-499
//	slower=250ms (or older=250ms)  sample=0.01
//
// Each may be given once, and there are no others but those called also.
func ParseFilter(q url.Values, also ...string) (f Filter, err error) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if slices.Contains(also, name) {
			continue
		}
		value := q.Get(name)
		if len(q[name]) > 1 {
			return Filter{}, fmt.Errorf("%s: given twice", name)
		}
		if err := f.read(name, value); err != nil {
			return Filter{}, err
		}
	}
	return f, nil
}

func (f *Filter) read(name, value string) (err error) {
	switch name {
	case "site":
		f.Site = value
	case "host":
		f.Host = value
	case "path":
		f.Path = value
	case "method":
		f.Method = strings.ToUpper(value)
	case "remote":
		f.Remote, err = parseNetwork(value)
	case "status":
		f.MinStatus, f.MaxStatus, err = parseStatus(value)
	case "slower", "older":
		f.Slower, err = time.ParseDuration(value)
		if err != nil || f.Slower < 0 {
			return fmt.Errorf("%s: %q is not a duration such as 250ms", name, value)
		}
	case "sample":
		f.Sample, err = strconv.ParseFloat(value, 64)
		if err != nil || !(f.Sample > 0 && f.Sample <= 1) {
			return fmt.Errorf("sample: %q is not a fraction such as 0.01", value)
		}
	default:
		return fmt.Errorf("%q is not known here", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is not a network such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}

func parseStatus(s string) (from, to int, err error) {
	first, last, isRange := strings.Cut(s, "-")
	if class, ok := strings.CutSuffix(s, "xx"); ok {
		first, last, isRange = class+"00", class+"99", true
	}
	from, err = strconv.Atoi(first)
	to = from
	if err == nil && isRange {
		to, err = strconv.Atoi(last)
	}
	if err != nil || from < 100 || to > 599 || from > to {
		return 0, 0, fmt.Errorf("%q is not a status such as 404, 5xx or 400-499", s)
	}
	return from, to, nil
}

// match reports whether r is meant.
func (f *Filter) match(r *Request) bool {
	return (f.Site == "" || f.Site == r.Site) &&
		(f.Method == "" || f.Method == r.Method) &&
		(f.MinStatus == 0 || f.MinStatus <= r.Status && r.Status <= f.MaxStatus) &&
		f.Slower <= r.Duration &&
		(f.Path == "" || strings.HasPrefix(pathOf(r.URI), f.Path)) &&
		(f.Host == "" || sameHost(f.Host, r.Host)) &&
		(f.Sample == 0 || float64(scatter(r.ID)) < f.Sample*(1<<32)) &&
		(f.Remote == netip.Prefix{} || within(f.Remote, r.Remote))
}

// pathOf returns what follows the host of a URI, which clients of proxies send: RFC
// 9112, section 3.2.2. It ends where the query begins, so that nobody can guess that a
// letter at a time.
func pathOf(uri string) string {
	uri, _, _ = strings.Cut(uri, "?")
	if strings.HasPrefix(uri, "/") {
		return uri
	}
	_, rest, ok := strings.Cut(uri, "://")
	if i := strings.IndexByte(rest, '/'); ok && i >= 0 {
		return rest[i:]
	}
	return uri
}

// sameHost compares names of hosts; the one asked for may have a port that want
// does not care for.
func sameHost(want, host string) bool {
	if strings.EqualFold(want, host) {
		return true
	}
	i := strings.LastIndexByte(host, ':')
	return i >= 0 && !strings.HasSuffix(host, "]") && strings.EqualFold(want, host[:i])
}

func within(p netip.Prefix, remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	return err == nil && p.Contains(peer.Addr().Unmap().WithZone(""))
}

// scatter gives numbers that follow each other places without an order.
func scatter(id uint64) uint32 { return uint32(id * 0x9E3779B97F4A7C15 >> 32) }
