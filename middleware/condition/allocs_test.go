//go:build !race

package condition_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// With the race detector a sync.Pool forgets some of what it is given, and so those
// of this package and of package regexp do.

func TestHoldsCostsNothing(t *testing.T) {
	for _, op := range []string{"is", "match"} {
		c, err := condition.Parse("{path}", op, "/other")
		require.NoError(t, err)
		v := placeholder.Values{Request: httptest.NewRequest("GET", "/path", nil)}
		require.Zero(t, testing.AllocsPerRun(100, func() { c.Holds(&v) }))
	}
}
