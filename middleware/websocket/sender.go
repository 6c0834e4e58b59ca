package websocket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	ws "github.com/coder/websocket"
)

// A sender sends what a program prints, once there is a connection to send it on.
type sender struct {
	ctx   context.Context // of the program: what it says after that is lost
	end   context.CancelCauseFunc
	how   Type
	max   int
	ready chan struct{}
	conn  *ws.Conn // once ready; nil if there is none
	rest  []byte   // of a line, or of a character
}

var errNobody = errors.New("there is nobody to send it to")

// Write implements [io.Writer]. It blocks while the client is slow, and so does the
// program.
func (s *sender) Write(p []byte) (int, error) {
	select {
	case <-s.ready:
	case <-s.ctx.Done():
	}
	if s.ctx.Err() != nil || s.conn == nil {
		return 0, errNobody
	}
	if s.how == Lines {
		return len(p), s.lines(p)
	}
	n := len(p)
	for len(p) > 0 {
		piece := p[:min(len(p), s.max)]
		p = p[len(piece):]
		if err := s.piece(piece); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// lines sends each line there is in what was kept and p.
func (s *sender) lines(p []byte) error {
	s.rest = append(s.rest, p...)
	for {
		i := bytes.IndexByte(s.rest, '\n')
		if max(i, 0) > s.max || i < 0 && len(s.rest) > s.max {
			s.end(fmt.Errorf("a line has more than %d bytes", s.max))
			return context.Cause(s.ctx)
		}
		if i < 0 {
			return nil
		}
		if err := s.line(s.rest[:i]); err != nil {
			return err
		}
		s.rest = s.rest[i+1:]
	}
}

func (s *sender) line(line []byte) error {
	line = bytes.ToValidUTF8(bytes.TrimSuffix(line, []byte("\r")), []byte("\uFFFD"))
	return s.send(ws.MessageText, line)
}

// lastMoment is how long a message may still take once the program has to end: if it
// were given up at once the client could not be told why there are no more.
const lastMoment = 300 * time.Millisecond

// send ends the program if what it says can no longer be sent: it may never say more,
// and so never notice.
func (s *sender) send(kind ws.MessageType, text []byte) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(s.ctx, func() { time.AfterFunc(lastMoment, cancel) })()
	err := s.conn.Write(ctx, kind, text)
	if err != nil {
		s.end(errLeft)
	}
	return err
}

// piece sends some of the output. As text it ends with a whole character: the rest
// of one goes before what comes next.
func (s *sender) piece(p []byte) error {
	if s.how == Binary {
		return s.send(ws.MessageBinary, p)
	}
	s.rest = append(s.rest, p...)
	n := whole(s.rest)
	if n == 0 {
		return nil
	}
	text := bytes.ToValidUTF8(s.rest[:n], []byte("\uFFFD"))
	s.rest = append(s.rest[:0:0], s.rest[n:]...)
	return s.send(ws.MessageText, text)
}

// whole returns how much of text there is without a character that has only begun.
func whole(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		at := len(text) - n
		if utf8.RuneStart(text[at]) {
			if utf8.FullRune(text[at:]) {
				break
			}
			return at
		}
	}
	return len(text)
}

// finish sends what was kept when the program has ended.
func (s *sender) finish() error {
	if len(s.rest) == 0 || s.conn == nil {
		return nil
	}
	return s.line(s.rest)
}
