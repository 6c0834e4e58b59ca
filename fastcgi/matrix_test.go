package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// front serves what targets answer, the first that is fit.
func front(t *testing.T, c fastcgi.ClientConfig, targets ...upstream.Target) string {
	return serve(t, fastcgi.Config{Upstreams: group(t, targets...), Client: newClient(t, c)}).URL
}

// seenBy asks and puts what a client sees in words: the status, the body, and
// whether that was cut off.
func seenBy(t *testing.T, r *http.Request) string {
	t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(r)
	if err != nil {
		return "cut off"
	}
	defer resp.Body.Close()
	for _, name := range []string{"Status", "Via", "Transfer-Encoding", "Keep-Alive", "X-Powered-By"} {
		require.NotContains(t, resp.Header, name)
	}
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode >= 500 {
		return fmt.Sprint(resp.StatusCode)
	}
	seen := fmt.Sprint(resp.StatusCode, " ", short(string(body)))
	if err != nil {
		seen += ", cut off"
	}
	return seen
}

func requested(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	return r
}

// TestWhatClientsSee has applications do what Caddy 2 or nginx pass on as if it were
// right, or do not survive.
func TestWhatClientsSee(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script func(*peer)
		want   string
	}{
		{"1. the connection is closed without an end, and without a length", closing(func(p *peer) { p.out(hello); p.awaitRead() }), "200 hello, cut off"},
		{"2. within a record", closing(func(p *peer) {
			p.send(rec(stdout, p.id, hello+"12345")[:len(hello)+8])
			p.awaitRead()
		}), "200 hello, cut off"},
		{"3. it is overloaded", then(func(p *peer) { p.end(0, 2) }), "503"},
		{"4. it answers another request", then(func(p *peer) { p.send(rec(stdout, p.id+1, hello)); p.reply(hello) }), "502"},
		{"4. it answers another request, too", then(func(p *peer) { p.out(hello); p.awaitRead(); p.send(rec(stdout, p.id+1, "foreign")); p.end(0, 0) }), "200 hello, cut off"},
		{"5. the body is longer than announced", always("Content-Length: 5\r\n\r\nhello, world"), "200 hello"},
		{"6. the body is shorter than announced", then(func(p *peer) { p.out("Content-Length: 50\r\n\r\nhello"); p.awaitRead(); p.end(0, 0) }), "200 hello, cut off"},
		{"7. the answer is empty", then(func(p *peer) { p.end(0, 0) }), "502"},
		{"7. the answer has no head", always("hello"), "502"},
		{"8. the status is no number", always("Status: abc\r\n\r\nhello"), "502"},
		{"9. the status has two digits", always("Status: 42\r\n\r\nhello"), "502"},
		{"10. the body is encoded", always("Transfer-Encoding: chunked\r\nConnection: close\r\nKeep-Alive: x\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "200 hello"},
		{"11. it complains by 4 MB before the head", then(func(p *peer) { p.errs(strings.Repeat("x", 4<<20)); p.reply(hello) }), "200 hello"},
		{"19. there is nothing that it has not said", always("Content-Type: text/plain\r\n\r\nhello"), "200 hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startApp(t, tt.script)
			held := 0
			url := front(t, fastcgi.ClientConfig{Stderr: func(_ context.Context, line []byte) { held = max(held, len(line)) }}, s.target())
			for range 2 {
				seen := seenBy(t, requested(t, "GET", url, nil))
				if strings.HasSuffix(tt.want, "cut off") && seen == "cut off" {
					continue // which may be before anything of it was seen
				}
				require.Equal(t, tt.want, seen)
			}
			require.LessOrEqual(t, held, 64<<10)
		})
	}
	t.Run("3. it is overloaded, and another is not", func(t *testing.T) {
		a, b := startApp(t, then(func(p *peer) { p.end(0, 2) })), startApp(t, always(hello))
		url := front(t, fastcgi.ClientConfig{}, a.target(), b.target())
		for _, method := range []string{"GET", "POST"} {
			require.Equal(t, "200 hello", seenBy(t, requested(t, method, url, strings.NewReader("x"))))
		}
	})
	t.Run("7. the answer is empty, and another's is not", func(t *testing.T) {
		a, b := startApp(t, closing(func(*peer) {})), startApp(t, always(hello))
		url := front(t, fastcgi.ClientConfig{}, a.target(), b.target())
		require.Equal(t, "200 hello", seenBy(t, requested(t, "GET", url, nil)))
		require.Equal(t, "502", seenBy(t, requested(t, "POST", url, nil)))
	})
	t.Run("12. there is a 103 before the answer", func(t *testing.T) {
		s := startApp(t, always("Status: 103\r\nLink: </a>\r\n\r\n"+hello))
		r := requested(t, "GET", front(t, fastcgi.ClientConfig{}, s.target()), nil)
		var hints []int
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
			hints = append(hints, status)
			return nil
		}}))
		require.Equal(t, "200 hello", seenBy(t, r))
		require.Equal(t, []int{103}, hints)
	})
	for name, answer := range map[string]string{"13. the client leaves before the head": "", "14. the client leaves in the midst of it": hello} {
		t.Run(name, func(t *testing.T) {
			asked, left := make(chan bool), make(chan bool)
			s := startApp(t, func(p *peer) {
				if p.request() != nil {
					p.out(answer)
					asked <- true
					p.ended()
					left <- true
				}
			})
			ctx, leave := context.WithCancel(t.Context())
			r := requested(t, "GET", front(t, fastcgi.ClientConfig{}, s.target()), nil).WithContext(ctx)
			go func() {
				<-asked
				leave()
			}()
			require.Contains(t, seenBy(t, r), "cut off")
			<-left
		})
	}
	t.Run("17. it answers before the upload is read", func(t *testing.T) {
		const size = 20 << 20
		s := startApp(t, func(p *peer) {
			if p.head() != nil {
				p.out("Content-Type: text/plain\r\n\r\n" + strings.Repeat("x", size))
				_, _ = p.input()
				p.end(0, 0)
			}
		})
		r := requested(t, "POST", front(t, fastcgi.ClientConfig{}, s.target()), io.LimitReader(zeros{}, size))
		r.ContentLength = size
		require.Equal(t, fmt.Sprint("200 ", size, " bytes"), seenBy(t, r))
	})
}

