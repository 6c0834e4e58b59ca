package caddyfile

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
)

// loopbacks are the addresses of localhost, of which a machine may lack one. A
// browser may take the name for either.
var loopbacks = [...]string{"127.0.0.1", "::1"}

// endpoints returns where to listen for one of p's hosts. There may be no more than
// one of several.
func (p *port) endpoints(host string) []endpoint {
	if host != atHome {
		return []endpoint{{host, p.number}}
	}
	var at []endpoint
	for _, h := range loopbacks {
		if !slices.Contains(p.listen, h) { // which is what a site of that very address has
			at = append(at, endpoint{h, p.number})
		}
	}
	return at
}

// wanted are the endpoints that there are sites on.
type wanted map[endpoint]*port

func (g *generation) wanted() wanted {
	all := wanted{}
	for _, p := range g.ports {
		for _, host := range p.listen {
			for _, at := range p.endpoints(host) {
				all[at] = p
			}
		}
	}
	return all
}

// take adds those of spare to sockets that there is use for, and returns the others.
func (w wanted) take(sockets, spare []*socket) (used, left []*socket) {
	used = slices.Clone(sockets)
	for _, k := range spare {
		k.at = endpoint{}
		for at := range w {
			if k.isAt(at) {
				k.at = at
				used = append(used, k)
				break
			}
		}
		if k.at == (endpoint{}) {
			left = append(left, k)
		}
	}
	return used, left
}

// open listens on all of the port's addresses, or on none, apart from those that
// there is a socket for already.
func (p *port) open(ctx context.Context, have []*socket) (opened []*socket, err error) {
	var config net.ListenConfig
	for _, host := range p.listen {
		var lacking []error
		for _, at := range p.endpoints(host) {
			if slices.ContainsFunc(have, func(k *socket) bool { return k.at == at }) {
				continue
			}
			l, err := config.Listen(ctx, "tcp", at.String())
			switch {
			case err == nil:
				opened = append(opened, newSocket(l, at))
			case host == atHome && !isInUse(err):
				lacking = append(lacking, err)
			default:
				return nil, errors.Join(p.blame(host, err), closeAll(opened))
			}
		}
		if len(lacking) == len(loopbacks) {
			return nil, errors.Join(p.blame(host, lacking[0]), closeAll(opened))
		}
	}
	return opened, nil
}

func closeAll(sockets []*socket) error {
	var errs []error
	for _, k := range sockets {
		errs = append(errs, k.Close())
	}
	return errors.Join(errs...)
}

// isInUse reports whether somebody else listens at an address. On Windows the
// error has a number of its own, WSAEADDRINUSE.
func isInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.Errno(10048))
}
