package middleware_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

const sendfileEnv = "MIDDLEWARE_TEST_SENDFILE"

// TestSendfile watches the kernel being asked to send a file that is served from
// behind several layers, in a process of its own.
func TestSendfile(t *testing.T) {
	if way := os.Getenv(sendfileEnv); way != "" {
		serveFile(t, sending[way], func(l net.Listener) net.Listener { return l })
		return
	}
	unable := t.Skip
	if os.Getenv("CI") == "true" {
		unable = t.Fatal
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		unable("without strace there is no telling: ", err)
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		unable("strace may not trace here: ", string(out))
	}
	for way := range sending {
		t.Run(way, func(t *testing.T) {
			calls := filepath.Join(t.TempDir(), "calls")
			cmd := exec.CommandContext(t.Context(), strace, "-f", "-e", "trace=sendfile,splice", "-o", calls,
				os.Args[0], "-test.run=^TestSendfile$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), sendfileEnv+"="+way)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)

			text, err := os.ReadFile(calls)
			require.NoError(t, err)
			var sent int
			for _, call := range regexp.MustCompile(`(?m)\bsendfile.* = (\d+)$`).FindAllSubmatch(text, -1) {
				n, err := strconv.Atoi(string(call[1]))
				require.NoError(t, err)
				sent += n
			}
			// net/http may write the start itself, from which it tells the type.
			require.LessOrEqual(t, fileSize-512, sent, "%s", text)
		})
	}
}
