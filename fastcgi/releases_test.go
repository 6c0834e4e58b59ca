package fastcgi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestReleases deploys one release after the other while requests go on, of which
// each must be answered by all the files of one release: the one it came in. PHP
// keeps what it has compiled by the name of the file, which is why no name may be
// that of a link. zendtech/ZendOptimizerPlus#126.
func TestReleases(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Pool: []string{
		"php_admin_value[opcache.enable] = 1", "php_admin_value[opcache.validate_timestamps] = 0",
	}})
	const releases = 20
	dir := t.TempDir()
	current := filepath.Join(dir, "current")
	for i := range releases {
		release := filepath.Join(dir, "releases", strconv.Itoa(i))
		require.NoError(t, os.MkdirAll(release, 0o755))
		for name, text := range map[string]string{
			"lib.php":   fmt.Sprintf(`<?php function release() { return "%d"; }`, i),
			"index.php": fmt.Sprintf(`<?php require $_SERVER["DOCUMENT_ROOT"] . "/lib.php"; usleep(500); echo "%d ", release(), " ", basename(__DIR__);`, i),
		} {
			require.NoError(t, os.WriteFile(filepath.Join(release, name), []byte(text), 0o644))
		}
	}

	var live atomic.Pointer[middleware.Root]
	deploy := func(i int) {
		link := current + ".new"
		middlewaretest.Symlink(t, filepath.Join("releases", strconv.Itoa(i)), link)
		require.NoError(t, os.Rename(link, current))
		root, err := middleware.PinnedRoot(current)
		require.NoError(t, err)
		live.Store(root)
	}
	deploy(0)
	pin := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			root := live.Load()
			w.Header().Set("X-Release", filepath.Base(root.Dir))
			return next.ServeHTTP(w, middleware.WithRoot(r, root))
		})
	}
	cfg := fastcgi.PHP()
	cfg.Root, cfg.Upstreams = middleware.NewRoot(current), group(t, fpm.Target)
	srv := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), pin, fastcgi.New(cfg)))
	defer srv.Close()

	var wg sync.WaitGroup
	var answered, deployed atomic.Int64
	for range 8 {
		wg.Go(func() {
			for range 200 {
				resp, err := http.Get(srv.URL + "/page")
				if err != nil {
					t.Error(err)
					return
				}
				body := make([]byte, 100)
				n, _ := resp.Body.Read(body)
				resp.Body.Close()
				id := resp.Header.Get("X-Release")
				if want := id + " " + id + " " + id; string(body[:n]) != want {
					t.Errorf("status %d, %q in place of %q", resp.StatusCode, body[:n], want)
				}
				if n := answered.Add(1); n%80 == 0 && n/80 < releases {
					deploy(int(n / 80))
					deployed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, releases-1, deployed.Load())
}
