package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
)

var gitProgram = pair.Program{Name: "git", Version: "--version"}

// gitRows are about how long it takes: what is done is done by other processes, and
// by the disk. The repository is on this machine and has 1,500 files.
func gitRows() []pair.Row {
	needs := []pair.Program{gitProgram}
	return []pair.Row{
		{
			Name: "git/a look at a remote that has nothing new", Peer: "git fetch --depth=1", Needs: needs,
			Bounds: []pair.Bound{pair.MaxTime(30 * time.Millisecond), pair.MaxRatio(0.8)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				o := newOrigin(t, few)
				repo := o.deployed(t, git.RepoConfig{})
				store := filepath.Join(t.TempDir(), "store.git")
				o.git("init", "--quiet", "--bare", store)
				fetch := func() {
					o.git("--git-dir="+store, "fetch", "--quiet", "--depth=1", "--", o.url, "+HEAD:refs/heads/next")
				}
				fetch()
				return pair.Op{Meter: pair.Wall(), Do: func() { synced(t, repo) }}, pair.Op{Meter: pair.Wall(), Do: fetch}
			},
		},
		{
			Name: "git/a rollback of 1,500 files", Needs: needs, Bounds: []pair.Bound{pair.MaxTime(50 * time.Millisecond)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				o := newOrigin(t, 1500)
				repo := o.deployed(t, git.RepoConfig{})
				hashes := []string{o.git("rev-parse", "HEAD"), o.push("second")}
				synced(t, repo)
				n := 0
				return pair.Op{Meter: pair.Wall(), Do: func() {
					if err := repo.Rollback(t.Context(), hashes[n%2]); err != nil {
						t.Fatal(err)
					}
					n++
				}}, pair.Op{}
			},
		},
		{
			Name: "git/a webhook's answer", Needs: needs, Bounds: []pair.Bound{pair.MaxTime(50 * time.Millisecond)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				repo := newOrigin(t, few).deployed(t, git.RepoConfig{})
				h := git.NewHandler(middleware.Status(404), git.Config{Service: git.NewService(repo, git.ServiceConfig{}),
					Hooks: []git.Hook{{Path: "/", Provider: git.GitLab, Secret: []byte("secret")}}})
				n := 0
				return pair.Op{Meter: pair.Wall(), Do: func() {
					r := httptest.NewRequest("POST", "/", strings.NewReader(fmt.Sprintf(`{"ref":"refs/heads/main","n":%d}`, n)))
					r.Header.Set("X-Gitlab-Event", "Push Hook")
					r.Header.Set("X-Gitlab-Token", "secret")
					if status, err := h.ServeHTTP(httptest.NewRecorder(), r); status != http.StatusAccepted {
						t.Fatal(status, err)
					}
					n++
				}}, pair.Op{}
			},
		},
		{
			Name: "git/the end of a service whose git hangs", Needs: needs, Bounds: []pair.Bound{pair.MaxTime(time.Second)},
			Setup: func(t pair.TB) (ours, peer pair.Op) { return closeHanging(t), pair.Op{} },
		},
		{
			Name: "git/a request's root", Peer: "none", Needs: needs, Bounds: []pair.Bound{pair.MaxExtra(time.Microsecond), pair.MaxExtraAllocs(3)},
			Setup: func(t pair.TB) (ours, peer pair.Op) {
				repo := newOrigin(t, few).deployed(t, git.RepoConfig{})
				page := middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
					_, err := w.Write([]byte("hello"))
					return 0, err
				})
				h := git.NewHandler(page, git.Config{Service: git.NewService(repo, git.ServiceConfig{})})
				return serve(t, middleware.AppHandler(h.ServeHTTP), get("/some/where"), 5),
					serve(t, middleware.AppHandler(page.ServeHTTP), get("/some/where"), 5)
			},
		},
	}
}

// closeHanging is the operation of closing a service whose git does not end when it
// is asked to, nor do its children. What it takes to start them is included.
func closeHanging(t pair.TB) pair.Op {
	o := newOrigin(t, few)
	dir := t.TempDir()
	fake, started := filepath.Join(dir, "git"), filepath.Join(dir, "started")
	text := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *--version) exec git --version;; esac\ntrap '' TERM\nsleep 1000 & echo > %s; wait; wait; sleep 1000\n", started)
	if err := os.WriteFile(fake, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfifo", started).CombinedOutput(); err != nil {
		t.Fatalf("mkfifo: %v: %s", err, out)
	}
	return pair.Op{Meter: pair.Wall(), Do: func() {
		service := git.NewService(o.open(t, git.RepoConfig{Git: fake}), git.ServiceConfig{})
		done := make(chan error, 1)
		go func() { done <- service.Start(t.Context()) }()
		if _, err := os.ReadFile(started); err != nil { // which waits for who writes
			t.Fatal(err)
		}
		if err := service.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; !errors.Is(err, git.ErrClosed) {
			t.Fatal(err)
		}
	}}
}

// An origin is a repository to deploy, and a clone to push from.
type origin struct {
	t         pair.TB
	url, work string
}

// few is how many files there are where it does not matter.
const few = 10

func newOrigin(t pair.TB, files int) *origin {
	dir := t.TempDir()
	o := &origin{t: t, url: filepath.Join(dir, "site.git"), work: dir}
	o.git("init", "--quiet", "--bare", "--initial-branch=main", o.url)
	o.git("init", "--quiet", "--initial-branch=main", "work")
	o.work = filepath.Join(dir, "work")
	for i := range files {
		folder := filepath.Join(o.work, fmt.Sprint("d", i%20))
		if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, fmt.Sprint(i, ".txt")), []byte(strings.Repeat(fmt.Sprint(i), 500)), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	o.push("first")
	return o
}

// push pushes a page and returns the hash of the commit.
func (o *origin) push(page string) string {
	if err := os.WriteFile(filepath.Join(o.work, "index.html"), []byte(page), 0o644); err != nil {
		o.t.Fatal(err)
	}
	o.git("add", "--all")
	o.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=x")
	o.git("push", "--quiet", o.url, "HEAD:main")
	return o.git("rev-parse", "HEAD")
}

func (o *origin) git(args ...string) string {
	cmd := exec.CommandContext(o.t.Context(), gitProgram.Name, args...)
	cmd.Dir = o.work
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Fatal(args, ": ", err, ": ", string(out))
	}
	return strings.TrimSpace(string(out))
}

func (o *origin) open(t pair.TB, c git.RepoConfig) *git.Repo {
	c.URL, c.State, c.Log = o.url, filepath.Join(t.TempDir(), "state"), slog.New(slog.DiscardHandler)
	repo, err := git.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

func (o *origin) deployed(t pair.TB, c git.RepoConfig) *git.Repo {
	repo := o.open(t, c)
	synced(t, repo)
	return repo
}

func synced(t pair.TB, repo *git.Repo) {
	if _, err := repo.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}
