package gzip_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
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
	// net/http may write the start itself, from which it tells the type.
	require.LessOrEqual(t, sendfileSize-512, middlewaretest.Traced(t, "sendfile", sendfileEnv+"=1"))
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
