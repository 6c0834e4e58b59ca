package live_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/probe"
	"github.com/shallot-http/shallot/middleware/probe/script"
)

// TestScripts checks that each script is that of command usdt, for this process.
func TestScripts(t *testing.T) {
	pages := live.Pages(live.PagesConfig{Recorder: open(t)})
	if !probe.Supported {
		require.Equal(t, 404, ask(pages, "GET", "/debug/probes/latency.bt").StatusCode)
		return
	}
	page := body(t, ask(pages, "GET", "/debug/probes?format=html"))
	for _, name := range script.Names() {
		want, ok := script.Text(name)
		require.True(t, ok)
		resp := ask(pages, "GET", "/debug/probes/"+name+".bt")
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
		require.Equal(t, fmt.Sprintf("#!/usr/bin/env -S bpftrace -p %d\n%s", os.Getpid(), want), body(t, resp))
		require.Contains(t, page, `href="probes/`+name+`.bt"`)
	}
	for _, path := range []string{"probes/none.bt", "probes/latency", "probes/", "probes/../latency.bt", "probes/x/latency.bt"} {
		require.Equal(t, 404, ask(pages, "GET", "/debug/"+path).StatusCode, path)
	}
}
