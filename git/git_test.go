package git_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestTransparent(t *testing.T) {
	t.Run("without a service", func(t *testing.T) { middlewaretest.Transparent(t, git.New(git.Config{})) })
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{})
	synced(t, repo)
	service := git.NewService(repo, git.ServiceConfig{})
	t.Run("with a release", func(t *testing.T) { middlewaretest.Transparent(t, git.New(git.Config{Service: service})) })
}

// TestHandler checks which requests get which root.
func TestHandler(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{})
	service := git.NewService(repo, git.ServiceConfig{})
	var seen *middleware.Root
	next := middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		seen = middleware.RootOf(r, nil)
		return http.StatusNoContent, nil
	})
	ask := func(c git.Config, path string) (status int, w *httptest.ResponseRecorder) {
		seen = nil
		w = httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		status, err := git.NewHandler(next, c).ServeHTTP(w, r)
		require.NoError(t, err)
		return status, w
	}

	status, w := ask(git.Config{Service: service}, "/")
	require.Equal(t, 503, status, "there is no release yet")
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	status, _ = ask(git.Config{Service: service, Path: "/docs"}, "/doc")
	require.Equal(t, 204, status, "it is not for this path")

	release := synced(t, repo)
	real, err := filepath.EvalSymlinks(release.Dir)
	require.NoError(t, err)
	for _, tt := range []struct {
		name, path string
		cfg        git.Config
		want       string // the root, if it is the release's
	}{
		{"all paths", "/a/b", git.Config{Service: service}, real},
		{"a path within", "/docs/a", git.Config{Service: service, Path: "/docs"}, real},
		{"a path beside", "/docs2", git.Config{Service: service, Path: "/docs"}, ""},
		{"unpinned", "/", git.Config{Service: service, Unpinned: true}, ""},
		{"no service", "/", git.Config{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, _ := ask(tt.cfg, tt.path)
			require.Equal(t, 204, status)
			require.Equal(t, tt.want, seen.Dir)
		})
	}
	for _, path := range []string{"/.git", "/.git/", "/.git/config", "/a/.GIT/HEAD", "/.git./config", "/.git::$INDEX_ALLOCATION/config", "/GIT~1/config", `/a\.git\config`} {
		for _, c := range []git.Config{{}, {Service: service}, {Service: service, Unpinned: true}} {
			status, _ := ask(c, path)
			require.Equal(t, 404, status, path)
			require.Nil(t, seen, path)
		}
	}
	for _, path := range []string{"/.gitignore", "/a.git", "/git", "/.github/x", "/a~b"} {
		status, _ := ask(git.Config{}, path)
		require.Equal(t, 204, status, path)
	}
}

// TestPinned has a request go on while another release takes the place of its own.
func TestPinned(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	repo := o.open(t, git.RepoConfig{Keep: 1})
	synced(t, repo)
	service := git.NewService(repo, git.ServiceConfig{})
	h := git.NewHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		root := middleware.RootOf(r, nil)
		require.Equal(t, "first", readRoot(root, "index.html"))
		for range 4 {
			o.push(map[string]string{"index.html": "other", "new.html": "x"})
			synced(t, repo)
		}
		require.Same(t, root, middleware.RootOf(r, nil))
		require.Equal(t, "first", readRoot(root, "index.html"))
		require.Equal(t, "missing", readRoot(root, "new.html"))
		require.DirExists(t, root.Dir)
		return 204, nil
	}), git.Config{Service: service})
	r := httptest.NewRequest("GET", "/", nil)
	status, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
	require.Equal(t, 204, status)
	require.Equal(t, "other", served(t, repo, "index.html"))
}

// BenchmarkHandler is what it costs a request to get its root.
func BenchmarkHandler(b *testing.B) {
	o := newOrigin(b, b.TempDir())
	repo := o.open(b, git.RepoConfig{})
	synced(b, repo)
	h := git.NewHandler(middleware.Status(204), git.Config{Service: git.NewService(repo, git.ServiceConfig{})})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/some/where.html", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
