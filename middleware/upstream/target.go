package upstream

import (
	"net/url"
	"strings"
)

// A Target is where requests can be sent. It is what a user writes down or a
// [Source] finds; an [Upstream] is what has become of it.
type Target struct {
	Scheme  string // such as https, in lower case; "" leaves it to the caller
	Network string // as for net.Dial; "" is tcp
	Addr    string // host:port, or the path of a Unix socket

	// Host is what the target is called where Addr is only an address of it, as
	// host:port. "" is Addr. A certificate must be made out to it.
	Host string

	Path string // what the paths of requests are to be put behind, escaped; "" is none

	// Weight is the share of requests relative to those of other targets of the tier.
	// 0 is 1. There may be up to a million.
	Weight int

	// Tier is 0 for targets that are used whenever they can be, and higher for those
	// that take what no lower tier can.
	Tier int
}

const maxWeight = 1_000_000

// String returns the target as [Parse] reads it.
func (t Target) String() string {
	if t.Network == "unix" {
		return "unix:" + t.Addr
	}
	if t.Scheme == "" {
		return t.Addr + t.Path
	}
	return t.Scheme + "://" + t.Addr + t.Path
}

// Authority returns the name of the target as host:port. That of a Unix socket is
// "".
func (t Target) Authority() string {
	if t.Host != "" || t.Network == "unix" {
		return t.Host
	}
	return t.Addr
}

// URL returns the URL of a path of the target, which is escaped and may have a
// query. Its scheme is http or https where that of the target says which version of
// HTTP is spoken.
func (t Target) URL(path string) (*url.URL, error) {
	scheme, host := t.Scheme, t.Authority()
	switch scheme {
	case "", "h2c":
		scheme = "http"
	case "h2":
		scheme = "https"
	}
	if host == "" {
		host = "localhost"
	}
	return url.Parse(scheme + "://" + host + strings.TrimSuffix(t.Path, "/") + path)
}

// normal returns t with what is left out filled in.
func (t Target) normal() Target {
	if t.Network == "" {
		t.Network = "tcp"
	}
	t.Weight = min(max(t.Weight, 1), maxWeight)
	return t
}

// identity is what makes two targets the same, however they are weighted.
func (t Target) identity() Target {
	t.Weight, t.Tier = 0, 0
	return t
}

// merge returns targets without repetitions: one that is listed twice has the sum
// of the weights, as users of Caddy 0.7.1 gave weights, and the lowest tier.
func merge(lists ...[]Target) []Target {
	var merged []Target
	at := map[Target]int{}
	for _, list := range lists {
		for _, t := range list {
			t = t.normal()
			i, ok := at[t.identity()]
			if !ok {
				at[t.identity()] = len(merged)
				merged = append(merged, t)
				continue
			}
			merged[i].Weight = min(merged[i].Weight+t.Weight, maxWeight)
			merged[i].Tier = min(merged[i].Tier, t.Tier)
		}
	}
	return merged
}