// TestWhatClientsSeeInTime are those of TestWhatClientsSee that are about time.
func TestWhatClientsSeeInTime(t *testing.T) {
	t.Run("16. a stream outlasts the timeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, fastcgi.ClientConfig{ReadTimeout: 2 * time.Second, Dial: piped(t, ticking(10, time.Second))})
			w := httptest.NewRecorder()
			h := fastcgi.NewHandler(nil, fastcgi.Config{Client: c, Upstreams: group(t, target)})
			status, err := h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.NoError(t, err)
			require.Zero(t, status)
			require.Equal(t, "200 xxxxxxxxxx", fmt.Sprint(w.Code, " ", w.Body))
		})
	})
	t.Run("20. what it flushes arrives before it goes on", func(t *testing.T) {
		seen := make(chan bool)
		var latest atomic.Int64
		s := startApp(t, closing(func(p *peer) {
			p.out("Content-Type: text/plain\r\n\r\n")
			for range 10 {
				began := time.Now()
				p.out("x")
				<-seen
				latest.Store(max(latest.Load(), int64(time.Since(began))))
			}
			p.end(0, 0)
		}))
		resp, err := http.Get(front(t, fastcgi.ClientConfig{}, s.target()))
		require.NoError(t, err)
		defer resp.Body.Close()
		for range 10 {
			_, err := io.ReadFull(resp.Body, make([]byte, 1))
			require.NoError(t, err)
			seen <- true
		}
		t.Log("the slowest of ten ticks took", time.Duration(latest.Load()).Round(time.Microsecond))
	})
}

// TestWhatClientsOfPHPSee are those of TestWhatClientsSee that PHP makes.
func TestWhatClientsOfPHPSee(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Children: 5, Pool: unbuffered.Pool})
	cfg := fastcgi.PHP()
	cfg.Root = scripts(t, map[string]string{
		"length.php": `<?php header_remove("X-Powered-By"); echo "body=", strlen(file_get_contents("php://input"));`,
		"long.php":   `<?php for ($i = 0; $i < 2000; $i++) { echo "tick\n"; flush(); usleep(10000); }`,
	})
	cfg.Upstreams = group(t, fpm.Target)
	url := serve(t, cfg).URL
	t.Run("15. clients leave, and no process is busy", func(t *testing.T) {
		p := php{FPM: fpm}
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		for range 4 {
			go func() {
				resp, err := http.DefaultClient.Do(requested(t, "GET", url+"/long.php", nil).WithContext(ctx))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				left <- err
			}()
		}
		middlewaretest.Eventually(t, func() bool { return p.busy(t) == 4 })
		leave()
		for range 4 {
			require.ErrorIs(t, <-left, context.Canceled)
		}
		middlewaretest.Eventually(t, func() bool { return p.busy(t) == 0 })
	})
	t.Run("18. a body of unknown length", func(t *testing.T) {
		r := requested(t, "POST", url+"/length.php", io.MultiReader(strings.NewReader(strings.Repeat("x", 5000))))
		require.EqualValues(t, 0, r.ContentLength)
		require.Equal(t, "200 body=5000", seenBy(t, r))
	})
}
