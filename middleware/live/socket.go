package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// A socket is one in the file system on which pages are served, to whoever may open
// it: the user that the program runs as.
type socket struct {
	path    string
	handler atomic.Pointer[http.Handler]
	file    os.FileInfo // of the socket, once there is one
	server  *http.Server
	done    chan struct{}
}

func newSocket(path string) *socket {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // whatever the working directory may become
	}
	return &socket{path: path}
}

// show has h served from now on.
func (s *socket) show(h http.Handler) { s.handler.Store(&h) }

// Start opens the socket. It is made where nobody else can look, and then moved to its
// place, so that there is no moment at which others could open it; what was left there
// by a program that was killed makes room for it. What is no socket does not.
func (s *socket) Start(ctx context.Context) error {
	if info, err := os.Lstat(s.path); err == nil && info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("socket: %s is there already, and is no socket", s.path)
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.path), ".s")
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer os.RemoveAll(dir)
	hidden := filepath.Join(dir, "s")
	l, err := new(net.ListenConfig).Listen(ctx, "unix", hidden)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // for it is not there any more
	err = os.Chmod(hidden, 0o600)
	if err == nil {
		s.file, err = os.Lstat(hidden)
	}
	if err == nil {
		err = os.Rename(hidden, s.path)
	}
	if err != nil {
		l.Close()
		return fmt.Errorf("socket: %w", err)
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l) // it ends when it is closed
	}()
	return nil
}

// ServeHTTP serves what is to be shown.
func (s *socket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := s.handler.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	http.Error(w, "503 Service Unavailable", http.StatusServiceUnavailable)
}

// Close ends what is being served, and removes the socket unless another has taken its
// place.
func (s *socket) Close() error {
	if s.server == nil {
		return nil
	}
	err := s.server.Close()
	<-s.done
	if now, statErr := os.Lstat(s.path); statErr == nil && os.SameFile(now, s.file) {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
