package browse_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// slow is a client that takes its time for each piece; with none, it takes none of
// them until a deadline has passed.
type slow struct {
	*httptest.ResponseRecorder
	time   time.Duration
	late   chan struct{}
	called int
}

func (s *slow) Write(p []byte) (int, error) {
	if s.time == 0 {
		<-s.late
		return 0, os.ErrDeadlineExceeded
	}
	middlewaretest.Pass(s.time)
	return s.ResponseRecorder.Write(p)
}

func (s *slow) SetWriteDeadline(t time.Time) error {
	if s.called++; !t.After(time.Now()) {
		close(s.late)
	}
	return nil
}

// TestArchiveTime checks that nobody has one of the few archives that are made at
// a time for longer than it may take.
func TestArchiveTime(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": strings.Repeat("x", 1<<20), "b": "x"}))
	c.Archives = []browse.Archive{browse.Tar()}
	c.ArchiveTime = 10 * time.Minute
	const tooLong = "browse: an archive may take no longer than 10m0s: context deadline exceeded"
	for _, tt := range []struct {
		name   string
		client time.Duration // for a piece
		disk   time.Duration // for a name
		took   time.Duration
		status int
		err    string
	}{
		{"in time", time.Second, 0, 0, 200, ""},
		{"a client that is slow", time.Minute, 0, 10 * time.Minute, 500, tooLong},
		{"a client that does not read", 0, 0, 10 * time.Minute, 500, tooLong},
		{"a disk that is slow", time.Second, 5 * time.Minute, 10 * time.Minute, 504, tooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.Files.Hide = func(string, fs.FileInfo) bool { middlewaretest.Pass(tt.disk); return false }
				w := &slow{ResponseRecorder: httptest.NewRecorder(), time: tt.client, late: make(chan struct{})}
				began := time.Now()
				status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(w, httptest.NewRequest("GET", "/?archive=tar", nil))
				require.Equal(t, tt.status, status)
				if tt.err == "" {
					require.NoError(t, err)
					require.ElementsMatch(t, []string{"files/a", "files/b"}, tarNames(t, w.Body.String()))
					middlewaretest.Pass(time.Hour)
					require.Zero(t, w.called, "the connection is another request's")
					return
				}
				require.EqualError(t, err, tt.err)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.GreaterOrEqual(t, time.Since(began), tt.took)
				require.LessOrEqual(t, time.Since(began), tt.took+tt.client+4*tt.disk, "what is under way is waited for")
				require.Less(t, w.Body.Len(), 1<<20)
				require.Equal(t, status == 500, w.called == 1, "an error page can still be sent if nothing was")
			})
		})
	}
}

// TestArchiveTimeOnTheWire checks that a connection whose client does not read is
// let go, through layers that have a writer of their own.
func TestArchiveTimeOnTheWire(t *testing.T) {
	dir := folder(t, map[string]string{"large.bin": ""})
	require.NoError(t, os.Truncate(filepath.Join(dir, "large.bin"), 256<<20)) // which takes no room on most disks
	c := in(t, dir)
	c.Archives, c.ArchiveTime = []browse.Archive{browse.Tar()}, time.Second
	outcome := make(chan error, 1)
	layer := browse.New(c)(middleware.Status(404))
	s := serveHandler(t, middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		status, err := layer.ServeHTTP(middleware.Record(struct{ *middleware.Recorder }{middleware.Record(w)}), r)
		outcome <- err
		return status, err
	}))
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /?archive=tar HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	require.EqualError(t, <-outcome, "browse: an archive may take no longer than 1s: context deadline exceeded")
}
