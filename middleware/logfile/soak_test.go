//go:build soak

package logfile_test

import (
	"testing"
	"time"

	"github.com/shallot-http/shallot/middleware/logfile"
)

// TestSoakNoRecordIsLost is TestNoRecordIsLost over and over: what is lost only if a
// file is put aside at the very moment that it is opened anew is lost in one run of
// fifty.
func TestSoakNoRecordIsLost(t *testing.T) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		loseNoRecord(t, logfile.Rotation{MaxSizeMB: 1, Keep: -1, MaxAgeDays: -1, Compress: true})
	}
}
