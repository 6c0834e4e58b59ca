package proxy_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// TestRequestTrailers checks what comes behind the body of a request.
func TestRequestTrailers(t *testing.T) {
	const request = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Hop\r\nTransfer-Encoding: chunked\r\n" +
		"Trailer: X-Sum, X-Hop, Authorization\r\nTrailer: X-Forwarded-For, X-Real-Ip, Proxy, X_sum, X-User, Cookie, Host2\r\n\r\n" +
		"5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Hop: 1\r\nAuthorization: x\r\nX-Forwarded-For: x\r\nX-Real-Ip: x\r\nProxy: x\r\nX_sum: 8\r\n" +
		"X-User: root\r\nCookie: x\r\nX-Unannounced: 9\r\n\r\n"
	var seen http.Header
	var body string
	backend := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		seen, body = r.Trailer, fmt.Sprint(string(text), " ", err)
	})
	h1 := httptest.NewServer(backend)
	defer h1.Close()
	for _, tt := range []struct {
		name string
		to   string
		send bool
		want http.Header
	}{
		{"none are sent on", h1.URL, false, nil},
		{"those that nobody else has checked", h1.URL, true, http.Header{"X-Sum": {"7"}, "Host2": nil}},
		{"by HTTP/2", startH2C(t, backend), true, http.Header{"X-Sum": {"7"}, "Host2": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			front := serveProxy(t, proxy.Config{
				Upstreams: group(t, tt.to), Trailers: tt.send, Up: []proxy.HeaderOp{{Name: "X-User", Value: template("")}},
			})
			require.Contains(t, exchangeRaw(t, front, request), "200 OK")
			require.Equal(t, "hello <nil>", body)
			require.Equal(t, tt.want, seen)
		})
	}
}

// TestGRPC sends messages both ways over HTTP/2 without TLS, as a client and a server
// of gRPC do that stream: each message is answered before the next is sent, fields
// come behind both bodies, and the status of the call is among them.
func TestGRPC(t *testing.T) {
	frame := func(text string) []byte {
		b := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text)))
		return append(b, text...)
	}
	read := func(r io.Reader) (string, error) {
		var prefix [5]byte
		if _, err := io.ReadFull(r, prefix[:]); err != nil {
			return "", err
		}
		text := make([]byte, binary.BigEndian.Uint32(prefix[1:]))
		_, err := io.ReadFull(r, text)
		return string(text), err
	}
	backend := startH2C(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		rc := http.NewResponseController(w)
		_ = rc.Flush()
		for {
			text, err := read(r.Body)
			if err != nil {
				break
			}
			_, _ = w.Write(frame(strings.ToUpper(text)))
			_ = rc.Flush()
		}
		w.Header().Set("Grpc-Status", "0")
		w.Header().Set("Grpc-Message", fmt.Sprint(r.Header["Te"], r.Header["Content-Type"], r.Trailer))
	})
	edge := middleware.Edge{}
	front := startH2C(t, edge.Handler(proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group(t, backend), Trailers: true, Transport: newTransport(t, proxy.TransportConfig{}),
	})).ServeHTTP)

	pr, pw := io.Pipe()
	r := newRequest(t, "POST", front+"/service/Method", pr)
	r.Header = http.Header{"Te": {"trailers"}, "Content-Type": {"application/grpc"}}
	r.Trailer = http.Header{"X-Checksum": nil}
	client := newTransport(t, proxy.TransportConfig{})
	resp, err := client.RoundTrip(r)
	require.NoError(t, err, "the head comes before any message")
	defer resp.Body.Close()
	br := bufio.NewReader(resp.Body)
	for _, text := range []string{"hello", "again", strings.Repeat("x", 100_000)} {
		go pw.Write(frame(text))
		answer, err := read(br)
		require.NoError(t, err)
		require.Equal(t, strings.ToUpper(text), answer)
	}
	r.Trailer["X-Checksum"] = []string{"7"}
	require.NoError(t, pw.Close())
	rest, err := io.ReadAll(br)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.Equal(t, http.Header{
		"Grpc-Status": {"0"}, "Grpc-Message": {"[trailers] [application/grpc] map[X-Checksum:[7]]"},
	}, resp.Trailer)
}

// TestTrailersBehindLength checks a body whose length is announced by HTTP/2, which
// allows trailers there, though HTTP/1.1 does not.
func TestTrailersBehindLength(t *testing.T) {
	var seen *http.Request
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen = r
	}))
	defer backend.Close()
	edge := middleware.Edge{}
	front := startH2C(t, edge.Handler(proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group(t, backend.URL), Trailers: true, Transport: newTransport(t, proxy.TransportConfig{}),
	})).ServeHTTP)
	r := newRequest(t, "POST", front, bytes.NewReader([]byte("hello")))
	r.Trailer = http.Header{"X-Sum": {"7"}}
	status, _, err := fetch(t, newTransport(t, proxy.TransportConfig{}), r)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	require.Equal(t, http.Header{"X-Sum": {"7"}}, seen.Trailer)
	require.True(t, slices.Equal([]string{"chunked"}, seen.TransferEncoding))
}
