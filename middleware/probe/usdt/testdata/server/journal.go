package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"unsafe"

	"github.com/shallot-http/shallot/middleware"
)

// A journal has all requests that were answered: their ids, and times by the clock
// of bpftrace's nsecs, from before the first probe and after the last.
type journal struct {
	mu      sync.Mutex
	entries []entry
}

type entry struct{ id, before, after uint64 }

type entryKey struct{}

// around keeps the journal, and prints it at /journal.
func (j *journal) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/journal" {
			j.mu.Lock()
			defer j.mu.Unlock()
			for _, e := range j.entries {
				fmt.Fprintln(w, e.id, e.before, e.after)
			}
			return
		}
		e := new(entry)
		r = r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
		e.before = monotonic()
		h.ServeHTTP(w, r)
		e.after = monotonic()
		j.mu.Lock()
		defer j.mu.Unlock()
		j.entries = append(j.entries, *e)
	})
}

// enter writes down the id of a request, if there is a journal.
func enter(w http.ResponseWriter, r *http.Request) {
	if e, ok := r.Context().Value(entryKey{}).(*entry); ok {
		e.id = middleware.RequestID(w)
	}
}

// monotonic returns the time of CLOCK_MONOTONIC.
func monotonic() uint64 {
	var ts syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0); err != 0 {
		panic(err)
	}
	return uint64(ts.Nano())
}
