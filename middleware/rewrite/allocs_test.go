//go:build !race

package rewrite_test

import (
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/rewrite"
)

// With the race detector a sync.Pool forgets some of what it is given, and so those
// of this package and of package regexp do.

func TestUntouchedCostsNothing(t *testing.T) {
	h := rewrite.New(rewrite.Config{Rules: []rewrite.Rule{
		{From: "/a", To: []string{"/b"}}, {Pattern: regexp.MustCompile("^b+/(.*)$"), To: []string{"/b"}}, {Extensions: []string{".html"}, To: []string{"/b"}},
	}})(nothing)
	w, r := httptest.NewRecorder(), get("/path")
	require.Zero(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }))
}
