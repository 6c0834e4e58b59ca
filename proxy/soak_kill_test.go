//go:build soak

package proxy_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// killEvery is the time between two deaths, and killed what may be killed.
const (
	killEvery = 200 * time.Millisecond
	killed    = 3
	toldBy    = "SHALLOT_SOAK_BACKEND" // where the backend is to listen, in a process of its own
)

// bodyOf returns what is sent with, and answered to, the request of that number, so
// that nothing can be taken for another's, or for whole.
func bodyOf(number, size int) []byte {
	text := fmt.Appendf(nil, "%d;", number)
	return bytes.Repeat(text, size/len(text)+1)[:size]
}

// TestSoakBackend is no test but a backend, in a process that TestSoakKill started.
// It says which POSTs it has executed before it answers them.
func TestSoakBackend(t *testing.T) {
	addr := os.Getenv(toldBy)
	if addr == "" {
		t.Skip("it is for TestSoakKill")
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) // until there is no test any more
		os.Exit(0)
	}()
	l, err := net.Listen("tcp", addr)
	for err != nil { // the last one is not gone yet
		<-time.After(time.Millisecond)
		l, err = net.Listen("tcp", addr)
	}
	fmt.Println("ready")
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.FormValue("number"))
		size, _ := strconv.Atoi(r.FormValue("size"))
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.Method == http.MethodPost {
			if !bytes.Equal(body, bodyOf(number, size)) {
				fmt.Printf("%d is not what was sent\n", number)
			}
			fmt.Println(number)
		}
		answer := bodyOf(number, size)
		if !r.URL.Query().Has("stream") {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			w.Write(answer)
			return
		}
		for len(answer) > 0 {
			n := min(len(answer), 4<<10)
			w.Write(answer[:n])
			http.NewResponseController(w).Flush()
			answer = answer[n:]
		}
	}))
}

// A backendProcess is one that can be killed.
type backendProcess struct {
	addr     string
	executed func(number string)
	cmd      *exec.Cmd
	wg       sync.WaitGroup
}

func (b *backendProcess) start(t *testing.T) {
	b.cmd = exec.Command(os.Args[0], "-test.run=^TestSoakBackend$", "-test.timeout=0")
	b.cmd.Env = append(os.Environ(), toldBy+"="+b.addr)
	_, err := b.cmd.StdinPipe()
	out, outErr := b.cmd.StdoutPipe()
	if err := errors.Join(err, outErr, b.cmd.Start()); err != nil {
		t.Error(err)
		return
	}
	ready := make(chan struct{})
	b.wg.Go(func() {
		begun := sync.OnceFunc(func() { close(ready) })
		defer begun()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			switch line := lines.Text(); line {
			case "ready":
				begun()
			case "PASS":
			default:
				b.executed(line)
			}
		}
	})
	<-ready
}

func (b *backendProcess) kill() {
	b.cmd.Process.Kill()
	b.wg.Wait()
	b.cmd.Wait()
}

// freeAddr returns an address that no outgoing connection is given meanwhile.
func freeAddr(t *testing.T) string {
	for {
		addr := fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(10_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			require.NoError(t, l.Close())
			return addr
		}
	}
}

// TestSoakKill kills one of three processes every 200 ms, and starts it again, while
// clients send requests of all kinds. Where that takes a process longer than 200 ms, the
// next one lives on until it is back. No GET may be answered with an error, no POST
// be executed twice, and nothing look whole that is not.
func TestSoakKill(t *testing.T) {
	const requests, clients = 20_000, 16
	var mu sync.Mutex
	executed := map[string]int{}
	var backends [killed]backendProcess
	var texts []string
	for i := range backends {
		b := &backends[i]
		b.addr = freeAddr(t)
		b.executed = func(number string) {
			mu.Lock()
			defer mu.Unlock()
			executed[number]++
		}
		b.start(t)
		t.Cleanup(b.kill)
		texts = append(texts, b.addr)
	}
	targets, err := upstream.Parse(texts...)
	require.NoError(t, err)
	g := groupOf(t, upstream.Config{Targets: targets})
	front := serveProxy(t, proxy.Config{Upstreams: g})

	stop, deaths := make(chan struct{}), 0
	var reaper sync.WaitGroup
	reaper.Go(func() {
		tick := time.NewTicker(killEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			b := &backends[deaths%killed]
			b.kill()
			b.start(t)
			deaths++
		}
	})

	var sent, gets, cut, failed, served atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := int(sent.Add(1)); n <= requests; n = int(sent.Add(1)) {
				random := rand.New(rand.NewPCG(1, uint64(n)))
				size := random.IntN(64<<10 + 1)
				url := fmt.Sprintf("%s/?number=%d&size=%d", front, n, size)
				if random.IntN(4) == 0 {
					url += "&stream"
				}
				method, body := http.MethodGet, io.Reader(nil)
				if random.IntN(2) == 0 {
					method, body = http.MethodPost, bytes.NewReader(bodyOf(n, size))
					if random.IntN(4) == 0 {
						body = io.MultiReader(body) // of unknown length
					}
				}
				r, err := http.NewRequest(method, url, body)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(r)
				if err != nil {
					cut.Add(1)
					continue
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				switch {
				case resp.StatusCode != 200 && method == http.MethodGet:
					gets.Add(1)
					t.Errorf("GET was answered with %d", resp.StatusCode)
				case resp.StatusCode != 200:
					failed.Add(1)
				case err != nil:
					cut.Add(1)
				case !bytes.Equal(got, bodyOf(n, size)):
					t.Errorf("%s: %d bytes of %d look whole", method, len(got), size)
				default:
					served.Add(1)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	reaper.Wait()
	for i := range backends {
		backends[i].kill()
	}
	for number, n := range executed {
		if _, err := strconv.Atoi(number); err != nil || n > 1 {
			t.Errorf("POST %s was executed %d times", number, n)
		}
	}
	t.Logf("%d requests, %d deaths: %d served, of which POSTs executed %d; %d GETs and %d POSTs answered with an error, %d cut off",
		requests, deaths, served.Load(), len(executed), gets.Load(), failed.Load(), cut.Load())
}
