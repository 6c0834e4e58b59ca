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

// open listens on all of the port's addresses, or on none.
func (p *port) open(ctx context.Context) (listeners []net.Listener, err error) {
	var config net.ListenConfig
	for _, host := range p.listen {
		hosts := []string{host}
		if host == atHome { // but for what a site of that very address has
			hosts = slices.DeleteFunc(slices.Clone(loopbacks[:]), func(h string) bool { return slices.Contains(p.listen, h) })
		}
		var lacking []error
		for _, h := range hosts {
			l, err := config.Listen(ctx, "tcp", net.JoinHostPort(h, p.number))
			switch {
			case err == nil:
				listeners = append(listeners, l)
			case host == atHome && !isInUse(err):
				lacking = append(lacking, err)
			default:
				return nil, errors.Join(p.blame(host, err), closeAll(listeners))
			}
		}
		if len(lacking) == len(loopbacks) {
			return nil, errors.Join(p.blame(host, lacking[0]), closeAll(listeners))
		}
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// isInUse reports whether somebody else listens at an address. On Windows the
// error has a number of its own, WSAEADDRINUSE.
func isInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.Errno(10048))
}
