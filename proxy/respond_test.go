package proxy_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// TestCutResponse checks that a body that breaks off does not look whole.
func TestCutResponse(t *testing.T) {
	for name, head := range map[string]string{
		"sized":   "Content-Length: 100\r\n\r\nhello",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := startRaw(t, func(p *peer) { p.request(); p.send("HTTP/1.1 200 OK\r\n" + head) })
			resp, err := http.Get(serveProxy(t, proxy.Config{Upstreams: group(t, b.url())}))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			require.Error(t, err)
		})
	}
}

// TestProxyStreams checks that what a backend has sent is there before it sends more.
func TestProxyStreams(t *testing.T) {
	for name, head := range map[string]string{
		"of unknown length": "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
		"of events":         "Content-Type: text/event-stream; charset=utf-8\r\nContent-Length: 10\r\n\r\n",
		"until the end":     "Connection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			piece := "hello"
			if strings.Contains(head, "chunked") {
				piece = "5\r\nhello\r\n"
			}
			goOn := make(chan struct{})
			b := startRaw(t, func(p *peer) {
				p.request()
				p.send("HTTP/1.1 200 OK\r\n" + head)
				<-goOn
				p.send(piece)
				<-goOn
				if strings.Contains(head, "chunked") {
					p.send(piece + "0\r\n\r\n")
				} else {
					p.send(piece)
				}
			})
			resp, err := http.Get(serveProxy(t, proxy.Config{Upstreams: group(t, b.url())}))
			require.NoError(t, err, "the head comes before the first piece")
			defer resp.Body.Close()
			for range 2 {
				goOn <- struct{}{}
				buf := make([]byte, 5)
				_, err := io.ReadFull(resp.Body, buf)
				require.NoError(t, err)
				require.Equal(t, "hello", string(buf))
			}
			_, err = resp.Body.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

// TestResponse checks what becomes of the head of a response, and of what comes
// before and behind it.
func TestResponse(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.request()
		p.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n" +
			"HTTP/1.1 418 Tea\r\nX-A: 1\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n" +
			"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-More: 8\r\n\r\n")
	})
	response := exchangeRaw(t, serveProxy(t, proxy.Config{Upstreams: group(t, b.url())}), plainly("/"))
	br := bufio.NewReader(strings.NewReader(response))
	hint, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 103, hint.StatusCode)
	require.Equal(t, http.Header{"Link": {"</a.css>"}}, hint.Header)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 418, resp.StatusCode)
	require.Equal(t, "hello", string(body))
	resp.Header.Del("Date")
	require.Equal(t, http.Header{"X-A": {"1"}}, resp.Header, "with no type made up")
	require.Equal(t, http.Header{"X-Sum": {"7"}, "X-More": {"8"}}, resp.Trailer)
}

// TestFieldsOfOuterLayersStay checks that a backend cannot remove what a layer
// further out has set.
func TestFieldsOfOuterLayersStay(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.request()
		p.send("HTTP/1.1 200 OK\r\nConnection: Strict-Transport-Security\r\nStrict-Transport-Security: none\r\nContent-Length: 0\r\n\r\n")
	})
	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{}),
	})
	w := httptest.NewRecorder()
	w.Header().Set("Strict-Transport-Security", "max-age=1")
	status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Zero(t, status)
	require.Equal(t, []string{"max-age=1"}, w.Header()["Strict-Transport-Security"])
}

// TestFieldsThereIsOneOf checks that what a layer further out has set for want of
// something better is replaced by the backend's, not sent beside it.
func TestFieldsThereIsOneOf(t *testing.T) {
	b := startRaw(t, func(p *peer) {
		p.request()
		p.send("HTTP/1.1 200 OK\r\nContent-Type: text/b\r\nEtag: \"b\"\r\nX-A: b\r\nContent-Length: 0\r\n\r\n")
	})
	h := proxy.NewHandler(middleware.Status(404), proxy.Config{
		Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{}),
	})
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "text/a")
	w.Header().Set("Etag", `"a"`)
	w.Header().Set("Last-Modified", "kept")
	w.Header().Set("X-A", "a")
	_, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Equal(t, http.Header{
		"Content-Type": {"text/b"}, "Etag": {`"b"`}, "Last-Modified": {"kept"}, "X-A": {"a", "b"}, "Content-Length": {"0"},
	}, w.Header())
}
