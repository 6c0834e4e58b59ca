package proxy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// TestHTTP2LooksAtFieldsLate has a client leave while net/http writes the fields of its
// request. They must still be there: what goes on reads them on a goroutine that
// nobody waits for.
func TestHTTP2LooksAtFieldsLate(t *testing.T) {
	backend := startH2C(t, func(http.ResponseWriter, *http.Request) {})
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, backend), Transport: newTransport(t, proxy.TransportConfig{})})
	ctx, leave := context.WithCancel(t.Context())
	left, written := make(chan bool), make(chan string, 99)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("User-Agent", "x") // without which net/http gets a copy
	for i := range 10 {
		r.Header.Set(fmt.Sprint("X-Field-", i), "value")
	}
	waits := true
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(name string, _ []string) {
			if waits && strings.HasPrefix(name, "x-field-") {
				waits = false
				leave()
				<-left
			}
			written <- name
		},
		WroteHeaders: func() { close(written) },
	}))
	_, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.ErrorIs(t, err, context.Canceled)
	close(left)
	var fields int
	for name := range written {
		if strings.HasPrefix(name, "x-field-") {
			fields++
		}
	}
	require.Equal(t, 10, fields)
}

// A stuckConn takes no more once it is stuck, until it is free.
type stuckConn struct {
	net.Conn
	stuck atomic.Bool
	free  chan bool
}

func (c *stuckConn) Write(p []byte) (int, error) {
	if c.stuck.Load() {
		<-c.free
	}
	return c.Conn.Write(p)
}

// A lateWriter counts what is written once its handler has returned.
type lateWriter struct {
	http.ResponseWriter
	returned atomic.Bool
	late     atomic.Int32
}

func (w *lateWriter) WriteHeader(status int) {
	if w.returned.Load() {
		w.late.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// TestHTTP2HintsLate has a client leave between two responses of status 1xx. The second
// one net/http tells of when the handler has returned, as it has not been able yet to
// tell the backend that it does not care any more.
func TestHTTP2HintsLate(t *testing.T) {
	backend := startH2C(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusEarlyHints)
		<-r.Context().Done()
	})
	var conn *stuckConn
	free := make(chan bool)
	defer close(free)
	tr := newTransport(t, proxy.TransportConfig{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		conn = &stuckConn{Conn: c, free: free}
		return conn, err
	}})
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, backend), Transport: tr})
	ctx, leave := context.WithCancel(t.Context())
	left, told, first := make(chan bool), make(chan int, 9), true
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(status int, _ textproto.MIMEHeader) error { // after the handler's own
			if first {
				first = false
				conn.stuck.Store(true)
				leave()
				<-left
			}
			told <- status
			return nil
		},
	}))
	w := &lateWriter{ResponseWriter: httptest.NewRecorder()}
	_, err := h.ServeHTTP(w, r)
	require.ErrorIs(t, err, context.Canceled)
	w.returned.Store(true)
	close(left)
	require.Equal(t, http.StatusEarlyHints, <-told)
	require.Equal(t, http.StatusEarlyHints, <-told)
	require.Zero(t, w.late.Load())
}
