package fastcgi_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestNothingForeign has many clients share connections, some of whom leave, with
// an application of which processes die. Whatever comes back must be the answer to
// what was asked: caddy#1204 was that it is not.
func TestNothingForeign(t *testing.T) { nothingForeign(t, 2_000) }

// TestClientOnPHPNothingForeign is TestNothingForeign with processes of PHP.
func TestClientOnPHPNothingForeign(t *testing.T) { phpNothingForeign(t, 1_000) }

const foreigners = 64

// mortal answers with what it is asked over and over, in any number of records and
// with remarks, and now and then dies, or says more than it should.
func mortal(p *peer) {
	random := rand.New(rand.NewPCG(1, uint64(p.n)))
	for r := p.request(); r != nil; r = p.request() {
		token := r.params["TOKEN"] + " " + string(r.body[:min(len(r.body), 20)]) + ";"
		text := "Content-Type: text/plain\r\n\r\n" + strings.Repeat(token, 1+random.IntN(1+random.IntN(3000)))
		dies := random.IntN(100) == 0
		if dies {
			text = text[:random.IntN(len(text))]
		}
		var b strings.Builder
		for len(text) > 0 {
			n := 1 + random.IntN(min(len(text), 65535))
			b.WriteString(rec(stdout, p.id, text[:n]))
			text = text[n:]
			if random.IntN(4) == 0 {
				b.WriteString(rec(stderr, p.id, r.params["TOKEN"]+"\n"))
			}
		}
		if dies {
			p.send(b.String())
			return
		}
		b.WriteString(ending(p.id, 0, 0))
		if random.IntN(100) == 0 {
			b.WriteString(rec(stdout, p.id, hello) + ending(p.id, 0, 0))
		}
		p.send(b.String())
	}
}

func nothingForeign(t *testing.T, requests int) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			s := startAppOn(t, listen(t, network), mortal)
			foreign(t, s.target(), requests/2, func(r *fastcgi.Request, _ int) { r.Params.Add("X", "") })
		})
	}
}

func phpNothingForeign(t *testing.T, requests int) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			p := startPHP(t, fastcgitest.Config{Network: network, Children: 8, MaxRequests: 40}, "echo.php", `
				$token = $_SERVER["TOKEN"]." ".substr(file_get_contents("php://input"), 0, 20).";";
				error_log($_SERVER["TOKEN"]);
				$n = mt_rand(1, mt_rand(1, 3000));
				if ($_SERVER["DIE"] == 1) { echo str_repeat($token, $n); flush(); posix_kill(getmypid(), 9); }
				echo str_repeat($token, $n);`)
			middlewaretest.NoLeaks(t)
			foreign(t, p.Target, requests/2, func(r *fastcgi.Request, i int) {
				die := 0
				if i%100 == 99 {
					die = 1
				}
				for name, value := range p.ask("", "echo.php", "").Params.All() {
					if name != "REQUEST_METHOD" {
						r.Params.Add(name, value)
					}
				}
				r.Params.Add("DIE", fmt.Sprint(die))
			})
		})
	}
}

// tokenKey is by which a line of standard error is compared with its request.
type tokenKey struct{}

// foreign sends requests and compares.
func foreign(t *testing.T, to upstream.Target, requests int, also func(r *fastcgi.Request, i int)) {
	var answered, left, cut, failed atomic.Int64
	c := fastcgi.NewClient(fastcgi.ClientConfig{Stderr: func(ctx context.Context, line []byte) {
		if token := ctx.Value(tokenKey{}).(string); !strings.HasSuffix(string(line), token) {
			t.Errorf("%q is about another than %q", line, token)
		}
	}})
	var wg sync.WaitGroup
	var next atomic.Int64
	for g := range foreigners {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(g)))
			for i := int(next.Add(1)); i <= requests; i = int(next.Add(1)) {
				token := fmt.Sprintf("<%d-%d>", g, i)
				ctx, cancel := context.WithCancel(context.WithValue(t.Context(), tokenKey{}, token))
				r := newRequest([]string{"GET", "POST", "PUT"}[random.IntN(3)], "")
				r.Params.Add("TOKEN", token)
				want := token + " ;"
				switch random.IntN(4) {
				case 0:
					r.Body, r.ContentLength, want = strings.NewReader(token), int64(len(token)), token+" "+token+";"
				case 1:
					r.ContentLength = int64(20 + random.IntN(200_000))
					r.Body, want = zeros{}, token+" "+strings.Repeat("\x00", 20)+";"
				}
				also(r, i)
				leaves := random.IntN(100) == 0
				resp, err := c.Do(ctx, to, r)
				if err != nil {
					failed.Add(1)
					cancel()
					continue
				}
				var body []byte
				if leaves {
					left.Add(1)
					body, _ = io.ReadAll(io.LimitReader(resp.Body, int64(random.IntN(2000))))
					if random.IntN(2) == 0 {
						cancel()
					}
				} else if body, err = io.ReadAll(resp.Body); err != nil {
					cut.Add(1)
				} else {
					answered.Add(1)
				}
				if resp.Status != http.StatusOK {
					t.Errorf("%d for %s", resp.Status, token)
				}
				if n := len(body) % len(want); string(body) != strings.Repeat(want, len(body)/len(want))+want[:n] || n > 0 && !leaves && err == nil {
					t.Errorf("%.200q... is the answer to another than %q", body, want)
				}
				resp.Body.Close()
				cancel()
			}
		})
	}
	wg.Wait()
	require.NoError(t, c.Close())
	t.Logf("%d answers, %d of clients who left, %d cut off, %d failed", answered.Load(), left.Load(), cut.Load(), failed.Load())
	require.Greater(t, answered.Load(), int64(requests*9/10))
}
