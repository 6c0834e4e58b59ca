package pair

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
)

// A stage is the TB of one row in a report.
type stage struct {
	ctx             context.Context
	cleanups        []func()
	skipped, failed string
}

// perform calls f, which may end itself by Fatal or Skip, and cleans up after it.
func perform(parent context.Context, f func(TB)) (skipped, failed string) {
	ctx, cancel := context.WithCancel(parent)
	s := &stage{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.cleanUp()
		defer cancel()
		f(s)
	}()
	<-done
	if s.failed != "" && parent.Err() != nil {
		s.failed = "interrupted" // whatever else that has brought about
	}
	return s.skipped, s.failed
}

func (s *stage) cleanUp() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

func (s *stage) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }
func (s *stage) Context() context.Context { return s.ctx }
func (s *stage) Helper()                  {}

func (s *stage) Fatal(args ...any) {
	s.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

func (s *stage) Fatalf(format string, args ...any) { s.Fatal(fmt.Sprintf(format, args...)) }

func (s *stage) Skip(args ...any) {
	s.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
