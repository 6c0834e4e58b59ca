package proxy_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// TestConcurrent has many requests, some of which are given up at any point, share
// connections that some of the time are closed. Whatever comes back must be the
// answer to what was asked.
func TestConcurrent(t *testing.T) {
	middlewaretest.NoLeaks(t)
	backend := startRaw(t, func(p *peer) {
		random := rand.New(rand.NewPCG(1, uint64(p.n)))
		for r := p.head(); r != nil; r = p.head() {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			answer := strings.Repeat(r.URL.Path+" "+string(body[:min(len(body), 10)])+";", 1+random.IntN(2000))
			switch random.IntN(10) {
			case 0:
				return
			case 1:
				p.send(fmt.Sprintf(okChunks+"%x\r\n%s\r\n0\r\n\r\n", len(answer), answer))
			case 2:
				p.send(fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n%s", len(answer)+1, answer)) // and never the last byte
				return
			case 3:
				p.send(fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n%s!", len(answer), answer)) // one too many
			default:
				p.send(fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n%s", len(answer), answer))
			}
		}
	})
	tr := newTransport(t, proxy.TransportConfig{MaxIdle: 4})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(g)))
			for i := range 100 {
				one(t, tr, random, backend.url(), fmt.Sprintf("/%d-%d", g, i))
			}
		})
	}
	wg.Wait()
}

func one(t *testing.T, tr *proxy.Transport, random *rand.Rand, url, path string) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	method, want := "GET", path+" ;"
	var body io.Reader
	switch random.IntN(4) {
	case 0:
		method, body, want = "POST", strings.NewReader(path), path+" "+path+";"
	case 1:
		method, body, want = "PUT", io.MultiReader(strings.NewReader(path), io.LimitReader(zeros{}, int64(random.IntN(1<<17)))), path+" "+path
	}
	if random.IntN(5) == 0 {
		time.AfterFunc(time.Duration(random.IntN(2000))*time.Microsecond, cancel)
	}
	r, err := http.NewRequestWithContext(ctx, method, url+path, body)
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return // which is for others to judge
	}
	defer resp.Body.Close()
	if random.IntN(5) == 0 {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, 100), resp.Body}
	}
	text, _ := io.ReadAll(resp.Body)
	for answer := range strings.SplitAfterSeq(string(text), ";") {
		if answer == "" || !strings.HasSuffix(answer, ";") {
			continue // cut off
		}
		if !strings.HasPrefix(answer, strings.TrimSuffix(want, ";")) {
			t.Errorf("%q is the answer to another than %q", answer, want)
		}
	}
}
