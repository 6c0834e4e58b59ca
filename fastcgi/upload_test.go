package fastcgi_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func post(body io.Reader, n int64) *fastcgi.Request {
	return &fastcgi.Request{Params: newParams("REQUEST_METHOD", "POST"), Body: body, ContentLength: n}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// echo answers with what it was sent, once it has all of it.
func echo(p *peer) {
	for r := p.request(); r != nil; r = p.request() {
		p.out("X-Length: " + r.params["CONTENT_LENGTH"] + "\r\n\r\n")
		p.out(string(r.body))
		p.end(0, 0)
	}
}

func TestBodiesArrive(t *testing.T) {
	middlewaretest.NoLeaks(t)
	s := startApp(t, echo)
	c := newClient(t, fastcgi.ClientConfig{})
	for _, n := range []int{0, 1, 4 << 10, 65_534, 65_535, 65_536, 65_537, 131_072, 3 << 20} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once":          func(r io.Reader) io.Reader { return r },
			"in halves":        iotest.HalfReader,
			"end with data":    iotest.DataErrReader,
			"and more of them": func(r io.Reader) io.Reader { return io.MultiReader(r, strings.NewReader("more")) },
		} {
			t.Run(strconv.Itoa(n)+" bytes "+name, func(t *testing.T) {
				want := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
				resp, err := c.Do(t.Context(), s.target(), post(wrap(bytes.NewReader(want)), int64(n)))
				require.NoError(t, err)
				got, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.True(t, bytes.Equal(want, got))
				length := strconv.Itoa(n)
				if n == 0 {
					length = ""
				}
				require.Equal(t, length, resp.Header.Get("X-Length"))
				require.NoError(t, resp.Body.Close())
			})
		}
	}
}

func TestBodiesThatBreakOff(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name string
		body io.Reader
		n    int64
		want string
	}{
		{"a small one that is too short", strings.NewReader("x"), 2, "request body: unexpected EOF"},
		{"a small one that is empty", strings.NewReader(""), 2, "request body: unexpected EOF"},
		{"a small one that fails", iotest.ErrReader(boom), 2, "request body: boom"},
		{"a large one that is too short", strings.NewReader(strings.Repeat("x", 100_000)), 100_001, "request body: unexpected EOF"},
		{"a large one that fails", io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), iotest.ErrReader(boom)), 200_000, "request body: boom"},
		{"one of less than nothing", strings.NewReader("x"), -1, "request: a body of length -1"},
		{"none where there should be one", nil, 1, "request: a body of length 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			ends := make(chan bool, 1)
			s := startApp(t, func(p *peer) {
				if p.head() != nil {
					_, ok := p.input()
					ends <- ok
				}
			})
			_, _, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), post(tt.body, tt.n))
			e := asError(t, err)
			require.Equal(t, "fastcgi: "+s.target().Addr+": "+tt.want, e.Error())
			if e.Sent {
				require.False(t, <-ends, "what is not whole must not seem to be")
			}
			require.LessOrEqual(t, s.count(), 1)
		})
	}
	t.Run("one whose length is said twice", func(t *testing.T) {
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(t.Context(), target, &fastcgi.Request{Params: newParams("CONTENT_LENGTH", "5")})
		require.EqualError(t, err, "fastcgi: nowhere: request: CONTENT_LENGTH is added by the client")
	})
	t.Run("a request without parameters", func(t *testing.T) {
		_, err := newClient(t, fastcgi.ClientConfig{}).Do(t.Context(), target, new(fastcgi.Request))
		require.EqualError(t, err, "fastcgi: nowhere: request: no parameters")
		require.Equal(t, http.StatusBadRequest, asError(t, err).StatusCode())
	})
}

// TestAnswerBeforeUpload has the application answer at length what it has not read.
func TestAnswerBeforeUpload(t *testing.T) {
	const size = 20 << 20
	big := strings.Repeat("x", size)
	for _, network := range []string{"tcp", "unix"} {
		t.Run("and read it then, by "+network, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			s := startAppOn(t, listen(t, network), func(p *peer) {
				for p.head() != nil {
					p.out("A: b\r\n\r\n" + big)
					_, ok := p.input()
					p.end(0, 0)
					if !ok {
						return
					}
				}
			})
			c := newClient(t, fastcgi.ClientConfig{})
			for range 2 {
				_, body, err := fetch(t, c, s.target(), post(zeros{}, size))
				require.NoError(t, err)
				require.Len(t, body, size)
			}
			// The second time, if the end of the upload was known in time.
			require.LessOrEqual(t, s.count(), 2)
		})
		t.Run("and never read it, by "+network, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			s := startAppOn(t, listen(t, network), func(p *peer) {
				if p.head() != nil {
					p.reply("Status: 413\r\n\r\n" + big)
					<-t.Context().Done()
				}
			})
			c := newClient(t, fastcgi.ClientConfig{})
			for range 2 {
				status, body, err := fetch(t, c, s.target(), post(zeros{}, size))
				require.NoError(t, err)
				require.Equal(t, 413, status)
				require.Len(t, body, size)
			}
			require.Equal(t, 2, s.count())
		})
		t.Run("and close, by "+network, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			s := startAppOn(t, listen(t, network), func(p *peer) {
				if p.head() != nil {
					p.reply("Status: 413\r\n\r\ntoo large")
					if c, ok := p.Conn.(interface{ CloseWrite() error }); ok {
						c.CloseWrite()
					}
					p.ended()
				}
			})
			status, body, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), post(zeros{}, size))
			require.NoError(t, err)
			require.Equal(t, 413, status)
			require.Equal(t, "too large", body)
		})
	}
	t.Run("with a body that lets itself be awaited", func(t *testing.T) {
		middlewaretest.NoLeaks(t)
		s := startApp(t, func(p *peer) {
			if p.head() != nil {
				p.reply(hello)
				p.ended()
			}
		})
		r, w := io.Pipe()
		defer w.Close()
		q := post(r, 1<<20)
		q.Interrupt = func() { r.CloseWithError(errors.New("enough")) }
		_, body, err := fetch(t, newClient(t, fastcgi.ClientConfig{}), s.target(), q)
		require.NoError(t, err)
		require.Equal(t, "hello", body)
		_, err = r.Read(nil)
		require.EqualError(t, err, "io: read/write on closed pipe", "nothing reads it any more")
	})
}

func TestSendTimeout(t *testing.T) {
	middlewaretest.NoLeaks(t)
	s := startApp(t, func(p *peer) {
		if p.head() != nil {
			<-t.Context().Done()
		}
	})
	c := newClient(t, fastcgi.ClientConfig{SendTimeout: 500 * time.Millisecond})
	_, _, err := fetch(t, c, s.target(), post(zeros{}, 1<<30))
	e := asError(t, err)
	require.Equal(t, "fastcgi: "+s.target().Addr+": write: the application does not read on", e.Error())
	require.Equal(t, http.StatusGatewayTimeout, e.StatusCode())
	require.True(t, e.Sent)
}

// listen listens for an application.
func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = shortDir(t) + "/s"
	}
	l, err := net.Listen(network, address)
	require.NoError(t, err)
	return l
}
