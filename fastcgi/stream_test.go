package fastcgi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// piped returns a Dial to applications that run by script, in a bubble.
func piped(t *testing.T, script func(*peer)) func(context.Context, string, string) (net.Conn, error) {
	n := 0
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		p := newPeer(theirs, n)
		n++
		wg.Go(func() {
			defer theirs.Close()
			script(p)
		})
		return ours, nil
	}
}

// ticking sends a byte every so often.
func ticking(n int, every time.Duration) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.out("A: b\r\n\r\n")
			for range n {
				time.Sleep(every)
				p.out("x")
			}
			p.end(0, 0)
		}
	}
}

// TestTimeoutsAreOfIdleness has a stream outlast all of them.
func TestTimeoutsAreOfIdleness(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every time.Duration
		want  string
	}{
		{"ticks of one second survive five", time.Second, ""},
		{"those of six do not", 6 * time.Second, "fastcgi: nowhere: body: the application does not go on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: 5 * time.Second, Dial: piped(t, ticking(60, tt.every))})
				defer c.Close()
				status, body, err := fetch(t, c, target, newRequest("GET", ""))
				if tt.want != "" {
					require.EqualError(t, err, tt.want)
					return
				}
				require.NoError(t, err)
				require.Equal(t, 200, status)
				require.Equal(t, strings.Repeat("x", 60), body)
			})
		})
	}
	t.Run("nor does it count while a slow client is still sending", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: 5 * time.Second, Dial: piped(t, echo)})
			defer c.Close()
			_, body, err := fetch(t, c, target, post(&slow{piece: 10_000, every: 4 * time.Second}, 100_000))
			require.NoError(t, err)
			require.Len(t, body, 100_000)
		})
	})
	t.Run("it counts from when it has sent all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: 5 * time.Second, Dial: piped(t, func(p *peer) { p.request(); p.ended() })})
			defer c.Close()
			began := time.Now()
			_, _, err := fetch(t, c, target, post(&slow{piece: 10_000, every: 4 * time.Second}, 100_000))
			require.EqualError(t, err, "fastcgi: nowhere: header: the application does not answer")
			require.Equal(t, 45*time.Second, time.Since(began))
		})
	})
	t.Run("and not at all where there is none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: -1, Dial: piped(t, ticking(2, 24*time.Hour))})
			defer c.Close()
			_, body, err := fetch(t, c, target, newRequest("GET", ""))
			require.NoError(t, err)
			require.Equal(t, "xx", body)
		})
	})
}

// A slow body comes in pieces.
type slow struct {
	piece int
	every time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.every)
	return min(s.piece, len(p)), nil
}

// A sheet notes what was seen of it when.
type sheet struct {
	bytes.Buffer
	began time.Time
	seen  []seen
	fail  error
}

type seen struct {
	n  int
	at time.Duration
}

func (p *sheet) Flush() error {
	p.seen = append(p.seen, seen{p.Len(), time.Since(p.began)})
	return p.fail
}

func TestFlush(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(*peer)
		seen   []seen
		n      int
	}{
		{"what comes at once is not flushed", always(hello), nil, 5},
		{"ticks are, as soon as there is a pause", ticking(3, 250*time.Millisecond), []seen{
			{0, 5 * time.Millisecond}, {1, 255 * time.Millisecond}, {2, 505 * time.Millisecond}, {3, 755 * time.Millisecond},
		}[:3], 3},
		{"what comes without a pause is every now and then", ticking(20, 3*time.Millisecond), []seen{
			{7, 21 * time.Millisecond}, {15, 45 * time.Millisecond},
		}, 20},
		{"so is the head alone", then(func(p *peer) {
			p.out("A: b\r\n\r\n")
			time.Sleep(time.Hour)
			p.end(0, 0)
		}), []seen{{0, 5 * time.Millisecond}}, 0},
		{"what an application has encoded is at once", then(func(p *peer) {
			p.out("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
			time.Sleep(time.Hour)
			p.out("0\r\n\r\n")
			p.end(0, 0)
		}), []seen{{5, 0}}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fastcgi.NewClient(fastcgi.ClientConfig{ReadTimeout: 2 * time.Hour, Dial: piped(t, tt.script)})
				defer c.Close()
				p := &sheet{began: time.Now()}
				resp, err := c.Do(t.Context(), target, newRequest("GET", ""))
				require.NoError(t, err)
				n, err := io.Copy(p, resp.Body)
				require.NoError(t, err)
				require.EqualValues(t, tt.n, n)
				require.Equal(t, tt.seen, p.seen)
				require.NoError(t, resp.Body.Close())
			})
		})
	}
	t.Run("an end that fails fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := fastcgi.NewClient(fastcgi.ClientConfig{Dial: piped(t, ticking(3, time.Second))})
			defer c.Close()
			resp, err := c.Do(t.Context(), target, newRequest("GET", ""))
			require.NoError(t, err)
			_, err = resp.Body.WriteTo(&sheet{fail: errors.New("left")})
			require.EqualError(t, err, "left")
			require.NoError(t, resp.Body.Close())
		})
	})
	t.Run("what cannot be flushed is not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := fastcgi.NewClient(fastcgi.ClientConfig{Dial: piped(t, ticking(3, time.Second))})
			defer c.Close()
			for _, w := range []io.Writer{new(strings.Builder), &sheet{fail: http.ErrNotSupported}} {
				resp, err := c.Do(t.Context(), target, newRequest("GET", ""))
				require.NoError(t, err)
				n, err := resp.Body.WriteTo(w)
				require.NoError(t, err)
				require.EqualValues(t, 3, n)
			}
		})
	})
	t.Run("a writer that fails fails", func(t *testing.T) {
		s := startApp(t, always(hello))
		resp, err := newClient(t, fastcgi.ClientConfig{}).Do(t.Context(), s.target(), newRequest("GET", ""))
		require.NoError(t, err)
		r, w := io.Pipe()
		r.CloseWithError(errors.New("left"))
		_, err = resp.Body.WriteTo(w)
		require.EqualError(t, err, "left")
		require.NoError(t, resp.Body.Close())
	})
}

// TestLargeBody has what does not fit into any buffer arrive.
func TestLargeBody(t *testing.T) {
	middlewaretest.NoLeaks(t)
	want := strings.Repeat("0123456789", 1<<20)
	s := startApp(t, always("Content-Length: 10485760\r\n\r\n"+want))
	c := newClient(t, fastcgi.ClientConfig{})
	require.Equal(t, want, get(t, c, s.target()))
	var b strings.Builder
	_, err := bodyOf(t, c, s).WriteTo(&b)
	require.NoError(t, err)
	require.True(t, want == b.String())
	require.Equal(t, 1, s.count())
}
