package gzip_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// FuzzDifference has a handler do anything in any order, with this layer and
// without: a client must not see a difference but for the encoding. What fails
// half way without it may be a proper error with it.
func FuzzDifference(f *testing.F) {
	f.Add("gzip", false, []byte{70, 1, 3, 2, 4, 0})
	f.Add("br", true, []byte{75, 5, 0, 1, 2, 3, 80})
	f.Add("zstd", false, []byte{74, 8, 8, 50, 0, 4, 1, 4})
	f.Add("gzip, identity;q=0", false, []byte{73, 0, 61, 4, 84})
	f.Add("", false, []byte{72, 71, 1, 0, 83})
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	start := func(h middleware.Handler) *httptest.Server {
		srv := httptest.NewUnstartedServer(quiet.Handler(h))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.Start()
		f.Cleanup(srv.Close)
		srv.Client().Transport.(*http.Transport).DisableCompression = true
		return srv
	}
	outcomes := make(chan bool, 100) // whether a handler has failed, once or more for a request
	script := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (status int, err error) {
		failed := true
		defer func() { outcomes <- failed }()
		status, err = perform(w, []byte(r.Header.Get("X-Steps")))
		failed = err != nil
		return status, err
	})
	bare, layered := start(script), start(gzip.New(gzip.Config{Buffer: 20_000})(script))
	f.Fuzz(func(t *testing.T, accept string, head bool, steps []byte) {
		if len(steps) > 30 || !isField(accept) {
			return
		}
		steps = bytes.Clone(steps)
		for i, step := range steps {
			steps[i] = '!' + step%90 // as a field can have it
		}
		fetch := func(srv *httptest.Server) (s seen, failed bool) {
			r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
			require.NoError(t, err)
			if head {
				r.Method = "HEAD"
			}
			r.Header.Set("X-Steps", string(steps))
			r.Header.Set("Accept-Encoding", accept)
			s = look(srv.Client(), r)
			for failed = <-outcomes; len(outcomes) > 0; {
				<-outcomes
			}
			return s, failed
		}
		want, _ := fetch(bare)
		got, failed := fetch(layered)
		if want.err != nil || failed && got.err == nil && got.status >= 400 {
			require.True(t, head || got.err != nil || got.status >= 400, "what fails without it looks whole with it: %q", steps)
			return
		}
		if failed && got.err != nil {
			return // what comes later than all of a body, or of HEAD, cannot cut it off
		}
		if want.body != got.body {
			t.Fatalf("%d bytes without it and %d with it: %q", len(want.body), len(got.body), steps)
		}
		want.body, got.body = "", ""
		require.Equal(t, want, got, "%q", steps)
	})
}

// isField reports whether s can be the value of a field.
func isField(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) && s == strings.TrimSpace(s)
}

// A seen is a response without what an encoding changes.
type seen struct {
	status          int
	header, trailer http.Header
	body            string
	err             error
}

func look(client *http.Client, r *http.Request) (s seen) {
	resp, err := client.Do(r)
	if err != nil {
		return seen{err: errReason}
	}
	defer resp.Body.Close()
	coding := resp.Header.Get("Content-Encoding")
	if coding == "own" {
		coding = ""
	} else {
		resp.Header.Del("Content-Encoding")
	}
	if r.Method != "HEAD" {
		raw, err := io.ReadAll(resp.Body)
		if err == nil && len(raw) > 0 {
			s.body, err = read(coding, strings.NewReader(string(raw)))
		}
		if err != nil {
			return seen{err: errReason}
		}
	}
	s.status, s.header, s.trailer = resp.StatusCode, resp.Header, resp.Trailer
	if tag := s.header.Get("Etag"); coding != "" && tag != "" {
		s.header.Set("Etag", strings.Replace(tag, "-"+coding, "", 1))
	}
	for _, name := range []string{"Vary", "Content-Length", "Accept-Ranges", "Date", "Connection"} {
		s.header.Del(name)
	}
	return s
}

// perform does what the steps say.
func perform(w http.ResponseWriter, steps []byte) (int, error) {
	h := w.Header()
	begun := false
	for i, step := range steps {
		piece := textOf([]int{0, 10, 700, 3000, 30_000}[i%5])
		var err error
		switch kind := step - '!'; {
		case kind < 20:
			begun = true
			_, err = w.Write([]byte(piece))
		case kind < 30:
			begun = true
			_, err = io.WriteString(w, piece)
		case kind < 40:
			begun = begun || piece != ""
			_, err = io.Copy(w, struct{ io.Reader }{strings.NewReader(piece)})
		case kind < 50:
			begun = true
			http.NewResponseController(w).Flush()
		case kind < 60:
			status := []int{103, 200, 201, 204, 205, 206, 304, 404, 500, 599}[kind-50]
			begun = begun || status >= 200
			w.WriteHeader(status)
		case kind < 80 && !begun:
			field := []string{
				"Content-Type: text/html", "Content-Type: image/png", "Content-Type: ", "Content-Encoding: own", "Etag: \"a\"",
				"Vary: Origin", "Cache-Control: no-transform", "Content-Length: 10", "Content-Length: 3710", "Content-Range: bytes 0-1/2",
				"Accept-Ranges: bytes", "Content-Digest: x", "X-Own: y", "Content-Type: text/event-stream", "Link: <a>",
				"Content-Encoding: ", "Content-Length: 33710", "Etag: W/\"b\"", "Expires: 0", "Trailer: Sum",
			}[kind-60]
			name, value, _ := strings.Cut(field, ": ")
			h.Set(name, value)
			if name == "Trailer" {
				defer h.Set("Sum", strconv.Itoa(len(steps)))
			}
		case kind == 80:
			panic(http.ErrAbortHandler)
		case kind == 81:
			return 0, nil
		case kind == 82:
			return 0, errReason
		case kind == 83:
			return 404, nil
		case kind == 84:
			return 502, errReason
		case kind == 85:
			return 204, nil
		case kind == 86:
			return 304, nil
		case kind == 87:
			return 200, nil
		case kind == 88:
			return 42, errReason
		}
		if err != nil {
			return 500, errors.Join(fmt.Errorf("step %d", i), err)
		}
	}
	return 0, nil
}
