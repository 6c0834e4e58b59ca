//go:build unix

package fastcgi_test

import (
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestClientOnPHPReload has FPM read its configuration anew while it is asked. By default
// it kills all processes, whatever they are doing.
func TestClientOnPHPReload(t *testing.T) {
	for name, timeout := range map[string]string{
		"killing all":        "process_control_timeout = 0",
		"letting all finish": "process_control_timeout = 10",
	} {
		for _, network := range []string{"unix", "tcp"} {
			t.Run(name+" by "+network, func(t *testing.T) {
				p := startPHP(t, fastcgitest.Config{Network: network, Children: 8, Global: []string{timeout}}, "hello.php", `echo "hello";`)
				stop := make(chan struct{})
				var answered atomic.Int64
				go func() {
					defer close(stop)
					for n := range 3 {
						before := answered.Load()
						middlewaretest.Eventually(t, func() bool { return answered.Load() > before+100 })
						if err := p.Signal(syscall.SIGUSR2); err != nil {
							t.Error(err)
						}
						middlewaretest.Eventually(t, func() bool {
							text, err := os.ReadFile(p.Log)
							return err == nil && strings.Count(string(text), "ready to handle connections") == n+2
						})
					}
				}()
				p.load(t, 16, stop, &answered)
			})
		}
	}
}
