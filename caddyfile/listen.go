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

// open listens on all of the port's addresses, or on none, apart from those where
// there is a socket already.
func (p *port) open(ctx context.Context, have map[endpoint]*socket) (opened []*socket, err error) {
	var config net.ListenConfig
	for _, host := range p.listen {
		var (
			all     = p.endpoints(host)
			lacking []error
		)
		for _, at := range all {
			if have[at] != nil {
				continue
			}
			l, err := config.Listen(ctx, "tcp", at.String())
			switch {
			case err == nil:
				opened = append(opened, newSocket(l, at, p))
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
