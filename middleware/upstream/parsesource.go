package upstream

import (
	"fmt"
	"net"
	"strings"
)

// ParseSource reads a source:
//
//	srv://_http._tcp.app.example  SRV records; also srv+https:// and so on
//	dns://app.example:8080        addresses; also dns+https:// and so on
func ParseSource(text string) (Source, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	kind, scheme, with := strings.Cut(strings.ToLower(scheme), "+")
	if !ok || kind != "srv" && kind != "dns" || with && scheme == "" {
		return nil, fmt.Errorf("%q: a source begins with srv:// or dns://", text)
	}
	if with {
		rest = scheme + "://" + rest
	}
	targets, err := Parse(rest)
	switch {
	case err != nil:
		return nil, err
	case len(targets) > 1:
		return nil, fmt.Errorf("%q: a source has one port", text)
	case targets[0].Network == "unix":
		return nil, fmt.Errorf("%q: a socket cannot be looked up", text)
	}
	t := targets[0]
	if kind == "dns" {
		return DNS{Target: t}, nil
	}
	name, port, _ := net.SplitHostPort(t.Addr)
	if strings.Contains(rest, name+":"+port) {
		return nil, fmt.Errorf("%q: the ports are those of the records", text)
	}
	return SRV{Name: name, Target: Target{Scheme: t.Scheme, Path: t.Path}}, nil
}

func sourceString(kind, scheme, rest string) string {
	if scheme != "" {
		kind += "+" + scheme
	}
	return kind + "://" + rest
}
