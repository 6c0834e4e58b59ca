package live

import (
	"errors"
	"net/http"
	"time"
)

// patience is how long a reader may take nothing of what is sent to it, or for a trace.
const patience = time.Minute

// tap writes a line of JSON for each request that ends, until one of the two sides
// has enough.
func (p *pages) tap(w http.ResponseWriter, r *http.Request) (int, error) {
	f, err := ParseFilter(r.URL.Query())
	if err != nil {
		return complain(w, http.StatusBadRequest, err)
	}
	reader, err := p.Recorder.Tap(f)
	switch {
	case errors.Is(err, ErrReaders):
		return complain(w, http.StatusTooManyRequests, err)
	case err != nil:
		return complain(w, http.StatusServiceUnavailable, err)
	}
	defer reader.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Accel-Buffering", "no") // nor is a proxy to collect lines
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return 0, nil
	}
	control := http.NewResponseController(w)
	for {
		if !reader.Waiting() {
			if err := control.Flush(); err != nil {
				return 0, nil // the client has left
			}
			_ = control.SetWriteDeadline(time.Time{}) // there may be nothing to write for long
		}
		q, lost, err := reader.next(r.Context(), p.Drain)
		_ = control.SetWriteDeadline(time.Now().Add(patience))
		var line any
		switch {
		case err != nil:
			return 0, nil
		case lost > 0:
			line = struct {
				Lost uint64 `json:"lost"`
			}{lost}
		default:
			line = p.shown(q)
		}
		text, err := marshal(line, "")
		if err != nil {
			return http.StatusInternalServerError, err
		}
		if _, err := w.Write(text); err != nil {
			return 0, nil
		}
	}
}
