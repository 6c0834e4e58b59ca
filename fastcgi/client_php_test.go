package fastcgi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// A php is a running FPM with scripts.
type php struct {
	*fastcgitest.FPM
	dir string
}

// unbuffered has flush() of PHP send what was said, which it otherwise holds back.
var unbuffered = fastcgitest.Config{Children: 5, Pool: []string{"php_admin_value[output_buffering] = 0"}}

func startPHP(t testing.TB, c fastcgitest.Config, scripts ...string) php {
	t.Helper()
	p := php{fastcgitest.Run(t, c), t.TempDir()}
	for i := 0; i < len(scripts); i += 2 {
		require.NoError(t, os.WriteFile(filepath.Join(p.dir, scripts[i]), []byte("<?php "+scripts[i+1]), 0o644))
	}
	return p
}

// ask returns a request for a script, with a body if there is to be one.
func (p php) ask(method, script, body string, pairs ...string) *fastcgi.Request {
	r := newRequest(method, body)
	r.Params.Add("SCRIPT_FILENAME", filepath.Join(p.dir, script))
	r.Params.Add("SCRIPT_NAME", "/"+script)
	for i := 0; i < len(pairs); i += 2 {
		r.Params.Add(pairs[i], pairs[i+1])
	}
	return r
}

// busy returns how many processes are, other than that which is asked.
func (p php) busy(t testing.TB) int {
	t.Helper()
	c := newClient(t, fastcgi.ClientConfig{MaxIdle: -1})
	r := newRequest("GET", "")
	r.Params.Add("SCRIPT_FILENAME", fastcgitest.StatusPath)
	r.Params.Add("SCRIPT_NAME", fastcgitest.StatusPath)
	r.Params.Add("QUERY_STRING", "json")
	_, body, err := fetch(t, c, p.Target, r)
	require.NoError(t, err)
	var status struct {
		Active int `json:"active processes"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &status))
	return status.Active - 1
}

func TestClientOnPHP(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			p := startPHP(t, fastcgitest.Config{Network: network},
				"echo.php", `header("X-Pid: ".getmypid()); echo $_SERVER["REQUEST_METHOD"], " ", $_SERVER["CONTENT_LENGTH"] ?? "none", " "; readfile("php://input");`,
				"len.php", `echo strlen($_SERVER["HTTP_X"]), " ", count($_SERVER);`,
				"log.php", `error_log("one"); echo "said"; error_log("two\nthree");`,
				"status.php", `http_response_code(404); header("Content-Type: text/plain"); echo "none";`,
				"moved.php", `header("Location: /there?x=y");`,
				"local.php", `header_remove(); header("Location: /there"); http_response_code(200);`,
				"fatal.php", `echo "half"; exit(3);`,
				"sized.php", `header("Content-Length: 5"); echo "hello, world";`,
				"cookies.php", `setcookie("a", "1"); setcookie("b", "2"); header("Connection: close");`,
				"large.php", `for ($i = 0; $i < 100; $i++) echo str_repeat("0123456789", 10000);`,
				"early.php", `echo str_repeat("x", 1 << 20); flush(); echo strlen(file_get_contents("php://input"));`,
			)
			var mu sync.Mutex
			var said []string
			c := newClient(t, fastcgi.ClientConfig{Stderr: func(_ context.Context, line []byte) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, string(line))
			}})
			for _, tt := range []struct {
				name   string
				r      *fastcgi.Request
				status int
				want   string
			}{
				{"GET", p.ask("GET", "echo.php", ""), 200, "GET none "},
				{"HEAD", p.ask("HEAD", "echo.php", ""), 200, ""},
				{"POST without a body", p.ask("POST", "echo.php", ""), 200, "POST none "},
				{"POST", p.ask("POST", "echo.php", "hello"), 200, "POST 5 hello"},
				{"PUT that is not read", p.ask("PUT", "status.php", strings.Repeat("x", 100_000)), 404, "none"},
				{"POST that is large", p.ask("POST", "echo.php", strings.Repeat("x", 1<<20)), 200, "POST 1048576 " + strings.Repeat("x", 1<<20)},
				{"a body that a record just holds", p.ask("POST", "echo.php", strings.Repeat("x", 65_535)), 200, "POST 65535 " + strings.Repeat("x", 65_535)},
				{"a body that it just does not", p.ask("POST", "echo.php", strings.Repeat("x", 65_536)), 200, "POST 65536 " + strings.Repeat("x", 65_536)},
				{"a large parameter", p.ask("GET", "len.php", "", "HTTP_X", strings.Repeat("x", 65_000)), 200, "65000 "},
				{"two in two records", p.ask("GET", "len.php", "", "HTTP_Y", strings.Repeat("x", 40_000), "HTTP_X", strings.Repeat("x", 40_000)), 200, "40000 "},
				{"a status", p.ask("GET", "status.php", ""), 404, "none"},
				{"a script that is not there", p.ask("GET", "nowhere.php", ""), 404, "File not found.\n"},
				{"a redirection of PHP's has a status", p.ask("GET", "moved.php", ""), 302, ""},
				{"an exit", p.ask("GET", "fatal.php", ""), 200, "half"},
				{"more than announced", p.ask("GET", "sized.php", ""), 200, "hello"},
				{"a large page", p.ask("GET", "large.php", ""), 200, strings.Repeat("0123456789", 1e6)[:1e7]},
				{"an authorizer", func() *fastcgi.Request {
					r := p.ask("GET", "echo.php", "")
					r.Role = fastcgi.Authorizer
					return r
				}(), 200, "GET none "},
				{"a ping", &fastcgi.Request{Params: newParams("REQUEST_METHOD", "GET", "SCRIPT_NAME", "/fpm-ping", "SCRIPT_FILENAME", "/fpm-ping")}, 200, "pong"},
			} {
				t.Run(tt.name, func(t *testing.T) {
					status, body, err := fetch(t, c, p.Target, tt.r)
					require.NoError(t, err)
					require.Equal(t, tt.status, status)
					if strings.Contains(tt.name, "parameter") || strings.Contains(tt.name, "records") {
						body = body[:len(tt.want)]
					}
					require.True(t, tt.want == body, "%.100q", body)
				})
			}
			t.Run("100 parameters of 60,000 bytes", func(t *testing.T) {
				r := p.ask("GET", "len.php", "")
				for i := range 100 {
					r.Params.Add("HTTP_X"+strings.Repeat("_", i), strings.Repeat("x", 60_000))
				}
				_, body, err := fetch(t, c, p.Target, r)
				require.NoError(t, err)
				require.True(t, strings.HasPrefix(body, "60000 1"), body)
			})
			t.Run("cookies stay apart, and Connection behind", func(t *testing.T) {
				resp, err := c.Do(t.Context(), p.Target, p.ask("GET", "cookies.php", ""))
				require.NoError(t, err)
				drain(t, resp.Body)
				require.Equal(t, []string{"a=1", "b=2"}, resp.Header["Set-Cookie"])
				require.NotContains(t, resp.Header, "Connection")
			})
			t.Run("an answer before the body is read", func(t *testing.T) {
				_, body, err := fetch(t, c, p.Target, post20MB(p.ask("PUT", "early.php", "")))
				require.NoError(t, err)
				require.Equal(t, "20971520", body[1<<20:])
			})
			t.Run("what it says goes to the log", func(t *testing.T) {
				said = nil
				_, body, err := fetch(t, c, p.Target, p.ask("GET", "log.php", ""))
				require.NoError(t, err)
				require.Equal(t, "said", body)
				require.Equal(t, []string{"PHP message: one; PHP message: two", "three"}, said)
			})
			t.Run("a ping of its own", func(t *testing.T) {
				require.NoError(t, check(t, fastcgi.Ping{Contains: "pong"}, p.Target))
				require.EqualError(t, check(t, fastcgi.Ping{Path: "/nothing"}, p.Target), "status 404")
			})
			t.Run("one process serves one connection after the other", func(t *testing.T) {
				c := newClient(t, fastcgi.ClientConfig{})
				pids := map[string]bool{}
				for range 20 {
					resp, err := c.Do(t.Context(), p.Target, p.ask("GET", "echo.php", ""))
					require.NoError(t, err)
					pids[resp.Header.Get("X-Pid")] = true
					drain(t, resp.Body)
				}
				require.Len(t, pids, 1)
			})
		})
	}
}

func post20MB(r *fastcgi.Request) *fastcgi.Request {
	r.Body, r.ContentLength = zeros{}, 20<<20
	return r
}

// TestClientOnPHPClientsLeave has all processes be free again: with Caddy 2 they are busy
// for as long as scripts run.
func TestClientOnPHPClientsLeave(t *testing.T) {
	middlewaretest.NoLeaks(t)
	p := startPHP(t, unbuffered, "long.php",
		`for ($i = 0; $i < 2000; $i++) { echo "tick\n"; flush(); usleep(10000); }`)
	c := newClient(t, fastcgi.ClientConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			resp, err := c.Do(ctx, p.Target, p.ask("GET", "long.php", ""))
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if err == nil {
				t.Error("it was to be canceled")
			}
		})
	}
	middlewaretest.Eventually(t, func() bool { return p.busy(t) == 4 })
	cancel()
	wg.Wait()
	middlewaretest.Eventually(t, func() bool { return p.busy(t) == 0 })
}

// TestClientOnPHPStreams has what is flushed arrive before the next is sent.
func TestClientOnPHPStreams(t *testing.T) {
	p := startPHP(t, unbuffered, "talk.php",
		`for ($i = 0; $i < 3; $i++) { echo "$i\n"; flush(); while (!file_exists(__DIR__."/seen$i")) { clearstatcache(); usleep(1000); } }`)
	resp, err := newClient(t, fastcgi.ClientConfig{}).Do(t.Context(), p.Target, p.ask("GET", "talk.php", ""))
	require.NoError(t, err)
	lines := bufio.NewScanner(resp.Body)
	for i := 0; lines.Scan(); i++ {
		require.Equal(t, strconv.Itoa(i), lines.Text())
		require.NoError(t, os.WriteFile(filepath.Join(p.dir, "seen"+lines.Text()), nil, 0o600))
	}
	require.NoError(t, lines.Err())
	require.NoError(t, resp.Body.Close())
}

// TestClientOnPHPOthers has somebody else who needs a process get it, though a client has
// kept all there are busy a moment ago.
func TestClientOnPHPOthers(t *testing.T) {
	for _, children := range []int{4, 16} {
		t.Run(strconv.Itoa(children), func(t *testing.T) {
			p := startPHP(t, fastcgitest.Config{Children: children}, "hello.php", `usleep(20000); echo "hello";`)
			c := newClient(t, fastcgi.ClientConfig{})
			occupy := func() {
				var wg sync.WaitGroup
				for range children {
					wg.Go(func() {
						if _, _, err := fetch(t, c, p.Target, p.ask("GET", "hello.php", "")); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
			occupy()
			began := time.Now()
			other := newClient(t, fastcgi.ClientConfig{MaxIdle: -1})
			require.Equal(t, "hello", ask(t, other, p, "GET"))
			t.Logf("it took %v", time.Since(began).Round(time.Millisecond))
			// A POST takes the place of what is idle.
			occupy()
			began = time.Now()
			require.Equal(t, "hello", ask(t, c, p, "POST"))
			t.Logf("a POST of the same client took %v", time.Since(began).Round(time.Millisecond))
		})
	}
}

func ask(t *testing.T, c *fastcgi.Client, p php, method string) string {
	_, body, err := fetch(t, c, p.Target, p.ask(method, "hello.php", ""))
	require.NoError(t, err)
	return body
}

// load has clients of a pool ask until they are told to stop, and counts answers.
func (p php) load(t *testing.T, clients int, stop <-chan struct{}, answered *atomic.Int64) {
	c := newClient(t, fastcgi.ClientConfig{})
	var mu sync.Mutex
	failed := map[string]int{}
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, body, err := fetch(t, c, p.Target, p.ask("GET", "hello.php", ""))
				answered.Add(1)
				if err == nil && body == "hello" {
					continue
				}
				mu.Lock()
				failed[fmt.Sprintf("%q, %v", body, err)]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Empty(t, failed, "of %d", answered.Load())
	t.Log(answered.Load(), "answers")
}

// TestClientOnPHPMaxRequests has processes end all the time. Caddy 0.9.2 answered 502 then:
// caddy#1123.
func TestClientOnPHPMaxRequests(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			p := startPHP(t, fastcgitest.Config{Network: network, Children: 8, MaxRequests: 40}, "hello.php", `echo "hello";`)
			stop := make(chan struct{})
			var answered atomic.Int64
			go func() {
				defer close(stop)
				middlewaretest.Eventually(t, func() bool { return answered.Load() > 40*8*3 })
			}()
			p.load(t, 16, stop, &answered)
		})
	}
}
