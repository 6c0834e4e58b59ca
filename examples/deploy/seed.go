package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// site is what the repository has at first: a page, and what makes a site of it.
//
//go:embed seed
var site embed.FS

// seed makes a repository that can be pushed to over http, if there is none, and
// returns the program that serves it.
func seed(ctx context.Context, bare string) (backend string, err error) {
	run := func(dir string, args ...string) string {
		if err != nil {
			return ""
		}
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		var out []byte
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("git %s: %w\n%s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	backend = filepath.Join(run("", "--exec-path"), "git-http-backend")
	if _, missing := os.Stat(bare); missing == nil || err != nil {
		return backend, err
	}
	work, err := os.MkdirTemp("", "seed")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	for _, name := range []string{"page.txt", "build.sh"} {
		text, err := site.ReadFile("seed/" + name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(work, name), text, 0o644); err != nil {
			return "", err
		}
	}
	run("", "init", "--quiet", "--bare", "--initial-branch=main", bare)
	run(bare, "config", "http.receivepack", "true") // from whoever can reach it
	run(work, "init", "--quiet", "--initial-branch=main")
	run(work, "add", ".")
	run(work, "-c", "user.name=Deploy", "-c", "user.email=deploy@localhost", "commit", "--quiet", "--message=A site")
	run(work, "push", "--quiet", bare, "main")
	return backend, err
}
