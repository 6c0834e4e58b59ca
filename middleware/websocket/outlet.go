package websocket

import (
	"io"
	"os"
	"sync/atomic"
	"time"
)

// An outlet is where a program's output comes out. That of exec.Cmd would be closed
// after WaitDelay, whether or not a slow client has taken what the program had
// printed by its end: here only waiting for more counts.
type outlet struct {
	from  *os.File
	ended atomic.Bool   // the program, so that little more can come
	done  chan struct{} // closed when there is no more
}

const (
	grace    = 600 * time.Millisecond // for what has outlived the program to close its output
	mostLeft = 1 << 20                // that a program may leave behind: a pipe holds no more
)

// pipe returns an outlet and what a program has to print on.
func pipe() (*outlet, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return &outlet{from: r, done: make(chan struct{})}, w, nil
}

// copy copies all there is until to takes no more.
func (o *outlet) copy(to io.Writer) {
	defer close(o.done)
	defer o.from.Close()
	left, piece := mostLeft, make([]byte, 32<<10)
	for left > 0 {
		ended := o.ended.Load()
		if ended {
			_ = o.from.SetReadDeadline(time.Now().Add(grace))
		}
		n, err := o.from.Read(piece)
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
		if ended {
			left -= n
		}
	}
}

// finish waits until what the program has left is copied.
func (o *outlet) finish() {
	o.ended.Store(true)
	if err := o.from.SetReadDeadline(time.Now().Add(grace)); err != nil { // Windows has none for pipes
		defer time.AfterFunc(grace, func() { o.from.Close() }).Stop()
	}
	<-o.done
}
