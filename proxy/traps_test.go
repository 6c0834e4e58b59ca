package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// The traps that a proxy on HTTP/1.1 connections of its own can fall into, each
// through a Handler in a server. Those further on are in traps_bodies_test.go.

// behind starts a proxy in front of a raw backend.
func behind(t *testing.T, c proxy.Config, script func(*peer)) (front string, b *raw, g *upstream.Group) {
	t.Helper()
	middlewaretest.NoLeaks(t)
	b = startRaw(t, script)
	g = group(t, b.url())
	c.Upstreams = g
	return serveProxy(t, c), b, g
}

// answerTo returns the response to a request that ends its connection.
func answerTo(t *testing.T, front, request string) (status int, body string, header http.Header) {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	_, br := dialProxy(t, front, request)
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		require.NoError(t, err)
		if resp.StatusCode < 200 {
			continue
		}
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(text), resp.Header
	}
}

func post(body string, fields ...string) string {
	fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	return strings.Replace(plainly("/", fields...), "GET", "POST", 1) + body
}

func TestTrap1AnIdleConnectionResetMeanwhileIsNoFailureAndPostsAreSentOnce(t *testing.T) {
	var seen atomic.Int32
	front, b, g := behind(t, proxy.Config{}, dying(1, &seen))
	for range 2 { // of which the second meets the end of the first connection
		status, _, _ := answerTo(t, front, plainly("/"))
		require.Equal(t, 200, status)
	}
	require.EqualValues(t, 3, seen.Load())
	require.Equal(t, 2, b.count())
	require.Zero(t, g.Status().Upstreams[0].Failures)

	seen.Store(0)
	front, b, _ = behind(t, proxy.Config{}, dying(1, &seen))
	_, _, _ = answerTo(t, front, plainly("/"))
	status, _, _ := answerTo(t, front, post("once"))
	require.Equal(t, 502, status)
	require.EqualValues(t, 2, seen.Load(), "requests, the POST among them")
	require.Equal(t, 1, b.count())
}

func TestTrap2ABackendsKeepAliveIsKeptTo(t *testing.T) {
	for timeout, conns := range map[int]int{1: 2, 60: 1} {
		front, b, _ := behind(t, proxy.Config{}, always(fmt.Sprintf("%sKeep-Alive: timeout=%d\r\nContent-Length: 5\r\n\r\nhello", ok, timeout)))
		for range 2 {
			status, _, header := answerTo(t, front, post("x"))
			require.Equal(t, 200, status)
			require.Empty(t, header["Keep-Alive"])
		}
		require.Equal(t, conns, b.count())
	}
}

func TestTrap3AConnectionThatSpokeUnaskedIsNotUsed(t *testing.T) {
	ask, said := make(chan bool), make(chan bool)
	front, b, _ := behind(t, proxy.Config{}, func(p *peer) {
		for p.request() != nil {
			p.send(hello)
			if p.n == 0 {
				<-ask
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
				said <- true
			}
		}
	})
	_, _, _ = answerTo(t, front, plainly("/"))
	ask <- true
	<-said
	_, body, _ := answerTo(t, front, post("x"))
	require.Equal(t, "hello", body)
	require.Equal(t, 2, b.count())
}

func TestTrap4ABodyThatWaitsFor100IsNotTouchedBefore(t *testing.T) {
	for name, agrees := range map[string]bool{"it comes": true, "a refusal comes": false} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan string, 2)
			front, b, _ := behind(t, proxy.Config{}, func(p *peer) {
				r := p.head()
				if r == nil {
					return
				}
				heard <- r.Header.Get("Expect")
				if !agrees {
					p.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
					rest, _ := io.ReadAll(p.br)
					heard <- string(rest)
					return
				}
				p.send("HTTP/1.1 100 Continue\r\n\r\n")
				body, _ := io.ReadAll(r.Body)
				heard <- string(body)
				p.send(hello)
			})
			c, br := dialProxy(t, front, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
			require.Equal(t, "100-continue", <-heard)
			resp, err := http.ReadResponse(br, nil)
			require.NoError(t, err)
			if !agrees {
				require.Equal(t, 417, resp.StatusCode, "and not 100 before")
				require.Empty(t, <-heard)
				require.Equal(t, 1, b.count())
				return
			}
			require.Equal(t, 100, resp.StatusCode)
			_, err = io.WriteString(c, "body")
			require.NoError(t, err)
			status, body, err := readFinal(br, "POST")
			require.NoError(t, err)
			require.Equal(t, "200 hello body", fmt.Sprint(status, " ", body, " ", <-heard))
		})
	}
}

func TestTrap5AnEarlyAnswerCountsMoreThanAWriteThatFailed(t *testing.T) {
	front, _, g := behind(t, proxy.Config{}, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
		// Closed with much of it unread, which resets.
	})
	for range 20 {
		c, br := dialProxy(t, front, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"+million)
		status, body, err := readFinal(br, "POST")
		require.NoError(t, err)
		require.Equal(t, "413 big", fmt.Sprint(status, " ", body))
		require.NoError(t, c.Close())
	}
	require.Zero(t, g.Status().Upstreams[0].Failures)
}

