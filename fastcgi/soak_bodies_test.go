//go:build soak && linux

package fastcgi_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// resident returns how much memory this process has.
func resident(t testing.TB) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	pages, err := strconv.ParseInt(string(bytes.Fields(text)[1]), 10, 64)
	require.NoError(t, err)
	return pages * int64(os.Getpagesize())
}

// TestSoakLargeBodies sends bodies of 1 GiB, whose memory must not grow with them:
// one of unknown length, which takes a temporary file, and one whose length is
// known, which does not.
func TestSoakLargeBodies(t *testing.T) {
	const size = 1 << 30
	for name, length := range map[string]int64{"unknown": -1, "known": size} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var files atomic.Int64
			cfg := anyApp(t, func(p *peer) {
				r := p.head()
				open, _ := temporary(t, dir)
				files.Store(int64(len(open)))
				total := 0
				for n := 1; n > 0; total += n { // without anything to be collected
					head, err := p.br.Peek(8)
					if err != nil {
						return
					}
					n = int(binary.BigEndian.Uint16(head[4:]))
					p.br.Discard(8 + n)
				}
				p.reply("X-A: b\r\n\r\n" + r.params["CONTENT_LENGTH"] + " " + strconv.Itoa(total))
			})
			cfg.TempDir = dir
			srv := serve(t, cfg)
			debug.FreeOSMemory()
			before, most := resident(t), int64(0)
			done := make(chan struct{})
			go func() {
				defer close(done)
				r, err := http.NewRequest("POST", srv.URL, io.LimitReader(zeros{}, size))
				if err != nil {
					t.Error(err)
					return
				}
				r.ContentLength = length
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				body, _ := io.ReadAll(resp.Body)
				if want := "1073741824 1073741824"; string(body) != want {
					t.Errorf("%q", body)
				}
			}()
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for waiting := true; waiting; {
				select {
				case <-done:
					waiting = false
				case <-tick.C:
					most = max(most, resident(t))
				}
			}
			t.Logf("%d MiB more", (most-before)>>20)
			require.LessOrEqual(t, most-before, int64(16<<20))
			require.EqualValues(t, map[bool]int{true: 1, false: 0}[length < 0], files.Load())
			open, named := temporary(t, dir)
			require.Empty(t, open)
			require.Empty(t, named)
		})
	}
}
