package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// pipes is a network without an operating system, in which time passes as a test
// wants it to.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() (net.Conn, error) {
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

// upgraded returns both ends of a connection that was upgraded to WebSocket, in a
// bubble of synctest.
func upgraded(t *testing.T, c proxy.Config, secure *tls.Config) (client, backend net.Conn) {
	t.Helper()
	front, behind := newPipes(), newPipes()
	targets, err := upstream.Parse("backend:80")
	require.NoError(t, err)
	c.Upstreams = upstream.New(upstream.Config{Targets: targets})
	c.Upgrade = []string{"websocket"}
	c.Transport = proxy.NewTransport(proxy.TransportConfig{
		Dial: func(context.Context, string, string) (net.Conn, error) { return behind.dial() },
	})
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	srv := &http.Server{Handler: edge.Handler(proxy.NewHandler(middleware.Status(404), c))}
	if secure == nil {
		go srv.Serve(front)
	} else {
		srv.TLSConfig = secure
		go srv.ServeTLS(front, "", "")
	}
	t.Cleanup(func() {
		srv.Close()
		c.Transport.Close()
		c.Upstreams.Close()
	})
	client, err = front.dial()
	require.NoError(t, err)
	if secure != nil {
		client = tls.Client(client, &tls.Config{InsecureSkipVerify: true})
	}
	go io.WriteString(client, upgradeRequest(handshake))
	backend, err = behind.Accept()
	require.NoError(t, err)
	_, err = http.ReadRequest(bufio.NewReader(backend))
	require.NoError(t, err)
	go io.WriteString(backend, switched)
	resp, err := http.ReadResponse(bufio.NewReader(client), nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	t.Cleanup(func() { client.Close(); backend.Close() })
	return client, backend
}

var (
	goingAway       = []byte{0x88, 2, 3, 0xe9}
	goingAwayMasked = []byte{0x88, 0x82, 0, 0, 0, 0, 3, 0xe9}
)

// TestUpgradeLimits checks when an upgraded connection ends by itself, and that both
// sides are told.
func TestUpgradeLimits(t *testing.T) {
	const idle, said = time.Minute, time.Minute - time.Second
	tlsServer := httptest.NewTLSServer(nil)
	tlsServer.Close()
	secure := &tls.Config{Certificates: tlsServer.TLS.Certificates}
	say := func(t *testing.T, from, to net.Conn) {
		go io.WriteString(from, "hello")
		_, err := io.ReadFull(to, make([]byte, 5))
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		name     string
		config   proxy.Config
		tls      *tls.Config
		says     func(client, backend net.Conn) (from, to net.Conn) // nil is nobody anything
		from, to time.Duration                                      // in which it ends
	}{
		{"nobody says anything", proxy.Config{UpgradeIdle: idle}, nil, nil, idle, idle * 5 / 4},
		{"the client does", proxy.Config{UpgradeIdle: idle}, nil,
			func(c, b net.Conn) (net.Conn, net.Conn) { return c, b }, 10*said + idle, 10*said + idle*5/4},
		{"the client does, by TLS", proxy.Config{UpgradeIdle: idle}, secure,
			func(c, b net.Conn) (net.Conn, net.Conn) { return c, b }, 10*said + idle, 10*said + idle*5/4},
		{"the backend does", proxy.Config{UpgradeIdle: idle}, nil,
			func(c, b net.Conn) (net.Conn, net.Conn) { return b, c }, 10*said + idle, 10*said + idle*5/4},
		{"in all", proxy.Config{UpgradeIdle: idle, UpgradeTimeout: 5 * idle}, nil,
			func(c, b net.Conn) (net.Conn, net.Conn) { return b, c }, 5 * idle, 5 * idle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, backend := upgraded(t, tt.config, tt.tls)
				began := time.Now()
				told := make(chan []byte)
				if tt.says != nil {
					from, to := tt.says(client, backend)
					for range 10 {
						if tt.config.UpgradeTimeout > 0 && time.Since(began)+said > tt.config.UpgradeTimeout {
							break
						}
						<-time.After(said)
						say(t, from, to)
					}
				}
				go func() {
					text, _ := io.ReadAll(backend)
					told <- text
				}()
				text, err := io.ReadAll(client)
				require.NoError(t, err)
				require.Equal(t, goingAway, text)
				require.Equal(t, goingAwayMasked, <-told)
				require.GreaterOrEqual(t, time.Since(began), tt.from)
				require.LessOrEqual(t, time.Since(began), tt.to)
			})
		})
	}
}

// TestUpgradeThatTakesNothing checks that sides that no longer read do not hold
// each other for good.
func TestUpgradeThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, backend := upgraded(t, proxy.Config{UpgradeIdle: time.Minute}, nil)
		for _, c := range []net.Conn{client, backend} {
			go func() {
				for {
					if _, err := c.Write(make([]byte, 1000)); err != nil {
						return
					}
				}
			}()
		}
		synctest.Wait()
		<-time.After(2 * time.Minute)
		for _, c := range []net.Conn{client, backend} {
			_, err := c.Write([]byte("x"))
			require.Error(t, err)
		}
	})
}

// TestUpgradeIdleMovesAll checks that nothing is lost where what is said is moved in
// pieces, by the kernel, and waited for again and again.
func TestUpgradeIdleMovesAll(t *testing.T) {
	middlewaretest.NoLeaks(t)
	b := startRaw(t, func(p *peer) {
		if p.head() == nil {
			return
		}
		p.send(switched)
		_, _ = io.Copy(p, p.br) // until the client has ended
	})
	front := serveProxy(t, proxy.Config{Upstreams: group(t, b.url()), Upgrade: []string{"websocket"}, UpgradeIdle: 3 * time.Second})
	c, br := dialProxy(t, front, upgradeRequest(handshake))
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	pieces := []int{1, 64 << 10, 64<<10 + 1, 3 << 20}
	var want bytes.Buffer
	for i, size := range pieces {
		want.Write(bytes.Repeat([]byte{'a' + byte(i)}, size))
	}
	go func() {
		defer c.CloseWrite()
		tick := time.NewTicker(300 * time.Millisecond) // more than a twelfth of UpgradeIdle
		defer tick.Stop()
		for rest, i := want.Bytes(), 0; i < len(pieces); i++ {
			if _, err := c.Write(rest[:pieces[i]]); err != nil {
				return
			}
			rest = rest[pieces[i]:]
			<-tick.C
		}
	}()
	got, err := io.ReadAll(br)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want.Bytes(), got), "%d bytes of %d", len(got), want.Len())
}