func TestTrap6BothSidesMayWriteBeforeTheyRead(t *testing.T) {
	const size = 16 << 20
	front, _, _ := behind(t, proxy.Config{}, func(p *peer) {
		r := p.head()
		if r == nil {
			return
		}
		p.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", ok, size))
		_, _ = io.CopyN(p, zeros{}, size)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	c, br := dialProxy(t, front, fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", size))
	sent := make(chan bool)
	go func() {
		defer close(sent)
		_, _ = io.CopyN(c, zeros{}, size)
	}()
	status, body, err := readFinal(br, "POST")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	require.Len(t, body, size)
	c.Close()
	<-sent
}

func TestTrap7HintsAreRelayedAndLimitedAnd100IsSwallowed(t *testing.T) {
	front, b, _ := behind(t, proxy.Config{}, always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+hello))
	text := exchangeRaw(t, front, post("x"))
	require.True(t, strings.HasPrefix(text, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"), text)
	text = exchangeRaw(t, front, strings.Replace(plainly("/"), "HTTP/1.1", "HTTP/1.0", 1))
	require.True(t, strings.HasPrefix(text, "HTTP/1.0 200 OK\r\n"), text)
	require.Equal(t, 1, b.count())

	front, _, _ = behind(t, proxy.Config{}, always(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 65)+hello))
	status, _, _ := answerTo(t, front, plainly("/"))
	require.Equal(t, 502, status)
}

func TestTrap8TheLastChunkIsReadBeforeAConnectionIsUsedAgain(t *testing.T) {
	for _, tt := range []struct {
		name, end string
		conns     int
	}{
		{"as it should be", "0\r\n\r\n", 1},
		{"with a trailer", "0\r\nX-Sum: 1\r\n\r\n", 1},
		{"and more comes", "0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			front, b, _ := behind(t, proxy.Config{}, always(okChunks+"5\r\nhello\r\n"+tt.end))
			for range 2 {
				_, body, _ := answerTo(t, front, plainly("/"))
				require.Equal(t, "hello", body)
			}
			require.Equal(t, tt.conns, b.count())
		})
	}
}

func TestTrap9ABodyThatEndsWithTheConnectionEndsInAChunkUnlessItBreaks(t *testing.T) {
	for _, breaks := range []bool{false, true} {
		front, _, _ := behind(t, proxy.Config{}, func(p *peer) {
			if p.request() == nil {
				return
			}
			p.send("HTTP/1.0 200 OK\r\n\r\nhello")
			if breaks {
				p.awaitRead()
				p.reset()
			}
		})
		_, br := dialProxy(t, front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		resp, err := http.ReadResponse(br, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"chunked"}, resp.TransferEncoding)
		_, err = io.ReadAll(resp.Body)
		require.Equal(t, breaks, err != nil)
	}
}

func TestTrap10AShortBodyIsCutOffAndNeverEndsCleanly(t *testing.T) {
	for _, size := range []int{5, 100_000, 4 << 20} {
		front, _, g := behind(t, proxy.Config{}, func(p *peer) {
			if p.request() != nil {
				p.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n", ok, size+1))
				_, _ = io.CopyN(p, zeros{}, int64(size))
			}
		})
		_, br := dialProxy(t, front, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
		_, body, err := readFinal(br, "GET")
		require.Error(t, err)
		require.LessOrEqual(t, len(body), size)
		_, err = br.ReadByte()
		require.Error(t, err, "the connection ends")
		middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Failures == 1 })
	}
}

func TestTrap11LengthsOfResponsesWithoutABodyAreNotWaitedFor(t *testing.T) {
	for _, tt := range []struct{ method, head, length string }{
		{"HEAD", "200 OK\r\nContent-Length: 5", "5"},
		{"HEAD", "200 OK\r\nTransfer-Encoding: chunked", ""},
		{"GET", "204 No Content\r\nContent-Length: 5", ""},
		{"GET", "304 Not Modified\r\nContent-Length: 5", ""},
	} {
		front, b, _ := behind(t, proxy.Config{}, always("HTTP/1.1 "+tt.head+"\r\n\r\n"))
		c, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
		require.NoError(t, err)
		defer c.Close()
		br := bufio.NewReader(c)
		for range 2 { // on the same connection
			_, err = io.WriteString(c, tt.method+" / HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			resp, err := http.ReadResponse(br, &http.Request{Method: tt.method})
			require.NoError(t, err)
			require.Equal(t, tt.head[:3], resp.Status[:3])
			require.Equal(t, tt.length, resp.Header.Get("Content-Length"))
			_, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
		}
		require.Equal(t, 1, b.count())
	}
}
