package pprof

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// list answers with the names of the profiles, a line each.
func (h *Handler) list(w http.ResponseWriter, r *http.Request) (int, error) {
	if _, err := parameters(r.URL); err != nil {
		return http.StatusBadRequest, err
	}
	names := []string{"profile", "trace"}
	for _, p := range pprof.Profiles() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	var body bytes.Buffer
	for _, name := range names {
		fmt.Fprintln(&body, name)
	}
	return send(w, &body, "text/plain; charset=utf-8", "")
}

// lookup answers with a profile of what is, or was, at one time.
func (h *Handler) lookup(w http.ResponseWriter, r *http.Request, name string) (int, error) {
	p := pprof.Lookup(name)
	if p == nil {
		return http.StatusNotFound, nil
	}
	with, err := parameters(r.URL, parameter{"debug", 0, 2, 0}, parameter{"gc", 0, 1, 0})
	if err != nil {
		return http.StatusBadRequest, err
	}
	if with["gc"] == 1 && r.Method != http.MethodHead {
		runtime.GC()
	}
	var body bytes.Buffer
	if err := p.WriteTo(&body, with["debug"]); err != nil {
		return http.StatusInternalServerError, fmt.Errorf("pprof: %w", err)
	}
	if with["debug"] > 0 {
		return send(w, &body, "text/plain; charset=utf-8", "")
	}
	return send(w, &body, "application/octet-stream", name)
}

// A recording is what takes some time.
type recording struct {
	name  string
	start func(*bytes.Buffer) error
	stop  func() // returns once all is written
}

var (
	profile   = recording{"profile", func(b *bytes.Buffer) error { return pprof.StartCPUProfile(b) }, pprof.StopCPUProfile}
	execution = recording{"trace", func(b *bytes.Buffer) error { return trace.Start(b) }, trace.Stop}
)

// overTime answers with what was recorded for some seconds. A client that leaves
// ends it.
func (h *Handler) overTime(w http.ResponseWriter, r *http.Request, usual int, rec recording) (int, error) {
	with, err := parameters(r.URL, parameter{"seconds", 1, h.cfg.MaxSeconds, min(usual, h.cfg.MaxSeconds)})
	if err != nil {
		return http.StatusBadRequest, err
	}
	var body bytes.Buffer
	if r.Method == http.MethodHead {
		return send(w, &body, "application/octet-stream", rec.name)
	}
	span := time.Duration(with["seconds"]) * time.Second
	// A server gives a response less time than this, commonly. Where it cannot be had,
	// it is not needed. The deadline is the connection's, which is not used again.
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(span + time.Minute))
	if err := rec.start(&body); err != nil {
		return http.StatusConflict, fmt.Errorf("pprof: %w", err)
	}
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		rec.stop()
		return send(w, &body, "application/octet-stream", rec.name)
	case <-r.Context().Done():
		rec.stop()
		return middleware.StatusOf(r, r.Context().Err()), fmt.Errorf("pprof: %w", r.Context().Err())
	}
}

// A parameter of a query is a number.
type parameter struct {
	name            string
	min, max, usual int
}

// parameters reads those that there may be.
func parameters(u *url.URL, known ...parameter) (map[string]int, error) {
	given, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("pprof: %w", err)
	}
	with := map[string]int{}
	for _, p := range known {
		with[p.name] = p.usual
		if values, ok := given[p.name]; ok {
			n, err := strconv.Atoi(values[0])
			if err != nil || n < p.min || n > p.max || len(values) > 1 {
				return nil, fmt.Errorf("pprof: %s=%q is not from %d to %d", p.name, values, p.min, p.max)
			}
			with[p.name] = n
		}
		delete(given, p.name)
	}
	for name := range given {
		return nil, fmt.Errorf("pprof: no parameter %q here", name)
	}
	return with, nil
}

// send answers with a body, as a file if that has a name.
func send(w http.ResponseWriter, body *bytes.Buffer, mediaType, file string) (int, error) {
	header := w.Header()
	header.Set("Content-Type", mediaType)
	if file != "" {
		header.Set("Content-Disposition", `attachment; filename="`+url.PathEscape(file)+`"`)
	}
	w.WriteHeader(http.StatusOK)
	if _, err := body.WriteTo(w); err != nil {
		return middleware.StatusClientClosed, fmt.Errorf("pprof: %w", err)
	}
	return 0, nil
}
