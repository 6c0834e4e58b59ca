package gzip_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

const sendfileEnv = "GZIP_TEST_SENDFILE"

// sendfileSize is that of a picture.
const sendfileSize = 1 << 20

// TestSendfile watches the kernel being asked to send a picture that is served
// from behind this layer, in a process of its own.
func TestSendfile(t *testing.T) {
	if os.Getenv(sendfileEnv) != "" {
		servePicture(t)
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
	calls := filepath.Join(t.TempDir(), "calls")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-e", "trace=sendfile,splice", "-o", calls,
		os.Args[0], "-test.run=^TestSendfile$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), sendfileEnv+"=1")
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
	require.LessOrEqual(t, sendfileSize-512, sent, "%s", text)
}

func servePicture(t *testing.T) {
	dir := t.TempDir()
	content := []byte(noise(sendfileSize))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "picture.png"), content, 0o600))
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	defer root.FS.Close()
	files := static.New(static.Config{Root: root})
	srv := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), records, gzip.New(gzip.Config{}), records, files))
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/picture.png", nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", browser)
	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, content, got)
	require.Empty(t, resp.Header.Get("Vary"), "it is a picture for everybody")
}
