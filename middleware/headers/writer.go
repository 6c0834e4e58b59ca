package headers

import (
	"io"
	"net/http"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// A writer applies fields just before a response begins. Whether it has, the
// Recorder knows.
type writer struct {
	*middleware.Recorder
	request *http.Request
	cfg     *Config
	fields  [][]Field  // of the rules that are for the request
	room    [4][]Field // for the first of them
}

// Unwrap returns the Recorder, for it has what others note of the request.
func (w *writer) Unwrap() http.ResponseWriter { return w.Recorder }

// apply applies the fields to a response of a status, which is 0 if it is not
// known yet.
func (w *writer) apply(status int) {
	h := w.Header()
	v := placeholder.Values{Request: w.request, Writer: w.Recorder, Trusted: w.cfg.Trusted, Status: status}
	for _, fields := range w.fields {
		for i := range fields {
			fields[i].apply(h, &v)
		}
	}
}

func (w *writer) begin(status int) {
	if !w.Begun() {
		w.apply(status)
	}
}

func (w *writer) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.begin(status)
	}
	w.Recorder.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.Recorder.Write(p)
}

func (w *writer) WriteString(s string) (int, error) {
	w.begin(http.StatusOK)
	return w.Recorder.WriteString(s)
}

func (w *writer) ReadFrom(src io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	return w.Recorder.ReadFrom(src)
}

func (w *writer) Flush() { _ = w.FlushError() }

func (w *writer) FlushError() error {
	w.begin(http.StatusOK)
	return w.Recorder.FlushError()
}
