package proxy_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

func TestTrap12WhatAPipeMayHaveKeptIsNotMissedByTheNext(t *testing.T) {
	const size = 64 << 20
	front, b, g := behind(t, proxy.Config{}, func(p *peer) {
		for p.request() != nil {
			p.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", ok, size))
			_, _ = io.CopyN(p, zeros{}, size)
		}
	})
	c, br := dialProxy(t, front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	_, err := io.CopyN(io.Discard, br, 1<<20)
	require.NoError(t, err)
	require.NoError(t, c.SetLinger(0))
	require.NoError(t, c.Close())
	middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Active == 0 })
	status, body, _ := answerTo(t, front, plainly("/"))
	require.Equal(t, 200, status)
	require.Len(t, body, size)
	require.Equal(t, 2, b.count(), "connections")
	require.Zero(t, g.Status().Upstreams[0].Failures)
}

func TestTrap13AnExchangeEndsWithItsClientAndItsConnectionIsNotKept(t *testing.T) {
	asked, left := make(chan bool), make(chan bool)
	for _, response := range []string{"", "HTTP/1.1 200 OK\r\nCont", ok + "Content-Length: 10\r\n\r\nhello", okChunks + "5\r\nhello\r\n"} {
		front, b, g := behind(t, proxy.Config{}, func(p *peer) {
			if p.request() == nil {
				return
			}
			if p.n > 0 {
				p.send(hello)
				return
			}
			p.send(response)
			asked <- true
			p.ended()
			left <- true
		})
		c, _ := dialProxy(t, front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		<-asked
		require.NoError(t, c.Close())
		<-left
		_, body, _ := answerTo(t, front, plainly("/"))
		require.Equal(t, "hello", body)
		require.Equal(t, 2, b.count())
		require.Zero(t, g.Status().Upstreams[0].Failures)
	}
}

func TestTrap14TheDeadlineOfOnePhaseIsNotThatOfTheNext(t *testing.T) {
	const short = 300 * time.Millisecond
	tr := newTransport(t, proxy.TransportConfig{HeaderTimeout: short, WriteTimeout: short, BodyTimeout: 10 * time.Second, ContinueTimeout: short})
	front, b, _ := behind(t, proxy.Config{Transport: tr}, func(p *peer) {
		for p.request() != nil {
			p.send(okFive)
			<-time.After(2 * short) // longer than a head may take
			p.send("hello")
		}
	})
	for range 2 {
		_, body, _ := answerTo(t, front, post("x"))
		require.Equal(t, "hello", body)
	}
	require.Equal(t, 1, b.count())
	require.NoError(t, tr.Close())
}

func TestTrap15AClientIsMissedOnceItsBodyHasEnded(t *testing.T) {
	for name, request := range map[string]string{
		"a small body": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"a large body": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + million,
		"chunks":       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			asked, left := make(chan bool), make(chan bool)
			front, _, g := behind(t, proxy.Config{}, func(p *peer) {
				p.request()
				asked <- true
				p.ended()
				left <- true
			})
			c, _ := dialProxy(t, front, request)
			<-asked
			require.NoError(t, c.Close())
			<-left
			middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Active == 0 })
			require.Zero(t, g.Status().Upstreams[0].Failures)
		})
	}
}

func TestTrap16NoContentTypeIsMadeUpAndDateIsTheBackends(t *testing.T) {
	front, _, _ := behind(t, proxy.Config{}, always(ok+"Date: then\r\nServer: it\r\nContent-Length: 6\r\n\r\n<html>"))
	_, _, header := answerTo(t, front, plainly("/"))
	require.Equal(t, http.Header{"Date": {"then"}, "Server": {"it"}, "Content-Length": {"6"}}, header)
}

// A lender is a ResponseWriter that notes who gives it something to read from.
type lender struct {
	http.ResponseWriter
	lent atomic.Int64
}

func (l *lender) Unwrap() http.ResponseWriter { return l.ResponseWriter }

func (l *lender) ReadFrom(r io.Reader) (int64, error) {
	n, err := l.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
	l.lent.Add(n)
	return n, err
}

func TestTrap17WritersInBetweenDoNotHideThatTheyCanReadFrom(t *testing.T) {
	b := startRaw(t, always(ok+"Content-Length: 1048576\r\n\r\n"+million))
	h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{})})
	var l *lender
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l = &lender{ResponseWriter: w}
		_, err := h.ServeHTTP(middleware.Record(struct{ *middleware.Recorder }{middleware.Record(l)}), r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}))
	defer front.Close()
	_, body, _ := answerTo(t, front.URL, plainly("/"))
	require.Len(t, body, 1<<20)
	require.Greater(t, l.lent.Load(), int64(1<<20-8<<10))
}

func TestTrap18EventsAreFlushedThoughTheirLengthIsKnown(t *testing.T) {
	for _, head := range []string{"Content-Type: text/event-stream\r\nContent-Length: 10", "Content-Type: Text/Event-Stream;a=b\r\nContent-Length: 10", "Content-Type: text/plain\r\nConnection: close"} {
		goOn := make(chan bool)
		front, _, _ := behind(t, proxy.Config{}, func(p *peer) {
			p.request()
			p.send(ok + head + "\r\n\r\n")
			for range 2 {
				<-goOn
				p.send("hello")
			}
		})
		_, br := dialProxy(t, front, plainly("/"))
		resp, err := http.ReadResponse(br, nil)
		require.NoError(t, err)
		for range 2 {
			goOn <- true
			piece := make([]byte, 5)
			_, err := io.ReadFull(resp.Body, piece)
			require.NoError(t, err)
			require.Equal(t, "hello", string(piece))
		}
	}
}

