package accesslog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/logfile"
)

// TestNoLineIsLost has many requests logged to a file that is put aside all the
// time: by itself, once it has a megabyte, or by another, as logrotate does.
func TestNoLineIsLost(t *testing.T) {
	const clients, requests = 8, 2000
	for name, byOther := range map[string]bool{"rotated": false, "renamed and reopened": true} {
		t.Run(name, func(t *testing.T) {
			if byOther && runtime.GOOS == "windows" {
				t.Skip("a file that is open cannot be renamed here")
			}
			dir := t.TempDir()
			file := logfile.New(logfile.Config{
				Name:     filepath.Join(dir, "access.log"),
				Rotation: logfile.Rotation{MaxSizeMB: 1, MaxAgeDays: -1, Keep: -1, NoRotation: byOther},
			})
			require.NoError(t, file.Start(t.Context()))
			mw := accesslog.New(accesslog.Config{Output: file, Format: accesslog.Compile(`{combined} {remote}`)})
			agent := strings.Repeat("agent ", 100)
			end := `HTTP/1.1" 200 5 "-" "` + agent + "\" 192.0.2.1\n"

			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() {
					h := mw(hello)
					for j := range requests {
						r := httptest.NewRequest("GET", fmt.Sprintf("/%d/%d", i, j), nil)
						r.Header.Set("User-Agent", agent)
						h.ServeHTTP(middleware.Record(httptest.NewRecorder()), r)
						if byOther && j%100 == 0 {
							if err := os.Rename(file.Name(), fmt.Sprintf("%s.%d.%d", file.Name(), i, j)); err != nil && !os.IsNotExist(err) {
								t.Error(err) // or somebody else was faster
							}
							if err := file.Reopen(); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			wg.Wait()
			require.NoError(t, file.Close())

			seen := map[string]bool{}
			files, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Greater(t, len(files), 10)
			for _, f := range files {
				content, err := os.ReadFile(filepath.Join(dir, f.Name()))
				require.NoError(t, err)
				for line := range strings.Lines(string(content)) {
					_, rest, begins := strings.Cut(line, `] "GET `)
					uri, rest, ok := strings.Cut(rest, " ")
					if !begins || !ok || !strings.HasPrefix(line, "192.0.2.1 - - [") || rest != end {
						t.Fatalf("a torn line: %.80q", line)
					}
					if seen[uri] {
						t.Fatalf("twice: %s", uri)
					}
					seen[uri] = true
				}
			}
			require.Len(t, seen, clients*requests)
			require.Zero(t, file.Lost())
		})
	}
}

// BenchmarkFile is what a request pays for its line, disk included: as many at a
// time as there are processors, with a new file for each megabyte.
func BenchmarkFile(b *testing.B) {
	file := logfile.New(logfile.Config{
		Name:     filepath.Join(b.TempDir(), "access.log"),
		Rotation: logfile.Rotation{MaxSizeMB: 1, Keep: 3},
	})
	require.NoError(b, file.Start(b.Context()))
	defer file.Close()
	h := accesslog.New(accesslog.Config{Output: file, Format: accesslog.Compile("{combined}")})(hello)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := httptest.NewRequest("GET", "/some/path?and=query", nil)
		r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		for pb.Next() {
			h.ServeHTTP(middleware.Record(discard{}), r)
		}
	})
	require.Zero(b, file.Lost())
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
