package pair_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// TestTree checks that the time of all generations counts, of those that ended
// too, and that it does not become less.
func TestTree(t *testing.T) {
	const busy = `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; `
	read := func(m pair.Meter) int64 {
		t.Helper()
		spent, err := m.Read()
		require.NoError(t, err)
		return spent
	}
	for name, script := range map[string]string{
		"the process":             `read go; ` + busy + `echo done; read go`,
		"a child":                 `read go; (` + busy + `echo done; read end) <&0; :`,
		"a child of a child":      `read go; ((` + busy + `echo done; read end) <&0; :) <&0; :`,
		"a child that has ended":  `read go; (` + busy + `); echo done; read end`,
		"children of one another": `read go; (` + busy + `(` + busy + `); echo done; read end) <&0; :`,
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", script)
			in, err := cmd.StdinPipe()
			require.NoError(t, err)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			meter := pair.Tree(cmd.Process.Pid)
			before := read(meter)
			_, err = in.Write([]byte("go\n"))
			require.NoError(t, err)
			_, err = bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			after := read(meter)
			require.Greater(t, after, 3*before, "of which each loop is the greater part")
			require.GreaterOrEqual(t, read(meter), after)
			require.NoError(t, in.Close())
			_ = cmd.Wait()
			_, err = meter.Read()
			require.ErrorContains(t, err, "CPU time of process")
		})
	}
}

// TestTreeOfSelf checks that the meters of this process and of others agree.
func TestTreeOfSelf(t *testing.T) {
	cpu, tree := pair.CPU(), pair.Tree(os.Getpid())
	for range 3 {
		var seen [3]int64
		for i, m := range []pair.Meter{cpu, tree, cpu} {
			var err error
			seen[i], err = m.Read()
			require.NoError(t, err)
		}
		const tick = 10_000_000 // the unit of what ended children took, which CPU does not count
		require.GreaterOrEqual(t, seen[1]+tick, seen[0])
	}
}
