package middleware

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// A Handler responds to a request, or returns the status to respond with.
// See the package comment for what the two results mean.
type Handler interface {
	ServeHTTP(w http.ResponseWriter, r *http.Request) (status int, err error)
}

// A HandlerFunc is a function that serves as a [Handler].
type HandlerFunc func(http.ResponseWriter, *http.Request) (int, error)

// ServeHTTP calls f.
func (f HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	return f(w, r)
}

// A Status is the Handler that returns itself, with which a chain can end:
// Status(404) where there is nothing left to try.
type Status int

// ServeHTTP returns s.
func (s Status) ServeHTTP(http.ResponseWriter, *http.Request) (int, error) { return int(s), nil }

// A Middleware puts a Handler in front of another. It may be called any number
// of times, so it keeps nothing of one call for the next.
type Middleware func(next Handler) Handler

// Chain returns the Middleware that applies mw in the order in which a request
// meets them. A chain is a Middleware, so chains nest; Chain() does nothing.
//
// A tracer, and an [Observer], see each Handler of the chain under the name of its
// package. A [HandlerFunc] they see only if [Named]. With the build tag noprobe
// layers call each other directly.
func Chain(mw ...Middleware) Middleware {
	mw = slices.Clone(mw)
	return func(next Handler) Handler {
		for _, m := range slices.Backward(mw) {
			next = asLayer(m(next))
		}
		return next
	}
}

// Named returns m with the name under which a tracer is to see it.
func Named(name string, m Middleware) Middleware {
	return func(next Handler) Handler {
		h := m(next)
		if !probe.Watchable {
			return h
		}
		return &layer{name, h}
	}
}

// When returns the Middleware that applies mw to the requests that match.
//
//	middleware.When(middleware.Path("/admin").Protects, auth)
func When(match func(*http.Request) bool, mw ...Middleware) Middleware {
	chain := Chain(mw...)
	return func(next Handler) Handler {
		matched := chain(next)
		return HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if match(r) {
				return matched.ServeHTTP(w, r)
			}
			return next.ServeHTTP(w, r)
		})
	}
}

// A layer is a Handler between two probes.
type layer struct {
	name string
	h    Handler
}

func (l *layer) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if probe.LayerEnabled() {
		return l.trace(w, r)
	}
	return l.h.ServeHTTP(w, r)
}

func (l *layer) trace(w http.ResponseWriter, r *http.Request) (status int, err error) {
	f, start, returned := lookedAt(w, true), clock(), false
	probe.LayerEnter(f.id, l.name)
	if f.observer != nil {
		f.observer.Enter(l.name)
	}
	defer func() { // panic or not
		took := clock() - start
		probe.LayerExit(f.id, l.name, int64(status), took)
		switch fine := returned && err == nil; {
		case f == &unseen, fine && f.told == nil:
		case fine:
			f.told.failed = ""
		case f.told == nil || f.told.failed == "": // nobody further in was it
			f.tell().failed = l.name
		}
		if f.observer != nil {
			f.observer.Exit(l.name, status, time.Duration(took))
		}
	}()
	status, err = l.h.ServeHTTP(w, r)
	returned = true
	return status, err
}

// asLayer makes a layer of h, unless h is of this package: a layer already, or
// a function, of which "middleware" would say nothing.
func asLayer(h Handler) Handler {
	if !probe.Watchable {
		return h
	}
	if name := packageOf(h); name != "" {
		return &layer{name, h}
	}
	return h
}

// packageOf returns the name of the package that h's type is of, or "" if it is
// this one.
func packageOf(h Handler) string {
	t := reflect.TypeOf(h)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[layer]().PkgPath() {
		return ""
	}
	return strings.TrimSuffix(t.String(), "."+t.Name())
}