func TestTrap19TheServersLimitsEndAnExchangeAndAreNotTheBackendsFault(t *testing.T) {
	middlewaretest.NoLeaks(t)
	stuck := make(chan bool, 9)
	b := startRaw(t, func(p *peer) {
		for r := p.head(); r != nil; r = p.head() {
			if r.Method == "POST" {
				_, _ = io.Copy(io.Discard, r.Body)
				continue
			}
			p.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", ok, 64<<20))
			_, _ = io.CopyN(p, zeros{}, 64<<20)
		}
		stuck <- true
	})
	g := group(t, b.url())
	limit := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			r.Body = http.MaxBytesReader(w, r.Body, 200<<10)
			return next.ServeHTTP(w, r)
		})
	}
	front := serveBy(t, proxy.Config{Upstreams: g}, func(s *httptest.Server) { s.Config.WriteTimeout = 300 * time.Millisecond }, limit)
	c, br := dialProxy(t, front.URL, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-stuck // for the client reads nothing
	n, _ := io.Copy(io.Discard, br)
	require.Less(t, n, int64(64<<20))
	c.Close()
	front = serveBy(t, proxy.Config{Upstreams: g}, nil, limit)
	for _, length := range []string{"Content-Length: 1048576\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n100000\r\n"} {
		_, br = dialProxy(t, front.URL, "POST / HTTP/1.1\r\nHost: a\r\n"+length+million)
		status, _, err := readFinal(br, "POST")
		require.NoError(t, err)
		require.Equal(t, 413, status)
	}
	require.Zero(t, g.Status().Upstreams[0].Failures)
}

func TestTrap20BodiesByTLSAndByHTTP2AreWholeOrCutOff(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1048576")
		_, _ = io.WriteString(w, million[:1<<19])
		if r.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, million[1<<19:])
	}
	tls := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	for _, to := range []string{tls.URL + " {\n insecure_skip_verify\n}", startH2C(t, serve)} {
		mw, err := caddyfiletest.Setup(t, proxy.Directive, "proxy / "+to)
		require.NoError(t, err)
		front := httptest.NewServer(middleware.AppHandler(mw(middleware.Status(404)).ServeHTTP))
		defer front.Close()
		_, body, _ := answerTo(t, front.URL, plainly("/"))
		require.True(t, body == million)
		_, br := dialProxy(t, front.URL, plainly("/cut"))
		_, _, err = readFinal(br, "GET")
		require.Error(t, err)
	}
}

func TestTrap21HeadsAreLimitedInSizeAndByLine(t *testing.T) {
	for name, tt := range map[string]struct {
		fields string
		want   int
	}{
		"a line of 60 KiB":      {"A: " + strings.Repeat("x", 60<<10) + "\r\n", 200},
		"a line of more":        {"A: " + strings.Repeat("x", 65<<10) + "\r\n", 502},
		"900 KiB in all":        {strings.Repeat("A: "+strings.Repeat("x", 9<<10)+"\r\n", 100), 200},
		"more than 1 MiB":       {strings.Repeat("A: "+strings.Repeat("x", 9<<10)+"\r\n", 120), 502},
		"a line without an end": {"A: " + strings.Repeat("x", 2<<20), 502},
	} {
		t.Run(name, func(t *testing.T) {
			front, _, _ := behind(t, proxy.Config{}, always(ok+tt.fields+"Content-Length: 0\r\n\r\n"))
			status, _, _ := answerTo(t, front, plainly("/"))
			require.Equal(t, tt.want, status)
		})
	}
}

func TestTrap22NobodyReadsABodyAfterTheHandlerHasReturned(t *testing.T) {
	scripts := map[string]func(*peer){
		"a response without a body":       func(p *peer) { p.head(); p.send("HTTP/1.1 204 No\r\n\r\n"); p.ended() },
		"a response":                      func(p *peer) { p.head(); p.send(hello); p.ended() },
		"a response that is cut off":      func(p *peer) { p.head(); p.send(ok + "Content-Length: 9\r\n\r\nhello") },
		"nonsense":                        func(p *peer) { p.head(); p.send("nonsense\r\n"); p.ended() },
		"a reset":                         func(p *peer) { p.head(); p.awaitRead(); p.reset() },
		"an answer to a client that left": func(p *peer) { p.head(); p.ended() },
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			b := startRaw(t, script)
			h := proxy.NewHandler(nil, proxy.Config{Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{})})
			var reading atomic.Int32
			var after atomic.Int32
			var returned sync.WaitGroup
			returned.Add(1)
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer returned.Done()
				if strings.Contains(name, "left") {
					ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
					defer cancel()
					r = r.WithContext(ctx)
				}
				r.Body = counting{r.Body, &reading}
				_, _ = h.ServeHTTP(w, r)
				after.Store(reading.Load())
				panic(http.ErrAbortHandler)
			}))
			front.Config.ErrorLog = log.New(io.Discard, "", 0)
			t.Cleanup(front.Close)
			_, _ = dialProxy(t, front.URL, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n") // and no more
			returned.Wait()
			require.Zero(t, after.Load())
		})
	}
}
