package fastcgi_test

import (
	"context"
	"io"

	"net/http"
	"net/http/fcgi"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// startGo serves by the standard library.
func startGo(t testing.TB, network string, h http.HandlerFunc) upstream.Target {
	t.Helper()
	l := listen(t, network)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = fcgi.Serve(l, h)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return upstream.Target{Network: network, Addr: l.Addr().String()}
}

// TestGo talks to net/http/fcgi.
func TestGo(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			to := startGo(t, network, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				w.Header().Set("X-Env", fcgi.ProcessEnv(r)["SCRIPT_FILENAME"])
				w.WriteHeader(http.StatusTeapot)
				w.Write(body)
			})
			c := newClient(t, fastcgi.ClientConfig{})
			for _, n := range []int{0, 1, 100, 65_535, 65_536, 1 << 20} {
				p := newParams("REQUEST_METHOD", "POST", "SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_URI", "/", "SCRIPT_FILENAME", "/x")
				want := strings.Repeat("x", n)
				resp, err := c.Do(t.Context(), to, &fastcgi.Request{Params: p, Body: strings.NewReader(want), ContentLength: int64(n)})
				require.NoError(t, err)
				require.Equal(t, http.StatusTeapot, resp.Status)
				require.Equal(t, "/x", resp.Header.Get("X-Env"))
				got, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.True(t, want == string(got))
				require.NoError(t, resp.Body.Close())
			}
		})
	}
	t.Run("which is no authorizer", func(t *testing.T) {
		to := startGo(t, "tcp", func(http.ResponseWriter, *http.Request) { t.Error("was asked") })
		r := newRequest("GET", "")
		r.Role = fastcgi.Authorizer
		_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), to, r)
		require.ErrorIs(t, err, fastcgi.UnknownRole)
		require.Equal(t, http.StatusBadGateway, asError(t, err).StatusCode())
	})
}

// TestPing checks applications as upstream does.
func TestPing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(*peer)
		ping   fastcgi.Ping
		want   string
	}{
		{"fit", func(p *peer) {
			if r := p.request(); r != nil && r.params["SCRIPT_NAME"] == "/fpm-ping" && !r.keep {
				p.reply("A: b\r\n\r\npong")
			}
		}, fastcgi.Ping{Contains: "pong"}, ""},
		{"elsewhere", func(p *peer) {
			if r := p.request(); r != nil && r.params["SCRIPT_FILENAME"] == "/p" {
				p.reply("A: b\r\n\r\npong")
			}
		}, fastcgi.Ping{Path: "/p"}, ""},
		{"not there", always("Status: 404\r\n\r\nFile not found."), fastcgi.Ping{}, "status 404"},
		{"somebody else", always(hello), fastcgi.Ping{Contains: "pong"}, `"pong" is not in "hello"`},
		{"overloaded", then(func(p *peer) { p.end(0, 2) }), fastcgi.Ping{}, "refused: it is overloaded"},
		{"cut off", closing(func(p *peer) { p.out(hello) }), fastcgi.Ping{}, "unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			s := startApp(t, tt.script)
			err := check(t, tt.ping, s.target())
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
	t.Run("busy", func(t *testing.T) {
		s := startApp(t, func(p *peer) { p.ended() })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			middlewaretest.Eventually(t, func() bool { return s.count() == 1 })
			cancel()
		}()
		require.ErrorIs(t, fastcgi.Ping{}.Check(ctx, &upstream.Upstream{Target: s.target()}), context.Canceled)
	})
}

func check(t *testing.T, p fastcgi.Ping, to upstream.Target) error {
	return p.Check(t.Context(), &upstream.Upstream{Target: to})
}

var _ upstream.Checker = fastcgi.Ping{}
