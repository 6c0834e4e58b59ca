package proxy_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/proxy"
)

// TestIdleTime is about how long connections are kept.
func TestIdleTime(t *testing.T) {
	for _, tt := range []struct {
		name      string
		keepAlive string
		idle      time.Duration
		pause     time.Duration
		reused    bool
	}{
		{"one is kept for 50 s", "", 0, 49 * time.Second, true},
		{"and no longer", "", 0, 51 * time.Second, false},
		{"or for as long as configured", "", 5 * time.Second, 6 * time.Second, false},
		{"or without end", "", -1, 24 * time.Hour, true},
		{"a backend's announcement counts, less a second", "timeout=5", 0, 3999 * time.Millisecond, true},
		{"which is not waited for", "timeout=5", 0, 4001 * time.Millisecond, false},
		{"also without an end of ours", "timeout=5", -1, 4001 * time.Millisecond, false},
		{"a longer one does not count", "timeout=500", 0, 51 * time.Second, false},
		{"among other parameters", `max=100, Timeout="5"`, 0, 4001 * time.Millisecond, false},
		{"one second is too short for anything", "timeout=1", 0, 0, false},
		{"nonsense does not count", "timeout=soon", 0, 49 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialed int
				tr := proxy.NewTransport(proxy.TransportConfig{
					IdleTimeout: tt.idle,
					Dial: func(context.Context, string, string) (net.Conn, error) {
						dialed++
						ours, theirs := net.Pipe()
						go func() {
							defer theirs.Close()
							answerAll(theirs, "HTTP/1.1 200 OK\r\nKeep-Alive: "+tt.keepAlive+"\r\nContent-Length: 0\r\n\r\n")
						}()
						return ours, nil
					},
				})
				get(t, tr, "http://a")
				<-time.After(tt.pause)
				get(t, tr, "http://a")
				require.Equal(t, tt.reused, dialed == 1)
				require.NoError(t, tr.Close())
				synctest.Wait()
			})
		})
	}
	t.Run("those that nobody asks for are closed all the same", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var open atomic.Int32
			tr := proxy.NewTransport(proxy.TransportConfig{
				Dial: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					open.Add(1)
					go func() {
						defer open.Add(-1)
						answerAll(theirs, hello)
					}()
					return ours, nil
				},
			})
			get(t, tr, "http://a")
			get(t, tr, "http://b")
			<-time.After(49 * time.Second)
			require.EqualValues(t, 2, open.Load())
			<-time.After(2 * time.Second)
			synctest.Wait()
			require.Zero(t, open.Load())
		})
	})
}

// TestLearning has a backend close what is idle for a second, without a word about
// it. Nothing is sent on a connection that may be about to be closed, for all that
// is known, if it could not be repeated.
func TestLearning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialed int
		tr := proxy.NewTransport(proxy.TransportConfig{
			Dial: func(context.Context, string, string) (net.Conn, error) {
				dialed++
				ours, theirs := net.Pipe()
				go func() {
					p := &peer{Conn: theirs, br: newBuf(theirs)}
					for p.SetReadDeadline(time.Now().Add(time.Second)) == nil && p.request() != nil {
						p.send(hello)
					}
					theirs.Close()
				}()
				return ours, nil
			},
		})
		defer tr.Close()
		after := func(pause time.Duration, method string, total int, why string) {
			t.Helper()
			<-time.After(pause)
			_, _, err := fetch(t, tr, newRequest(t, method, "http://a", nil))
			require.NoError(t, err)
			require.Equal(t, total, dialed, why)
		}
		after(0, "POST", 1, "there is none yet")
		after(490*time.Millisecond, "POST", 1, "hardly any server is that impatient")
		after(700*time.Millisecond, "POST", 2, "nothing is known of the backend")
		after(700*time.Millisecond, "GET", 2, "which can be repeated")
		after(550*time.Millisecond, "POST", 2, "clearly less than what was survived")
		after(600*time.Millisecond, "POST", 3, "not clearly less")
		after(990*time.Millisecond, "GET", 3, "just in time")
		after(750*time.Millisecond, "POST", 3, "clearly less")
		after(900*time.Millisecond, "POST", 4, "not clearly less")
		after(1001*time.Millisecond, "GET", 5, "too late, which is found out, and repeated")
		after(750*time.Millisecond, "POST", 5, "clearly less than what was too late")
		after(850*time.Millisecond, "POST", 6, "not clearly less")
		for range 310 { // after five minutes this may be another backend
			after(990*time.Millisecond, "GET", 6, "just in time")
		}
		after(750*time.Millisecond, "POST", 6, "which was survived more lately")
	})
}

// TestLearningWithoutRequests checks that connections nobody uses tell for how long
// the backend leaves them open.
func TestLearningWithoutRequests(t *testing.T) {
	t.Parallel()
	backend := startRaw(t, always(hello))
	tr := newTransport(t, proxy.TransportConfig{})
	const posts = 4
	for range posts {
		_, _, err := fetch(t, tr, newRequest(t, "POST", backend.url(), strings.NewReader("once")))
		require.NoError(t, err)
		<-time.After(510 * time.Millisecond)
	}
	require.Less(t, backend.count(), posts)
}

// TestLearningOfAnother checks that what was closed is not taken for habit if it was
// in use just before, as by a backend that starts anew.
func TestLearningOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialed int
		var theirs net.Conn
		tr := proxy.NewTransport(proxy.TransportConfig{
			Dial: func(context.Context, string, string) (ours net.Conn, err error) {
				dialed++
				ours, theirs = net.Pipe()
				go answerAll(theirs, hello)
				return ours, nil
			},
		})
		defer tr.Close()
		get(t, tr, "http://a")
		<-time.After(time.Minute / 2)
		get(t, tr, "http://a")
		<-time.After(150 * time.Millisecond)
		theirs.Close()
		get(t, tr, "http://a")
		require.Equal(t, 2, dialed)
		<-time.After(time.Minute / 3)
		_, _, err := fetch(t, tr, newRequest(t, "POST", "http://a", nil))
		require.NoError(t, err)
		require.Equal(t, 2, dialed)
	})
}

// answerAll answers what it takes for a request each with the same response.
func answerAll(c net.Conn, response string) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := io.WriteString(c, response); err != nil {
			return
		}
	}
}

// TestDeadlines checks that what limits one phase, or exchange, does not limit
// another.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := proxy.NewTransport(proxy.TransportConfig{
			HeaderTimeout: time.Second, WriteTimeout: time.Second, ContinueTimeout: time.Second,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					p := &peer{Conn: theirs, br: newBuf(theirs)}
					for p.request() != nil {
						p.send(okFive)
						<-time.After(5 * time.Second)
						p.send("hello")
					}
					theirs.Close()
				}()
				return ours, nil
			},
		})
		require.Equal(t, "hello", get(t, tr, "http://a"))
		<-time.After(5 * time.Second)
		require.Equal(t, "hello", get(t, tr, "http://a"))
		require.NoError(t, tr.Close())
		synctest.Wait()
	})
}
