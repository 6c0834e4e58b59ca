package caddyfile

import (
	"errors"
	"slices"

	"github.com/shallot-http/shallot/middleware/directive"
)

// LogFiles returns the paths of the log files in use.
func (s *Server) LogFiles() []string {
	var names []string
	s.pool.Each(func(r directive.Resource) {
		if file, ok := r.(logFile); ok {
			names = append(names, file.Name())
		}
	})
	slices.Sort(names)
	return names
}

// A logFile is a resource of the kind that log rotation is about.
type logFile interface {
	Name() string
	Reopen() error
}

// Reopen opens every log file anew, in case it was renamed by the log rotation of
// the operating system. It is what SIGHUP is for.
func (s *Server) Reopen() error {
	var errs []error
	s.pool.Each(func(r directive.Resource) {
		if file, ok := r.(logFile); ok {
			errs = append(errs, file.Reopen())
		}
	})
	return errors.Join(errs...)
}
