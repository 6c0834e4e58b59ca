package middlewaretest

import (
	"testing/synctest"
	"time"
)

// Pass has time go by on the clock of a synctest bubble: nobody waits for it, and
// outside of a bubble it panics.
func Pass(d time.Duration) {
	synctest.Wait()
	time.Sleep(d) // on that clock
}
