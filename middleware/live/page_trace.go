package live

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
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
	h := w.Header()
	name := func() {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", `attachment; filename="trace.out"`)
	}
	if r.URL.Query().Has("now") {
		if !p.Recorder.tracer.running.Load() {
			return http.StatusNotFound, nil
		}
		name()
		if r.Method == http.MethodHead {
			return 0, nil
		}
		if _, err := p.Recorder.tracer.now(w); err != nil {
			return http.StatusInternalServerError, err
		}
		return 0, nil
	}
	s := p.Recorder.Trace()
	if s == nil {
		return http.StatusNotFound, nil
	}
	name()
	h.Set("Content-Length", strconv.Itoa(len(s.Data)))
	_, err := w.Write(s.Data)
	return 0, err
}
