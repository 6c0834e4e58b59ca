package errorpages_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func returning(status int, err error) middleware.Handler {
	return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return status, err })
}

// site returns the root of a new folder with files of these names and texts.
func site(t testing.TB, files map[string]string) *middleware.Root {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		write(t, path, files[name])
	}
	root, err := middleware.PinnedRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.FS.Close() })
	return root
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// logged is what a logger wrote, without the time.
type logged struct{ bytes.Buffer }

func (l *logged) lines() int { return strings.Count(l.String(), "\n") }

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// stubborn panics while it is being printed.
type stubborn struct{}

func (stubborn) String() string { panic("again") }

// broken is the writer of a client that has gone.
type broken struct{ http.ResponseWriter }

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// wrapper is a writer of somebody else's.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// holder is a writer that keeps what it is given.
type holder struct {
	*httptest.ResponseRecorder
	under http.ResponseWriter
}

func (w holder) Unwrap() http.ResponseWriter { return w.under }

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
