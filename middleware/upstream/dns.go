package upstream

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DNS is the source of all addresses of a name. What they are called is still the
// name: certificates must be made out to it.
type DNS struct {
	Target  Target // what they all have; Addr is name:port
	Network string // "ip4" or "ip6"; "" is both

	// Refresh is how often the name is looked up: the standard library does not tell
	// how long an answer may be kept. 0 is 10 seconds. It is varied by a tenth. After a
	// failure, it is a second at first, and twice as long each time.
	Refresh time.Duration

	Timeout  time.Duration // of a lookup; 0 is 5 seconds
	Resolver *net.Resolver // nil is net.DefaultResolver
}

// String returns the source as [ParseSource] reads it.
func (d DNS) String() string {
	return sourceString("dns", d.Target.Scheme, d.Target.Addr+d.Target.Path)
}

// Watch looks the name up until ctx ends.
func (d DNS) Watch(ctx context.Context, update func([]Target, error)) {
	lookup{d.Refresh, d.Timeout, d.Resolver, d.targets}.repeat(ctx, update)
}

func (d DNS) targets(ctx context.Context, resolver *net.Resolver) ([]Target, error) {
	name, port, err := net.SplitHostPort(d.Target.Addr)
	if err != nil {
		return nil, err
	}
	return addresses(ctx, resolver, d.Target, d.Network, name, port)
}

// SRV is the source of what the SRV records of a name say (RFC 2782), as Consul and
// Kubernetes publish them: hosts, which are looked up, too, and ports. The targets
// of the lowest priority are those of the Tier given here, those of the next are
// one higher, and so on. Weights are those of the records, of which 0 is a tenth of
// 1. Each address of a host has all the weight of its record.
type SRV struct {
	Name    string // in full, such as _http._tcp.app.example
	Target  Target // what they all have, but for Addr, Host and Weight
	Network string // "ip4" or "ip6"; "" is both

	Refresh, Timeout time.Duration // as of DNS
	Resolver         *net.Resolver // nil is net.DefaultResolver
}

// String returns the source as [ParseSource] reads it.
func (s SRV) String() string { return sourceString("srv", s.Target.Scheme, s.Name+s.Target.Path) }

// Watch looks the name up until ctx ends.
func (s SRV) Watch(ctx context.Context, update func([]Target, error)) {
	lookup{s.Refresh, s.Timeout, s.Resolver, s.targets}.repeat(ctx, update)
}

func (s SRV) targets(ctx context.Context, resolver *net.Resolver) ([]Target, error) {
	_, records, err := resolver.LookupSRV(ctx, "", "", s.Name)
	if err != nil {
		return nil, err
	}
	priorities, unit := []uint16{}, 1
	for _, r := range records {
		priorities = append(priorities, r.Priority)
		if r.Weight == 0 {
			unit = 10
		}
	}
	slices.Sort(priorities)
	priorities = slices.Compact(priorities)
	var targets []Target
	for _, r := range records {
		if r.Target == "." {
			continue // "the service is decidedly not available at this domain"
		}
		t := s.Target
		t.Tier += slices.Index(priorities, r.Priority)
		t.Weight = max(int(r.Weight)*unit, 1)
		found, err := addresses(ctx, resolver, t, s.Network, r.Target, strconv.Itoa(int(r.Port)))
		if err != nil && !isNotFound(err) { // one that left between the two answers
			return nil, err
		}
		targets = append(targets, found...)
	}
	slices.SortStableFunc(targets, func(a, b Target) int { return strings.Compare(a.Addr, b.Addr) })
	return targets, nil
}

// addresses returns t for all addresses of a name, in an order that does not depend
// on that of the answer.
func addresses(ctx context.Context, resolver *net.Resolver, t Target, network, name, port string) ([]Target, error) {
	found, err := resolver.LookupNetIP(ctx, cmp.Or(network, "ip"), name)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	slices.SortFunc(found, netip.Addr.Compare)
	var targets []Target
	for _, addr := range slices.Compact(found) {
		t.Network = "tcp"
		t.Addr = net.JoinHostPort(addr.String(), port)
		t.Host = net.JoinHostPort(strings.TrimSuffix(name, "."), port)
		targets = append(targets, t)
	}
	return targets, nil
}

// A lookup is what is done again and again.
type lookup struct {
	refresh, timeout time.Duration
	resolver         *net.Resolver
	targets          func(context.Context, *net.Resolver) ([]Target, error)
}

// repeat looks up and updates until ctx ends.
func (l lookup) repeat(ctx context.Context, update func([]Target, error)) {
	refresh, timeout := positive(l.refresh, 10*time.Second), positive(l.timeout, 5*time.Second)
	resolver := cmp.Or(l.resolver, net.DefaultResolver)
	retry := min(time.Second, refresh)
	for {
		limited, cancel := context.WithTimeout(ctx, timeout)
		targets, err := l.targets(limited, resolver)
		cancel()
		if isNotFound(err) {
			targets, err = nil, nil // that is an answer
		}
		update(targets, err)
		wait := refresh
		if err != nil {
			wait, retry = retry, min(2*retry, refresh)
		} else {
			retry = min(time.Second, refresh)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(vary(wait)):
		}
	}
}

func isNotFound(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}
