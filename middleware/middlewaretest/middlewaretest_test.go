package middlewaretest_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// broken are middlewares that alter what they should not, each in a way that has
// been seen in the wild, and the subtests that have to tell.
var broken = map[string]struct {
	mw      middleware.Middleware
	subtest string
}{
	"swallows the status": {outcome(func(status int, err error) (int, error) { return 0, err }), "outcome (404, <nil>)"},
	"swallows the error":  {outcome(func(status int, err error) (int, error) { return status, nil }), "outcome (502, reason)"},
	"invents an error": {outcome(func(status int, err error) (int, error) {
		if status >= 400 && err == nil {
			err = io.EOF
		}
		return status, err
	}), "outcome (404, <nil>)"},
	"takes 204 for nothing": {outcome(func(status int, err error) (int, error) {
		if status == 204 {
			status = 0
		}
		return status, err
	}), "outcome (204, <nil>)"},
	"writes a page": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			status, err := next.ServeHTTP(w, r)
			if status >= 400 {
				http.Error(w, "sorry", status)
			}
			return status, err
		})
	}, "outcome (418, reason)"},
	"recovers": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			defer func() { recover() }()
			return next.ServeHTTP(w, r)
		})
	}, "panic"},
	"recovers an abort": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			defer func() { recover() }()
			return next.ServeHTTP(w, r)
		})
	}, "abort"},
	"takes what was cut off for whole": {outcome(func(status int, err error) (int, error) { return 0, nil }), "failure half way"},
	"is of one call only": {func() middleware.Middleware {
		var last middleware.Handler
		return func(next middleware.Handler) middleware.Handler {
			last = next
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) { return last.ServeHTTP(w, r) })
		}
	}(), "twice"},
	"takes 103 for the end": {writer(func(w http.ResponseWriter) http.ResponseWriter { return &onlyOneHeader{unwraps{w}, false} }), "informational"},
	"swallows 1xx":          {writer(func(w http.ResponseWriter) http.ResponseWriter { return no1xx{unwraps{w}} }), "informational"},
	"is opaque":             {writer(func(w http.ResponseWriter) http.ResponseWriter { return opaque{w} }), "flush"},
	"holds everything back": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			b := &buffers{unwraps: unwraps{w}}
			defer func() { w.Write(b.held.Bytes()) }()
			return next.ServeHTTP(b, r)
		})
	}, "flush between"},
	"has no Flush":        {writer(func(w http.ResponseWriter) http.ResponseWriter { return noFlush{unwraps{w}} }), "flush between"},
	"cannot be hijacked":  {writer(func(w http.ResponseWriter) http.ResponseWriter { return flushes{w} }), "hijack"},
	"hides the deadlines": {writer(func(w http.ResponseWriter) http.ResponseWriter { return hijacks{flushes{w}} }), "deadlines"},
	"has a header of its own": {writer(func(w http.ResponseWriter) http.ResponseWriter {
		return &ownHeader{unwraps{w}, http.Header{}, false}
	}), "trailers"},
	"drops the length": {writer(func(w http.ResponseWriter) http.ResponseWriter { return noLength{unwraps{w}} }), "length"},
	"drops the body": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			r.Body = http.NoBody
			return next.ServeHTTP(w, r)
		})
	}, "request body"},
	"keeps what was uploaded": {func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(w, r.WithContext(r.Context()))
		})
	}, "request"},
	"copies by hand": {writer(func(w http.ResponseWriter) http.ResponseWriter { return byHand{unwraps{w}} }), "copy"},
}

// TestTransparentCatches has each of them fail its subtest, in a process of its own.
func TestTransparentCatches(t *testing.T) {
	for name, b := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subtest := regexp.MustCompile(`\s`).ReplaceAllString(b.subtest, "_")
			cmd := exec.CommandContext(t.Context(), os.Args[0],
				"-test.run=^TestBroken$/^"+regexp.QuoteMeta(subtest)+"$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), brokenEnv+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "it has passed:\n%s", out)
			require.Contains(t, string(out), "--- FAIL: TestBroken/"+subtest+" ")
			require.Contains(t, string(out), lacking[name])
		})
	}
}

