package fastcgi_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestMortalApplications kills one of three applications after the other while
// requests go on. No GET may notice, but by a body that breaks off, and no POST be
// executed twice.
func TestMortalApplications(t *testing.T) {
	requests := 2000
	if testing.Short() {
		requests = 400
	}
	content := strings.Repeat("0123456789", 2000)
	var executed sync.Map // by the number of a POST
	script := func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			body := content
			if r.params["REQUEST_METHOD"] == "POST" {
				n, _ := executed.LoadOrStore(r.params["HTTP_X_NUMBER"], new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
				body = string(r.body)
			}
			p.reply(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
		}
	}
	var apps [3]*app
	var targets []upstream.Target
	for i := range apps {
		apps[i] = startApp(t, script)
		targets = append(targets, apps[i].target())
	}
	again := func(i int) {
		addr := apps[i].Addr().String()
		apps[i].stop()
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		apps[i] = startAppOn(t, l, script)
	}
	g := groupOf(t, upstream.Config{Targets: targets, Passive: upstream.Passive{Eject: 50 * time.Millisecond, MaxEject: 50 * time.Millisecond}})
	srv := serve(t, fastcgi.Config{Upstreams: g})

	// By the number of requests rather than by time, for machines that are slow.
	kill := make(chan int, requests)
	var reaper, clients sync.WaitGroup
	reaper.Go(func() {
		for i := range kill {
			again(i % len(apps))
		}
	})
	var sent, cut, failed atomic.Int64
	for range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := sent.Add(1); n <= int64(requests); n = sent.Add(1) {
				if n%50 == 0 {
					kill <- int(n / 50)
				}
				method, want := "GET", content
				if n%2 == 0 {
					method, want = "POST", content[:rand.IntN(len(content))]
				}
				r, _ := http.NewRequest(method, srv.URL, strings.NewReader(want))
				if method == "GET" {
					r.Body, r.ContentLength = http.NoBody, 0
				}
				r.Header.Set("X-Number", fmt.Sprint(n))
				resp, err := client.Do(r)
				if err != nil {
					cut.Add(1)
					continue
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				switch {
				case resp.StatusCode != 200 && method == "GET":
					t.Errorf("GET was answered with %d", resp.StatusCode)
				case resp.StatusCode != 200:
					failed.Add(1)
				case err != nil:
					cut.Add(1)
				case !bytes.Equal(body, []byte(want)):
					t.Errorf("%s: %d bytes look whole, of %d", method, len(body), len(want))
				}
			}
		})
	}
	clients.Wait()
	close(kill)
	reaper.Wait()
	executed.Range(func(number, n any) bool {
		if n.(*atomic.Int64).Load() > 1 {
			t.Errorf("POST %v was executed %d times", number, n.(*atomic.Int64).Load())
		}
		return true
	})
	require.Less(t, failed.Load()+cut.Load(), int64(requests/2))
	t.Logf("of %d requests, %d POSTs failed and %d responses were cut off", requests, failed.Load(), cut.Load())
}

// TestDeadApplication checks that nobody notices one of three that is dead from the
// beginning, however often.
func TestDeadApplication(t *testing.T) {
	targets := []upstream.Target{refusing(t), startApp(t, always(hello)).target(), startApp(t, always(hello)).target()}
	srv := serve(t, fastcgi.Config{Upstreams: groupOf(t, upstream.Config{Targets: targets, Policy: upstream.RoundRobin(), Passive: upstream.Passive{MaxFails: -1}})})
	for range 100 {
		require.Equal(t, 200, visit(t, srv.URL).status)
	}
}
