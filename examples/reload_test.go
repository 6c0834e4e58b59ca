package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServerReloads has the Caddyfile replaced: by one that is wrong, and by one that
// is not.
func TestServerReloads(t *testing.T) {
	for name, args := range map[string][]string{"by a signal": nil, "by watching": {"-watch"}} {
		t.Run(name, func(t *testing.T) {
			if len(args) == 0 && runtime.GOOS == "windows" {
				t.Skip("there are no such signals on Windows")
			}
			dir := t.TempDir()
			write(t, dir, map[string]string{
				"Caddyfile": "127.0.0.1:0 {\n\troot one\n}\n", "one/a.txt": "first", "two/a.txt": "the second",
			})
			p := start(t, dir, "server", args...)
			base := p.url(t)
			replace := func(text string) {
				temporary := filepath.Join(dir, "new")
				require.NoError(t, os.WriteFile(temporary, []byte(text), 0o600))
				require.NoError(t, os.Rename(temporary, filepath.Join(dir, "Caddyfile")))
				if len(args) == 0 {
					require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
				}
			}
			_, body, _ := get(t, base+"/a.txt")
			require.Equal(t, "first", body)

			replace("127.0.0.1:0 {\n\trooot two\n}\n")
			p.expect(t, regexp.MustCompile(`not reloaded: all is as it was`))
			_, body, _ = get(t, base+"/a.txt")
			require.Equal(t, "first", body)

			replace("127.0.0.1:0 {\n\troot two\n}\n")
			p.expect(t, regexp.MustCompile(`msg=reloaded|INFO reloaded`))
			_, body, _ = get(t, base+"/a.txt")
			require.Equal(t, "the second", body)
			p.stop(t)
		})
	}
}
