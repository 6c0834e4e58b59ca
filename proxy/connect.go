package proxy

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A tunnel is an upgraded connection from the client to the backend.
type tunnel struct {
	client    net.Conn
	backend   *Upgraded
	websocket bool
	idle      time.Duration // 0 is without limit
	began     time.Time
	said      atomic.Int64 // when something was, in nanoseconds since

	mu   sync.Mutex
	over bool // it ends: deadlines stay where they are
	tell bool // that it does, to both sides
}

// pieceSize is how much is moved before it is noted that something was, where that
// matters: a side that is slow to take it is not one that takes nothing.
const pieceSize = 64 << 10

// connect passes on what the two sides say until both have ended, or one has
// failed, or it has to end.
func (t *tunnel) connect(early []byte, limit time.Duration, drain <-chan struct{}) {
	t.began = time.Now()
	if limit > 0 {
		defer time.AfterFunc(limit, func() { t.end(true) }).Stop()
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-drain:
			t.end(true)
		case <-over:
		}
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, err := t.backend.Write(early)
		if err == nil {
			err = t.move(t.client.SetReadDeadline, t.backend.SetWriteDeadline, func(n int64) (int64, error) {
				return t.backend.ReadFrom(&io.LimitedReader{R: t.client, N: n})
			})
		}
		if err != nil || t.backend.CloseWrite() != nil {
			t.end(false)
		}
	}()
	err := t.move(t.backend.SetReadDeadline, t.client.SetWriteDeadline, func(n int64) (int64, error) {
		return t.backend.writeTo(t.client, n)
	})
	if err != nil || closeWrite(t.client) != nil {
		t.end(false)
	}
	<-sent
	close(over)
	t.finish()
}

// move passes on what one side says, to the end of it.
func (t *tunnel) move(setRead, setWrite func(time.Time) error, copy func(limit int64) (int64, error)) error {
	if t.idle <= 0 {
		_, err := copy(math.MaxInt64)
		return err
	}
	// What either direction moves is known a tick later, and looked at one after that.
	tick := t.idle / 12
	for {
		start := time.Now()
		if !t.arm(func() {
			_ = setRead(start.Add(tick))
			_ = setWrite(start.Add(tick + t.idle))
		}) {
			return os.ErrDeadlineExceeded
		}
		n, err := copy(pieceSize)
		if n > 0 {
			t.said.Store(int64(time.Since(t.began)))
		}
		switch {
		case err == nil && n < pieceSize:
			return nil
		case err == nil:
			continue
		case !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) >= tick+t.idle:
			return err
		case n == 0 && time.Since(t.began)-time.Duration(t.said.Load()) >= t.idle+tick:
			t.end(true)
			return err
		}
	}
}

// arm calls set unless the tunnel ends.
func (t *tunnel) arm(set func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		set()
	}
	return !t.over
}

// end has both sides end, or is what they have ended by.
func (t *tunnel) end(tell bool) {
	t.arm(func() {
		t.over, t.tell = true, tell
		t.setDeadlines(past)
	})
}

func (t *tunnel) setDeadlines(to time.Time) {
	_ = t.client.SetDeadline(to)
	_ = t.backend.SetReadDeadline(to)
	_ = t.backend.SetWriteDeadline(to)
}

// finish tells both sides why there is no more: RFC 6455, section 7.4.1.
func (t *tunnel) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if !t.tell || !t.websocket {
		return
	}
	t.setDeadlines(time.Now().Add(time.Second))
	_, _ = t.client.Write([]byte{0x88, 2, 1001 >> 8, 1001 & 0xff})
	_, _ = t.backend.Write([]byte{0x88, 0x80 | 2, 0, 0, 0, 0, 1001 >> 8, 1001 & 0xff}) // masked, as clients must, by 0
}

// closeWrite tells the client that nothing more will be sent.
func closeWrite(conn net.Conn) error {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return http.ErrNotSupported
}
