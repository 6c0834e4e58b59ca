package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"sync"
	"time"

	ws "github.com/coder/websocket"

	"github.com/shallot-http/shallot/middleware/command"
)

// Why a WebSocket ends before its program.
var (
	errLeft  = errors.New("the client has closed it")
	errDrain = errors.New("the server is to stop")
	errPing  = errors.New("the client does not answer")
)

// run runs the program for r until it or the WebSocket ends.
func (h *Handler) run(w http.ResponseWriter, r *http.Request) (int, error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	defer cancel(nil)
	cmd := command.New(ctx, h.cfg.Dir, h.environ(w, r), h.cfg.Command[0], h.cfg.Command[1:]...)
	out := &sender{ctx: ctx, end: cancel, how: h.cfg.Type, max: h.cfg.BufferSize, ready: make(chan struct{})}
	said := &command.Output{Log: h.cfg.Log.With("command", h.cfg.Command[0])}
	cmd.Stderr = said
	printed, p, stdin, err := start(cmd)
	if err != nil {
		return http.StatusInternalServerError, fmt.Errorf("websocket: %s: %w", h.cfg.Command[0], err)
	}
	go printed.copy(out)
	out.conn, err = h.accept(w, r)
	close(out.ready)
	if err != nil {
		cancel(err)
		_ = p.Wait() // which was not even to begin
		printed.finish()
		return 0, err
	}
	defer out.conn.CloseNow()

	var others sync.WaitGroup
	in := newInbox(h.cfg.BufferSize)
	others.Go(func() { in.feed(stdin) })
	others.Go(func() { receive(out.conn, in, h.cfg.Type); cancel(errLeft) })
	others.Go(func() { h.watch(ctx, cancel, out.conn) })
	err = p.Wait()
	printed.finish()
	said.Flush()
	if err == nil {
		err = out.finish()
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	err = h.end(out.conn, err)
	cancel(nil)
	_ = out.conn.CloseNow()
	others.Wait()
	return 0, err
}

// start starts cmd with pipes for its input and output.
func start(cmd *exec.Cmd) (*outlet, *command.Process, io.WriteCloser, error) {
	printed, stdout, err := pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	defer stdout.Close() // that of the program is its own
	cmd.Stdout = stdout
	stdin, err := cmd.StdinPipe()
	if err != nil {
		printed.from.Close()
		return nil, nil, nil, err
	}
	p, err := command.Start(cmd)
	if err != nil {
		printed.from.Close()
		return nil, nil, nil, err
	}
	return printed, p, stdin, nil
}

// end tells the client how it has ended, and returns what is worth a line in the
// log.
func (h *Handler) end(conn *ws.Conn, err error) error {
	switch {
	case err == nil:
		_ = conn.Close(ws.StatusNormalClosure, "")
	case errors.Is(err, errLeft):
	case errors.Is(err, errDrain):
		_ = conn.Close(ws.StatusGoingAway, "")
	case errors.Is(err, errPing):
		_ = conn.CloseNow()
	default:
		_ = conn.Close(ws.StatusInternalError, "")
		return fmt.Errorf("websocket: %s: %w", h.cfg.Command[0], err)
	}
	return nil
}

// receive passes on what the client sends, whole messages only, until it closes the
// WebSocket. It has no context: the end of one would close the WebSocket before the
// client could be told why.
func receive(conn *ws.Conn, in *inbox, how Type) {
	defer in.close()
	for {
		_, message, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		if how == Lines {
			message = append(message, '\n')
		}
		in.put(message)
	}
}

// watch ends the WebSocket when the server is to stop, or the client does not answer
// pings, until ctx is done.
func (h *Handler) watch(ctx context.Context, end context.CancelCauseFunc, conn *ws.Conn) {
	var tick <-chan time.Time
	if h.cfg.Ping > 0 {
		ticker := time.NewTicker(h.cfg.Ping)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.cfg.Drain:
			end(errDrain)
			return
		case <-tick:
		}
		if !h.answers(conn) {
			end(errPing)
			return
		}
	}
}

func (h *Handler) answers(conn *ws.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), h.cfg.Ping)
	defer cancel()
	return conn.Ping(ctx) == nil
}
