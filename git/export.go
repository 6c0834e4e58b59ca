package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// export puts the files of a commit into a folder that is empty.
func (r *Repo) export(ctx context.Context, hash, dir string) error {
	index := filepath.Join(r.store(), "index")
	for _, name := range []string{index, index + ".lock"} {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	var (
		env    []string
		secret string
		err    error
	)
	if r.cfg.LFS || r.cfg.Submodules { // which are fetched only now
		if env, secret, err = r.credentials(ctx); err != nil {
			return err
		}
	}
	args := []string{"-c", "remote.origin.url=" + r.remote.text, "--git-dir=" + r.store(), "--work-tree=" + dir}
	if r.cfg.LFS {
		args = append([]string{"-c", "filter.lfs.required=true", "-c", "filter.lfs.process=git-lfs filter-process",
			"-c", "filter.lfs.smudge=git-lfs smudge -- %f", "-c", "filter.lfs.clean=git-lfs clean -- %f"}, args...)
	}
	_, err = r.git(ctx, "exporting", env, secret, append(args, "read-tree", "-m", "-u", hash+":"+r.cfg.Subdir)...)
	if err != nil && r.cfg.Subdir != "" && strings.Contains(err.Error(), "valid object name") {
		return fmt.Errorf("exporting: the commit %s has no folder %q", hash, r.cfg.Subdir)
	}
	if err != nil || !r.cfg.Submodules {
		return err
	}
	return r.exportSubmodules(ctx, args, env, secret, dir)
}

// exportSubmodules adds what the commit says of submodules, and removes the files
// that say where git keeps them.
func (r *Repo) exportSubmodules(ctx context.Context, args, env []string, secret, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, ".gitmodules")); err != nil {
		return nil // there are none
	}
	// This part of git looks for its work in the working directory.
	args = append([]string{"-C", dir}, args...)
	submodule := func(more ...string) error {
		_, err := r.git(ctx, "exporting submodules", env, secret, slices.Concat(args, []string{"submodule", "--quiet"}, more)...)
		return err
	}
	update := []string{"update", "--init", "--recursive", "--force", "--checkout", "--depth=1"}
	if err := submodule(update...); err != nil {
		modules := filepath.Join(r.store(), "modules")
		if _, missing := os.Stat(modules); missing != nil || ctx.Err() != nil {
			return err
		}
		// The store remembers where submodules were, and may be of no use now.
		r.log.Debug("git: fetching submodules anew", "error", err)
		if err := errors.Join(submodule("deinit", "--force", "--all"), os.RemoveAll(modules)); err != nil {
			return err
		}
		if err := submodule(update...); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != ".git" {
			return err
		}
		if err := os.RemoveAll(name); err != nil {
			return err
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
}
