package limits_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/limits"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// echo answers with what it could read of the body, and returns what went wrong.
var echo = middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	w.Write(body)
	return 0, nil
})

// TestHandler checks how much of a body gets through.
func TestHandler(t *testing.T) {
	h := limits.NewHandler(echo, limits.Config{Bodies: []limits.Body{
		{Path: "/a", Max: 4}, {Path: "/a/large*", Max: 8}, {Path: "/none"}, {Path: "/less", Max: -1},
	}})
	for _, tt := range []struct {
		name, path, body string
		limit            int64 // of the error; -1 is none
	}{
		{"elsewhere", "/", "as long as it likes", -1},
		{"as much as may be", "/a", "1234", -1},
		{"one more", "/a", "12345", 4},
		{"in other letters", "/A/x", "12345", 4},
		{"a longer path", "/a/larger", "12345678", -1},
		{"one more on the longer path", "/a/larger", "123456789", 8},
		{"nothing", "/none", "", -1},
		{"something where there may be nothing", "/none", "1", 0},
		{"a limit below nothing", "/less", "1", 0},
	} {
		for _, length := range []string{"known", "unknown"} {
			t.Run(tt.name+", of "+length+" length", func(t *testing.T) {
				var body io.Reader = strings.NewReader(tt.body)
				if length == "unknown" {
					body = io.MultiReader(body)
				}
				w, r := httptest.NewRecorder(), httptest.NewRequest("POST", tt.path, body)
				_, err := h.ServeHTTP(w, r)
				if tt.limit < 0 {
					require.NoError(t, err)
					require.Equal(t, tt.body, w.Body.String())
					return
				}
				tooLarge, ok := errors.AsType[*http.MaxBytesError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, tt.limit, tooLarge.Limit)
				require.Equal(t, 413, middleware.StatusOf(r, err))
			})
		}
	}
}

// TestNobodyReads checks that a body that nobody wants to read is no failure.
func TestNobodyReads(t *testing.T) {
	h := limits.NewHandler(middleware.Status(204), limits.Config{Bodies: []limits.Body{{Max: 1}}})
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader("more")))
	require.NoError(t, err)
	require.Equal(t, 204, status)
}

// TestWire checks what a client sees that sends too much, through layers with
// writers of their own.
func TestWire(t *testing.T) {
	wrapping := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			return next.ServeHTTP(wrapper{w}, r)
		})
	}
	srv := httptest.NewServer(middleware.Chain(wrapping, limits.New(limits.Config{Bodies: []limits.Body{{Max: 8}}})).HTTP(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			middleware.AppHandler(echo).ServeHTTP(w, r)
		})))
	defer srv.Close()
	const head = "POST / HTTP/1.1\r\nHost: a\r\n"
	for _, tt := range []struct {
		name, request string
		want          int
	}{
		{"a body that fits", head + "Content-Length: 8\r\n\r\n12345678" + head + "Content-Length: 8\r\nConnection: close\r\n\r\n12345678", 200},
		{"chunks that fit", head + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n8\r\n12345678\r\n0\r\n\r\n", 200},
		{"too long", head + "Content-Length: 9\r\n\r\n123456789", 413},
		{"far too long", head + "Content-Length: 999999999999\r\n\r\n" + strings.Repeat("x", 1000), 413},
		{"chunks that are too many", head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n", 413},
		{"chunks without end, of which net/http waits for 256 KiB", head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 80), 413},
		{"asking first", head + "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = io.WriteString(conn, tt.request)
			require.NoError(t, err)
			from := bufio.NewReader(conn)
			resp, err := http.ReadResponse(from, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, tt.want, resp.StatusCode, "and not 100")
			if tt.want == 413 {
				require.True(t, resp.Close)
				require.Equal(t, "413 Request Entity Too Large\n", string(body))
				if tt.name == "asking first" {
					return // it is for the client to hang up
				}
				_, err = from.ReadByte()
				require.ErrorIs(t, err, io.EOF)
			}
		})
	}
}

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, limits.New(limits.Config{}))
	middlewaretest.Transparent(t, limits.New(limits.Config{Bodies: []limits.Body{{Max: 1 << 20}}}))
}

func TestConfigIsCopied(t *testing.T) {
	bodies := []limits.Body{{Path: "/a", Max: 1}}
	mw := limits.New(limits.Config{Bodies: bodies})
	clear(bodies)
	_, err := mw(echo).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/b", strings.NewReader("more")))
	require.NoError(t, err)
}
