package live

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

type traceView struct {
	Running bool      `json:"running"`
	At      time.Time `json:"at,omitzero"` // of the last that was put by
	Size    int       `json:"size,omitempty"`
	Request *Request  `json:"request,omitempty"` // which it was put by for
}

// trace shows what there is of the program's execution.
func (p *pages) trace(q url.Values) (any, error) {
	if err := noMore(q); err != nil {
		return nil, err
	}
	v := traceView{Running: p.Recorder.tracer.running.Load()}
	if s := p.Recorder.Trace(); s != nil {
		v.At, v.Size, v.Request = s.At, len(s.Data), p.shown(s.Request)
	}
	return v, nil
}

// traceFile sends the trace that was put by, or with ?now the one up to now.
func (p *pages) traceFile(w http.ResponseWriter, r *http.Request) (int, error) {
	now := r.URL.Query().Has("now")
	if now {
		// Each is some MiB until its client has taken it.
		if t := &p.Recorder.tracer; t.sending.TryLock() {
			defer t.sending.Unlock()
		} else {
			return complain(w, http.StatusTooManyRequests, errors.New("a trace is being sent already"))
		}
	}
	data, err := p.traceData(now)
	switch {
	case err != nil:
		return http.StatusInternalServerError, err
	case data == nil:
		return http.StatusNotFound, nil
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="trace.out"`)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(patience))
	defer control.SetWriteDeadline(time.Time{})
	if _, err := w.Write(data); err != nil {
		return middleware.StatusClientClosed, fmt.Errorf("live: %w", err)
	}
	return 0, nil
}

// traceData returns a trace, or nil if there is none.
func (p *pages) traceData(now bool) ([]byte, error) {
	if now {
		return p.Recorder.tracer.now()
	}
	if s := p.Recorder.Trace(); s != nil {
		return s.Data, nil
	}
	return nil, nil
}
