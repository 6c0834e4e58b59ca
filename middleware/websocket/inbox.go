package websocket

import (
	"io"
	"sync"
)

// An inbox keeps what a program does not read yet, up to a number of bytes. The end
// of a WebSocket comes behind all that was sent on it: were there no inbox, a program
// that reads nothing would not be ended before its client is missed by a ping.
type inbox struct {
	max int

	mu      sync.Mutex
	changed sync.Cond
	kept    []byte
	closed  bool // there will be no more
	deaf    bool // the program has closed its input, and may still have more to say; nothing is kept
}

func newInbox(most int) *inbox {
	in := &inbox{max: most}
	in.changed.L = &in.mu
	return in
}

// put adds a message, once there is room for it.
func (in *inbox) put(message []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.kept) > 0 && len(in.kept)+len(message) > in.max {
		in.changed.Wait()
	}
	if !in.deaf {
		in.kept = append(in.kept, message...)
		in.changed.Broadcast()
	}
}

// close says that there will be no more.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.changed.Broadcast()
}

// feed writes what is put to a program, and closes its input after the last of it.
func (in *inbox) feed(program io.WriteCloser) {
	defer program.Close()
	var spare []byte
	for {
		text := in.take(spare)
		if text == nil {
			return
		}
		if _, err := program.Write(text); err != nil {
			in.mu.Lock()
			in.deaf, in.kept = true, nil
			in.changed.Broadcast()
			in.mu.Unlock()
			return
		}
		spare = text[:0]
	}
}

// take returns all there is and leaves spare in its place, or nil at the end.
func (in *inbox) take(spare []byte) []byte {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.kept) == 0 && !in.closed {
		in.changed.Wait()
	}
	if len(in.kept) == 0 {
		return nil
	}
	text := in.kept
	in.kept = spare
	in.changed.Broadcast()
	return text
}
