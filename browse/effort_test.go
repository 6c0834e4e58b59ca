package browse_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
)

// counting returns a Hide that counts the names that were read of a folder.
func counting(folder string, n *atomic.Int64) func(string, fs.FileInfo) bool {
	return func(name string, info fs.FileInfo) bool {
		if info == nil && path.Dir(name) == folder {
			n.Add(1)
		}
		return false
	}
}

// TestSearchReadsNoMore checks that the budget is for reading, too.
func TestSearchReadsNoMore(t *testing.T) {
	files := map[string]string{}
	for i := range 500 {
		files[fmt.Sprintf("sub/f%d", i)] = ""
	}
	c := in(t, folder(t, files))
	var read atomic.Int64
	c.Files.Hide = counting("sub", &read)
	c.Search = browse.Budget{Time: time.Minute, Entries: 10}
	l := serve(t, c).json("/?q=f")
	require.True(t, l.Truncated)
	require.Len(t, l.Items, 9, "and the folder was the tenth")
	require.Less(t, read.Load(), int64(30))
}

// TestBusy checks that nobody waits longer than a search may take.
func TestBusy(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": ""}))
	c.Search.Time, c.Archives = 3*time.Second, []browse.Archive{browse.Tar()}
	synctest.Test(t, func(t *testing.T) {
		h := browse.NewHandler(middleware.Status(404), c)
		h.Occupy()
		for target, wait := range map[string]time.Duration{"/?q=a": 3 * time.Second, "/?archive=tar": 0} {
			w, began := httptest.NewRecorder(), time.Now()
			status, err := h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
			require.Equal(t, 503, status)
			require.EqualError(t, err, "browse: there are many searches and archives under way")
			require.Equal(t, "5", w.Header().Get("Retry-After"))
			require.Equal(t, wait, time.Since(began))
		}
	})
}

// TestPanicStaysInRequest checks that one of a file system, or of a function in the
// Config, does not end the program: entries are looked at by several goroutines.
func TestPanicStaysInRequest(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a.txt": ""}))
	c.Files.Hide = func(name string, info fs.FileInfo) bool {
		if info != nil && name == "a.txt" {
			panic("reason")
		}
		return false
	}
	h := browse.NewHandler(middleware.Status(404), c)
	defer func() {
		err, _ := recover().(error)
		require.ErrorContains(t, err, "reason\n\ngoroutine ")
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?sort=size", nil))
	t.Fatal("it was lost")
}

// TestReadingsAreShared checks that those who read a folder at a time are told of
// each other, and forgotten after.
func TestReadingsAreShared(t *testing.T) {
	c := browse.NewCache(1000)
	first, second := c.Enter("a"), c.Enter("a")
	require.Same(t, first, second)
	require.NotSame(t, first, c.Enter("b"))
	c.Leave("a", first)
	require.Same(t, first, c.Enter("a"))
	c.Leave("a", first)
	c.Leave("a", first)
	require.NotSame(t, first, c.Enter("a"))
}

// TestPortable checks that no two names become one.
func TestPortable(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{`a\b`, "a:b", "a_b", "a%5Cb", "a%3Ab", "a%255Cb", "a%25b", "a%2525b", "100%", "a%b"} {
		got := browse.Portable(name)
		require.False(t, strings.ContainsAny(got, `\:`), name)
		require.Empty(t, seen[got], "as %q", name)
		seen[got] = name
	}
	require.Equal(t, "a%5Cb%3A", browse.Portable(`a\b:`))
	require.Equal(t, "100% ok_", browse.Portable("100% ok_"))
}

// ending is a coding that fails at the second piece, and has an end.
type ending struct {
	w      io.Writer
	n      int
	closed *bool
}

func (e *ending) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if e.n++; e.n > 1 {
		return 0, io.ErrClosedPipe
	}
	return e.w.Write(p)
}

func (e *ending) Close() error {
	*e.closed = true
	_, err := io.WriteString(e.w, "END")
	return err
}

// TestArchiveIsCut checks that one that failed gets no end, and that its coding is
// told all the same.
func TestArchiveIsCut(t *testing.T) {
	c := in(t, folder(t, map[string]string{"a": "x", "b": "x"}))
	closed := false
	c.Archives = []browse.Archive{browse.TarWith("end", "application/x-end", func(w io.Writer) io.WriteCloser { return &ending{w: w, closed: &closed} })}
	w := httptest.NewRecorder()
	status, err := browse.NewHandler(middleware.Status(404), c).ServeHTTP(w, httptest.NewRequest("GET", "/?archive=tar.end", nil))
	require.Equal(t, 500, status)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.True(t, closed)
	require.NotEmpty(t, w.Body.String())
	require.NotContains(t, w.Body.String(), "END")
}
