package proxy_test

import (
	"context"
	"io"
	"net"
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
// it. Soon nothing is sent on such a connection that could not be repeated.
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
		after := func(pause time.Duration, method string) error {
			<-time.After(pause)
			_, _, err := fetch(t, tr, newRequest(t, method, "http://a", nil))
			return err
		}
		require.NoError(t, after(0, "POST"))
		require.NoError(t, after(1001*time.Millisecond, "POST"), "a pipe that is closed takes nothing, so it can be repeated")
		require.Equal(t, 2, dialed)
		require.NoError(t, after(900*time.Millisecond, "POST"))
		require.Equal(t, 3, dialed, "which is too long for a POST")
		require.NoError(t, after(900*time.Millisecond, "GET"))
		require.NoError(t, after(700*time.Millisecond, "POST"))
		require.Equal(t, 3, dialed)
		for range 400 { // five minutes later
			require.NoError(t, after(750*time.Millisecond, "GET"))
		}
		require.NoError(t, after(900*time.Millisecond, "POST"))
		require.Equal(t, 3, dialed)
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
