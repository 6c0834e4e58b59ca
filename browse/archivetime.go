package browse

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// archiveContext returns the context of an archive, which ends when that has taken
// as long as it may: of those that are made at a time there are few, and a client
// that hardly reads would have one of them for as long as it likes.
func (h *Handler) archiveContext(r *http.Request) (context.Context, context.CancelFunc) {
	most := h.cfg.ArchiveTime
	return context.WithTimeoutCause(r.Context(), most, fmt.Errorf("browse: an archive may take no longer than %v: %w", most, context.DeadlineExceeded))
}

// reason returns why an archive failed with err, if it did.
func reason(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// cutOff has what is written to the client fail once the time of ctx is over. It
// puts off no deadline that a server has set. The function returned is to be called
// when all is written, after which it is too late for that.
func cutOff(ctx context.Context, w http.ResponseWriter, r *http.Request) (written func()) {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		if r.Context().Err() == nil {
			// Where a writer has no deadline, the next Write that it gets is the last.
			http.NewResponseController(w).SetWriteDeadline(time.Now())
		}
	})
	return func() {
		if !stop() {
			<-over // w is of no use to anybody after the request
		}
	}
}
