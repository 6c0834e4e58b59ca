package live_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestTrace checks that the execution is kept up to the end of a request that was
// slow, once and no more in a minute.
func TestTrace(t *testing.T) {
	middlewaretest.NoLeaks(t)
	recorder := live.Open()
	defer recorder.Close()
	h := middleware.AppHandler(live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder, Trace: 1}).ServeHTTP)
	ask1 := func(path string) {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	ask1("/before")
	require.Nil(t, recorder.Trace(), "nobody has asked for it")

	stop, err := recorder.TraceExecution()
	require.NoError(t, err)
	_, err = recorder.TraceExecution()
	require.EqualError(t, err, "live: the program is being traced already")
	other := live.Open()
	defer other.Close()
	_, err = other.TraceExecution()
	require.ErrorContains(t, err, "live: tracing the program: ")
	ask1("/slow")
	ask1("/slow-too")
	middlewaretest.Eventually(t, func() bool { return recorder.Trace() != nil })
	s := recorder.Trace()
	require.Equal(t, "/slow", s.Request.URI)
	require.True(t, bytes.HasPrefix(s.Data, []byte("go 1.")), "the format of runtime/trace")
	require.WithinDuration(t, time.Now(), s.At, time.Minute)

	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	for _, target := range []string{"/debug/trace.out", "/debug/trace.out?now"} {
		resp := ask(pages, http.MethodGet, target)
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, `attachment; filename="trace.out"`, resp.Header.Get("Content-Disposition"))
		require.Contains(t, body(t, resp)[:5], "go 1.")
	}
	require.Contains(t, body(t, ask(pages, http.MethodGet, "/debug/trace?format=html")), "/slow")
	stop()
	stop()
	ask1("/after")
	require.Equal(t, 404, ask(pages, http.MethodGet, "/debug/trace.out?now").StatusCode)
	_, err = recorder.TraceExecution()
	require.NoError(t, err, "it was stopped")
}

// TestTraceOfAClientThatDoesNotRead checks that nobody waits for one who asks for the
// trace and does not take it, not even who wants to stop.
func TestTraceOfAClientThatDoesNotRead(t *testing.T) {
	middlewaretest.NoLeaks(t)
	recorder := live.Open()
	defer recorder.Close()
	_, err := recorder.TraceExecution()
	require.NoError(t, err)
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	client, server := net.Pipe()
	writes, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		defer func() { _ = recover() }() // the response is cut off
		r := httptest.NewRequest("GET", "/debug/trace.out?now", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
		pages.ServeHTTP(&stalled{httptest.NewRecorder(), server, writes}, r)
	}()
	<-writes
	require.Equal(t, 429, ask(pages, http.MethodGet, "/debug/trace.out?now").StatusCode)
	require.NoError(t, recorder.Close())
	client.Close()
	<-over
}

// A stalled client tells that it is written to, and takes nothing.
type stalled struct {
	http.ResponseWriter
	conn   net.Conn
	writes chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	close(s.writes)
	return s.conn.Write(p)
}
