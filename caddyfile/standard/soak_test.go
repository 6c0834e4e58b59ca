//go:build soak

package standard_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/stretchr/testify/require"
)

// TestSoakServer has clients that read slowly, go away or talk nonsense at a site
// whose pages are replaced all the time. Each answer is of one version of a page
// and is logged once, and in the end nothing is left open.
func TestSoakServer(t *testing.T) {
	t.Chdir(t.TempDir())
	writePage(t, 0)
	require.NoError(t, os.WriteFile("Caddyfile", []byte(`127.0.0.1:0 {
	log / logs/access.log "{status} {uri}" {
		rotate_size 1
		rotate_keep 0
		rotate_age 0
	}
	errors logs/error.log
	gzip
}`), 0o600))
	goroutines, files := runtime.NumGoroutine(), descriptors("/", "socket:")
	addr, stop := serve(t, "Caddyfile")
	end := time.Now().Add(90 * time.Second)

	var running, writing sync.WaitGroup
	answered := make(chan struct{})
	writing.Go(func() {
		const several = 4 // answers come between two versions
		n := 0
		for range answered {
			if n++; n%several == 0 {
				writePage(t, n/several)
			}
		}
	})
	var answers atomic.Int64 // each of them is to be logged as /?<number>
	for range 16 {
		running.Go(func() {
			transport := &http.Transport{DisableCompression: true}
			defer transport.CloseIdleConnections()
			for time.Now().Before(end) {
				switch rand.IntN(10) {
				case 0:
					goAway(t, addr, func() { fetch(t, transport, addr, &answers) })
				case 1:
					talkNonsense(t, addr)
				default:
					fetch(t, transport, addr, &answers)
					answered <- struct{}{}
				}
			}
		})
	}
	running.Wait()
	close(answered)
	writing.Wait()
	stop()

	logged := map[string]int{}
	entries, err := os.ReadDir("logs")
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile("logs/" + e.Name())
		require.NoError(t, err)
		if strings.HasPrefix(e.Name(), "error") {
			require.Empty(t, string(text))
		}
		for line := range strings.Lines(string(text)) {
			logged[line]++
		}
	}
	for n := int64(1); n <= answers.Load(); n++ {
		if got := logged[fmt.Sprintf("200 /page.html?%d\n", n)] + logged[fmt.Sprintf("206 /page.html?%d\n", n)]; got != 1 {
			t.Fatalf("answer %d of %d was logged %d times", n, answers.Load(), got)
		}
	}
	middlewaretest.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines })
	require.Equal(t, files, descriptors("/", "socket:"))
	t.Logf("%d whole answers", answers.Load())
}

const versionLen = 17

// writePage puts version n of the page in the place of the one there is.
func writePage(t *testing.T, n int) {
	page := bytes.Repeat(fmt.Appendf(nil, "version %0*d\n", versionLen-len("version \n"), n), 3+n%5000)
	if err := os.WriteFile("page.new", page, 0o600); err != nil {
		t.Error(err)
	}
	if err := os.Rename("page.new", "page.html"); err != nil {
		t.Error(err)
	}
}

func fetch(t *testing.T, transport http.RoundTripper, addr net.Addr, answers *atomic.Int64) {
	req, err := http.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("http://%s/page.html?%d", addr, answers.Add(1)), nil)
	if err != nil {
		t.Error(err)
		return
	}
	switch rand.IntN(3) {
	case 0:
		req.Header.Set("Accept-Encoding", "gzip")
	case 1:
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", versionLen*rand.IntN(3)))
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	var r io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if r, err = gzip.NewReader(r); err != nil {
			t.Error(err)
			return
		}
	}
	body, err := io.ReadAll(r)
	if err != nil || len(body) < versionLen || len(bytes.ReplaceAll(body, body[:versionLen], nil)) != 0 {
		t.Errorf("%d %v: not one version of the page: %.100q of %d bytes (%v)", resp.StatusCode, resp.Header, body, len(body), err)
	}
}

// goAway reads as much of a page as it likes, after it has done something else for as
// long as it likes, wherever the server then is.
func goAway(t *testing.T, addr net.Addr, somethingElse func()) {
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /page.html HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n")
	for range rand.IntN(4) {
		somethingElse()
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	io.CopyN(io.Discard, conn, rand.Int64N(1000))
}

func talkNonsense(t *testing.T, addr net.Addr) {
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	nonsense := []string{
		"", "\r\n\r\n", "GET", "GET / HTTP/1.1\r\n\r\n", "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /page.html HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
		"GET /page.html HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=9-1,,-\r\nAccept-Encoding: ;;q=,\r\n\r\n",
	}
	io.WriteString(conn, nonsense[rand.IntN(len(nonsense))])
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	io.Copy(io.Discard, conn) // until then, or until it is hung up on
}
