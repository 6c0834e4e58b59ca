package git_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestNothingIsMixed deploys a site again and again while it is read: every file is
// one of a release, all that one request reads is of the same one, and nothing is
// missing.
func TestNothingIsMixed(t *testing.T) { nothingIsMixed(t, 3, 100, "") }

// TestNothingIsMixedInPHP has pages that include others, a moment later.
func TestNothingIsMixedInPHP(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{Children: 8})
	nothingIsMixed(t, 3, 100, "fastcgi / unix:"+fpm.Target.Addr+" php")
}

// nothingIsMixed deploys updates of a site of so many files.
func nothingIsMixed(t *testing.T, updates, files int, fastcgi string) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	push := func(n int) {
		site := map[string]string{"page.php": `<?php $v = []; foreach (range(0, 9) as $i) { usleep(300); $v[] = include "inc/" . rand(0, 19) . ".php"; } echo implode(" ", $v);`}
		for i := range files {
			site[fmt.Sprintf("d%d/%d.txt", i%20, i)] = strings.Repeat(fmt.Sprintf("release %d, ", n), 1+i%50)
		}
		for i := range 20 {
			site[fmt.Sprintf("inc/%d.php", i)] = fmt.Sprintf("<?php return 'release %d,';", n)
		}
		o.push(site)
	}
	push(0)
	t.Chdir(mkdir(t, dir, "site"))
	require.NoError(t, os.WriteFile("Caddyfile", []byte("127.0.0.1:0 {\n git "+o.bare+" {\n interval off\n keep 1\n hook /push "+token+"\n hook_type gitlab\n }\n bundle\n "+fastcgi+"\n log stdout {\n except /\n }\n}"), 0o600))
	vocabulary, err := standard.Vocabulary().Before("static", directive.Directive{Name: "bundle", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		return bundle(files), c.Err()
	}})
	require.NoError(t, err)
	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: vocabulary, AllowExec: true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, server.Listen(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	url := "http://" + server.Listeners()[0].Addr.String()

	var (
		published, reads atomic.Int64
		stop             = make(chan struct{})
		readers          sync.WaitGroup
	)
	paths := []string{"/bundle", "file"}
	if fastcgi != "" {
		paths = []string{"/page.php"}
	}
	for i := range 4 {
		readers.Go(func() {
			for n := i; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				path := paths[n%len(paths)]
				if path == "file" {
					k := rand.IntN(files)
					path = fmt.Sprintf("/d%d/%d.txt", k%20, k)
				}
				first := published.Load()
				status, body, err := try(url + path)
				if last := published.Load() + 1; err != nil || status != 200 || !isOfOne(body, first, last) {
					t.Errorf("%s: %d, %v: %.300q, which is not of one release from %d to %d", path, status, err, body, first, last)
					return
				}
				reads.Add(1)
			}
		})
	}
	for n := 1; n <= updates; n++ {
		push(n)
		before := reads.Load()
		r, err := http.NewRequestWithContext(t.Context(), "POST", url+"/push", strings.NewReader(fmt.Sprintf(`{"ref":"refs/heads/main","after":%d}`, n)))
		require.NoError(t, err)
		r.Header.Set("X-Gitlab-Event", "Push Hook")
		r.Header.Set("X-Gitlab-Token", token)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 202, resp.StatusCode)
		want := fmt.Sprintf("release %d, ", n)
		for body := ""; body != want && !t.Failed(); _, body, err = try(url + "/d0/0.txt") {
			require.NoError(t, err)
		}
		published.Store(int64(n))
		for reads.Load() < before+20 && !t.Failed() {
			_, _, err = try(url + "/d0/0.txt")
			require.NoError(t, err)
		}
	}
	close(stop)
	readers.Wait()
	t.Logf("%d reads during %d updates of %d files", reads.Load(), updates, files)
	http.DefaultClient.CloseIdleConnections()
	cancel()
	require.NoError(t, <-served)
	entries, err := os.ReadDir(filepath.Join(dir, ".site.releases", "releases"))
	require.NoError(t, err)
	require.LessOrEqual(t, len(entries), 6, "what nobody reads any more is removed")
}

// bundle answers /bundle with what 20 files say, one after the other.
func bundle(files int) middleware.Middleware {
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			if r.URL.Path != "/bundle" {
				return next.ServeHTTP(w, r)
			}
			for range 20 {
				k := rand.IntN(files)
				text, err := middleware.RootOf(r, nil).FS.ReadFile(fmt.Sprintf("d%d/%d.txt", k%20, k))
				if err != nil {
					return 500, err
				}
				w.Write(text)
			}
			return 0, nil
		})
	}
}

// isOfOne reports whether a body is that of one release, and of which it may be.
func isOfOne(body string, first, last int64) bool {
	for n := first; n <= last; n++ {
		if body != "" && strings.Trim(strings.ReplaceAll(body, fmt.Sprintf("release %d,", n), ""), " ") == "" {
			return true
		}
	}
	return false
}

func try(url string) (status int, body string, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
