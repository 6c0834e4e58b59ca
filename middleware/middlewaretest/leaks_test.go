package middlewaretest_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// A run is a test of which one can tell how it ended.
type run struct {
	testing.TB
	failed bool
	after  []func()
}

func (r *run) Error(...any)        { r.failed = true }
func (r *run) Logf(string, ...any) {}
func (r *run) Failed() bool        { return r.failed }
func (r *run) Cleanup(f func())    { r.after = append(r.after, f) }

func TestNoLeaks(t *testing.T) {
	for _, leaks := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := &run{TB: t}
			middlewaretest.NoLeaks(r)
			end := make(chan struct{})
			stop := sync.OnceFunc(func() { close(end) })
			defer stop()
			for range 100 { // more than other tests may have left, which end meanwhile
				go func() { <-end }()
			}
			if !leaks {
				stop()
			}
			for _, f := range r.after {
				f()
			}
			require.Equal(t, leaks, r.failed)
		})
	}
}