// lacking is what those are told who wrap a writer.
var lacking = map[string]string{
	"is opaque":               "needs the method FlushError, Flush or Unwrap",
	"has no Flush":            "needs the method Flush)",
	"cannot be hijacked":      "needs the method Hijack or Unwrap",
	"hides the deadlines":     "needs the method Unwrap",
	"keeps what was uploaded": "needs middleware.CopyBack",
	"copies by hand":          "needs the method ReadFrom",
}

const brokenEnv = "MIDDLEWARETEST_BROKEN"

func TestBroken(t *testing.T) {
	name := os.Getenv(brokenEnv)
	if name == "" {
		t.Skip("it fails, and so is for TestTransparentCatches to run")
	}
	b, ok := broken[name]
	if !ok {
		t.Skip("there is no such middleware")
	}
	middlewaretest.Transparent(t, b.mw)
}

func TestTransparentLetsPass(t *testing.T) {
	middlewaretest.Transparent(t, middleware.Chain())
	middlewaretest.Transparent(t, writer(func(w http.ResponseWriter) http.ResponseWriter {
		return middleware.Record(struct{ unwraps }{unwraps{w}})
	}))
}

// outcome makes a middleware of what it does to an outcome.
func outcome(f func(int, error) (int, error)) middleware.Middleware {
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return f(next.ServeHTTP(w, r))
		})
	}
}

// writer makes a middleware of the writer it puts in place of another.
func writer(f func(http.ResponseWriter) http.ResponseWriter) middleware.Middleware {
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(f(w), r)
		})
	}
}

// unwraps is a writer with all that there is.
type unwraps struct{ http.ResponseWriter }

func (w unwraps) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w unwraps) Flush()                      { http.NewResponseController(w.ResponseWriter).Flush() }
func (w unwraps) ReadFrom(src io.Reader) (int64, error) {
	return io.Copy(w.ResponseWriter, src)
}

type onlyOneHeader struct {
	unwraps
	sent bool
}

func (w *onlyOneHeader) WriteHeader(status int) {
	if !w.sent {
		w.sent = true
		w.unwraps.WriteHeader(status)
	}
}

type no1xx struct{ unwraps }

func (w no1xx) WriteHeader(status int) {
	if status >= 200 {
		w.unwraps.WriteHeader(status)
	}
}

type opaque struct{ http.ResponseWriter }

type flushes struct{ http.ResponseWriter }

func (w flushes) Flush() { http.NewResponseController(w.ResponseWriter).Flush() }

type hijacks struct{ flushes }

func (w hijacks) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

type buffers struct {
	unwraps
	held bytes.Buffer
}

func (w *buffers) Write(p []byte) (int, error) { return w.held.Write(p) }
func (w *buffers) Flush()                      {}

type ownHeader struct {
	unwraps
	header http.Header
	sent   bool
}

func (w *ownHeader) Header() http.Header { return w.header }

func (w *ownHeader) Write(p []byte) (int, error) {
	if !w.sent {
		w.WriteHeader(http.StatusOK)
	}
	return w.unwraps.Write(p)
}

func (w *ownHeader) WriteHeader(status int) {
	w.sent = status >= 200
	maps.Copy(w.unwraps.Header(), w.header)
	w.unwraps.WriteHeader(status)
}

type noLength struct{ unwraps }

func (w noLength) Write(p []byte) (int, error) {
	w.Header().Del("Content-Length")
	return w.unwraps.Write(p)
}

// noFlush has no Flush that is to be found without http.ResponseController.
type noFlush struct{ http.ResponseWriter }

func (w noFlush) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// byHand has no ReadFrom that is to be found.
type byHand struct{ http.ResponseWriter }

func (w byHand) Unwrap() http.ResponseWriter { return w.ResponseWriter.(unwraps).ResponseWriter }
func (w byHand) Flush()                      { w.ResponseWriter.(unwraps).Flush() }
