package standard_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
	"github.com/shallot-http/shallot/middleware/hidden"
	"github.com/shallot-http/shallot/middleware/limits"
	"github.com/shallot-http/shallot/middleware/rewrite"
	"github.com/shallot-http/shallot/middleware/status"
)

// TestNoBypassOverHTTP2 asks for what is protected as no client of HTTP/2 does: whatever
// has been in a :path, and with lengths that are wrong.
func TestNoBypassOverHTTP2(t *testing.T) {
	targets := slices.Concat(protected, []string{
		"x", "xd/secret", "./x", "../x", "%78", "", "*", "*/x", "?x", "#/x", "/a#/../x", "/x#", "/x y", "/ x", " /x", "/x ", "/x\t", "\\x", "/\\x", "/x\\y",
		"//site.example/x", "//@/x", "///site.example//x", "HTTP://site.example/x", "https:/x", "https:x", "file:///x", "javascript:/x", "/x\xff", "/\xffx",
		"/a/\u2025/x", "/\uff0e\uff0e/x", "/a/..;/x", "/;/x", "/a/..\\x", "/x?a b", "/%2e%2e%2f%2e%2e/x", "http:///x", "http://user:pass@site.example/x",
	})
	rule := basicauth.Rule{User: "ada", Secret: basicauth.Plain("lovelace"), Paths: []middleware.Path{"/x"}}
	for _, tt := range []struct {
		name  string
		layer middleware.Middleware
	}{
		{"basicauth", basicauth.New(basicauth.Config{Rules: []basicauth.Rule{rule}})},
		{"internal", hidden.New(hidden.Config{Paths: []middleware.Path{"/x"}})},
		{"status", status.New(status.Config{Rules: []status.Rule{{Path: "/x", Status: 410}}})},
		{"limits", limits.New(limits.Config{Bodies: []limits.Body{{Path: "/x", Max: 8}}})},
		{"a rewrite in front of basicauth", middleware.Chain(
			rewrite.New(rewrite.Config{Rules: []rewrite.Rule{{Base: "/a", To: []string{"/x"}}}}),
			basicauth.New(basicauth.Config{Rules: []basicauth.Rule{rule}}))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var reached atomic.Pointer[string]
			inner := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				if r.Method == http.MethodPost {
					if _, err := io.ReadAll(r.Body); err != nil {
						return 0, err
					}
				}
				if path := middleware.CleanPath(r); strings.HasPrefix(strings.ToLower(path), "/x") {
					reached.Store(&path)
				}
				return 204, nil
			})
			srv := httptest.NewUnstartedServer(middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(tt.layer(inner)))
			srv.Config.Protocols = new(http.Protocols)
			srv.Config.Protocols.SetUnencryptedHTTP2(true)
			srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			srv.Start()
			defer srv.Close()
			asked := 0
			ask := func(fields []string, body string) {
				reached.Store(nil)
				requestOverHTTP2(t, srv.Listener.Addr().String(), fields, body)
				if path := reached.Load(); path != nil {
					t.Errorf("%q reached %q", fields, *path)
				}
				asked++
			}
			for _, target := range targets {
				for _, method := range []string{"GET", "HEAD", "OPTIONS", "CONNECT", "PROPFIND"} {
					if tt.name != "limits" {
						ask([]string{":method", method, ":scheme", "http", ":authority", "site.example", ":path", target}, "")
					}
				}
				post := []string{":method", "POST", ":scheme", "http", ":authority", "site.example", ":path", target}
				ask(post, "123456789")
				for _, length := range []string{"9", "8", "0", "-1", "1e1", "18446744073709551617", "5, 9"} {
					ask(append(slices.Clip(post), "content-length", length), "123456789")
				}
			}
			t.Logf("%d requests", asked)
		})
	}
}

// requestOverHTTP2 sends a request, none of whose fields is looked at, and returns when
// it has been answered or the connection is closed.
func requestOverHTTP2(t *testing.T, addr string, fields []string, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	const data, headers, reset, settings, goAway, endStream, endHeaders = 0, 1, 3, 4, 7, 1, 4
	out := []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	frame := func(kind, flags byte, stream uint32, payload []byte) {
		out = append(out, byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)), kind, flags)
		out = append(binary.BigEndian.AppendUint32(out, stream), payload...)
	}
	frame(settings, 0, 0, nil)
	var block []byte // of literal fields without indexing: RFC 7541, section 6.2.2
	for i, s := range fields {
		require.Less(t, len(s), 127)
		if i%2 == 0 {
			block = append(block, 0)
		}
		block = append(append(block, byte(len(s))), s...)
	}
	if body == "" {
		frame(headers, endHeaders|endStream, 1, block)
	} else {
		frame(headers, endHeaders, 1, block)
		frame(data, endStream, 1, []byte(body))
	}
	_, err = conn.Write(out)
	require.NoError(t, err)
	for in := bufio.NewReader(conn); ; {
		var head [9]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			require.NotErrorIs(t, err, net.ErrClosed, fmt.Sprint(fields))
			return
		}
		size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		_, err := in.Discard(size)
		require.NoError(t, err)
		switch kind, ends := head[3], head[4]&endStream != 0; {
		case kind == reset, kind == goAway, ends && (kind == headers || kind == data):
			return
		}
	}
}
