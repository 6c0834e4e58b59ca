package caddyfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// An exchange is one generation taking the place of another.
type exchange struct {
	*Server
	old, next *generation
	report    *ReloadReport

	wanted      wanted
	had, spare  []*socket // of old
	taken, left []*socket // of those that were spare
	opened      []*socket
	closed      []*socket // to make room for others
}

// do exchanges the generations, or leaves everything as it was.
func (x *exchange) do(ctx context.Context) error {
	x.mu.Lock()
	open, listening := x.open, x.sockets != nil
	x.had, x.spare = x.sockets, x.Server.spare
	x.mu.Unlock()
	if open {
		if err := start(x.life, ctx, x.next.fresh(x.old)); err != nil {
			return err
		}
	}
	if listening {
		if err := x.listen(ctx); err != nil {
			return errors.Join(x.next.file.Explain(err), closeAll(x.opened), x.makeUp(ctx))
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.Server.closed || x.stopping {
		return errors.Join(ErrClosed, closeAll(x.opened))
	}
	x.commit()
	return nil
}

// listen opens what next listens on and old does not. What has to be closed for that
// comes last.
func (x *exchange) listen(ctx context.Context) error {
	x.wanted = x.next.wanted()
	x.taken, x.left = x.wanted.take(nil, x.spare)
	have := slices.Concat(x.had, x.taken)
	var late []*port
	for _, p := range x.next.ports {
		if len(x.inTheWay(p)) > 0 {
			late = append(late, p)
			continue
		}
		opened, err := p.open(ctx, have)
		if err != nil {
			return err
		}
		x.opened = append(x.opened, opened...)
	}
	for _, p := range late {
		for _, k := range x.inTheWay(p) {
			k.Close()
			x.closed = append(x.closed, k)
			x.report.Warnings = append(x.report.Warnings,
				fmt.Errorf("%v: there was a moment without a listener, for this is another part of the same port than before", k.at))
		}
		opened, err := p.open(ctx, have)
		if err != nil {
			return err
		}
		x.opened = append(x.opened, opened...)
	}
	return nil
}

// inTheWay returns what nobody can listen beside where p is to be: one address, and
// all of them, exclude each other.
func (x *exchange) inTheWay(p *port) (sockets []*socket) {
	for _, k := range x.had {
		if x.wanted[k.at] == nil && !k.given && k.at.number == p.number && p.number != "0" &&
			(k.at.host == everywhere || slices.Contains(p.listen, everywhere)) {
			sockets = append(sockets, k)
		}
	}
	return sockets
}

// makeUp opens again what was closed in vain.
func (x *exchange) makeUp(ctx context.Context) error {
	if len(x.closed) == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.Server.closed || x.stopping {
		return nil
	}
	var errs []error
	for _, k := range x.closed {
		i := slices.Index(x.sockets, k)
		x.sockets = slices.Delete(x.sockets, i, i+1)
		p := k.port.Load()
		again, err := p.open(context.WithoutCancel(ctx), x.sockets)
		if err != nil {
			errs = append(errs, fmt.Errorf("%v is no longer listened on: %w", k.at, err))
		}
		for _, l := range again {
			l.port.Store(p)
			x.sockets = append(x.sockets, l)
			if x.serving {
				l.serve(x.Server)
			}
		}
		if k.server != nil {
			k.server.stepBack()
			x.leaving.Go(func() { x.retire(nil, []*server{k.server}, nil) })
		}
	}
	return errors.Join(errs...)
}

// commit has next be what is found from now on. It cannot fail.
func (x *exchange) commit() {
	var sockets []*socket
	var removed, replaced []*server // replaced by other servers
	for _, k := range x.sockets {
		p := x.wanted[k.at]
		if p == nil {
			x.report.ListenersClosed = append(x.report.ListenersClosed, k.at.String())
			v := k.server
			k.server = nil
			switch wider := x.wanted[endpoint{everywhere, k.at.number}]; {
			case v == nil:
			case wider != nil: // which knows by itself what may come in where
				k.port.Store(wider)
				v.stepBack()
				replaced = append(replaced, v)
			default:
				v.front.closeOnce()
				removed = append(removed, v)
			}
			if k.given {
				x.left = append(x.left, k)
			} else {
				k.Close()
			}
			continue
		}
		sockets = append(sockets, k)
		x.report.ListenersKept = append(x.report.ListenersKept, k.at.String())
		k.port.Store(p)
		if x.serving && k.server.manner != p.manner() {
			replaced = append(replaced, k.serve(x.Server))
			x.report.Warnings = append(x.report.Warnings,
				fmt.Errorf("%v: connections are served in another way from now on; those there are end with their next response", k.at))
		}
	}
	for _, k := range slices.Concat(x.taken, x.opened) {
		sockets = append(sockets, k)
		x.report.ListenersOpened = append(x.report.ListenersOpened, k.at.String())
		k.port.Store(x.wanted[k.at])
		x.takeOver(k)
		if x.serving {
			k.serve(x.Server)
		}
	}
	if x.sockets != nil {
		x.sockets, x.Server.spare = sockets, x.left
	}
	for i, site := range x.next.sites {
		site.file, site.decl = x.next.file, x.next.decls[i]
	}
	x.now.Store(x.next)
	x.old.own.Unhide()
	gone := x.old.fresh(x.next)
	for _, site := range gone {
		x.former.Store(site, nil)
	}
	if len(removed)+len(replaced)+len(gone) > 0 {
		x.leaving.Go(func() { x.retire(removed, replaced, gone) })
	}
}

// takeOver has what k serves be found by the connections, too, that are left of who
// listened there before, and was not to be any more in between.
func (x *exchange) takeOver(k *socket) {
	if k.at.number == "0" { // which is another one each time
		return
	}
	for v := range x.servers.Range {
		if before := v.(*server).front.socket; before.at == k.at {
			before.port.Store(k.port.Load())
		}
	}
}

// retire ends what nothing is sent to any more, without a loss if there is time.
func (s *Server) retire(removed, replaced []*server, gone []*site) {
	ctx, cancel := context.WithTimeout(s.hurry, max(s.config.Drain, 0))
	defer cancel()
	var sources, others sync.WaitGroup
	for _, v := range replaced {
		others.Go(func() {
			v.leave(ctx)
			s.servers.Delete(v)
		})
	}
	for _, v := range removed {
		sources.Go(func() {
			v.shutdown(ctx)
			s.servers.Delete(v)
		})
	}
	sources.Wait() // their requests still go to the sites that are gone
	late, err := s.leave(ctx, gone)
	for _, site := range gone {
		s.former.Delete(site)
	}
	if late > 0 {
		s.log.Warn("reload: requests to former sites were cut off that took longer than they were given", "number", late)
	}
	if err != nil {
		s.log.Warn("reload: ending former sites", "error", err)
	}
	others.Wait()
}
