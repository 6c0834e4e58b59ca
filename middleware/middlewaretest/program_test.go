package middlewaretest_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// An ending is a test that keeps how it was ended.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Fatal(why ...any) { e.how = "failed: " + fmt.Sprint(why...); panic(e) }
func (e *ending) Skip(why ...any)  { e.how = "skipped: " + fmt.Sprint(why...); panic(e) }

func TestProgram(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: ", "true": "failed: "} {
		t.Setenv("CI", ci)
		e := &ending{TB: t}
		require.Panics(t, func() { middlewaretest.Program(e, "no-such-program") })
		require.Equal(t, want+`exec: "no-such-program": `+exec.ErrNotFound.Error(), e.how)
	}
	require.Equal(t, "go", filepath.Base(middlewaretest.Program(t, "go"))[:2])
}
