package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shallot-http/shallot/middleware/probe"
)

// Sync makes a release of the commit that the ref leads to, and publishes it. It
// does nothing if that is live already, or if something else was chosen by
// [Repo.Pin] or [Repo.Rollback]. It returns the release that is live in the end;
// on an error that is the one from before, if there was one.
func (r *Repo) Sync(ctx context.Context) (release Release, err error) {
	began := time.Now()
	defer func() {
		var failed int64
		if err != nil {
			failed = 1
		}
		probe.GitPull(time.Since(began).Nanoseconds(), failed, r.remote.text, release.Hash)
	}()
	select {
	case r.working <- struct{}{}:
		defer func() { <-r.working }()
	case <-ctx.Done():
		return r.result(context.Cause(ctx))
	}
	if err := r.prepare(ctx); err != nil {
		return r.result(err)
	}
	unlock, err := lockFile(ctx, filepath.Join(r.state, "lock"))
	if err != nil {
		return r.result(err)
	}
	defer unlock()
	r.adopt()
	return r.result(r.sync(ctx))
}

func (r *Repo) result(err error) (Release, error) {
	release, ok := r.Current()
	if !ok {
		release = Release{}
	}
	if err != nil {
		return release, fmt.Errorf("%s: %w", r.remote.text, err)
	}
	return release, nil
}

// begin is prepare for a Service, which then serves what is there from before.
func (r *Repo) begin(ctx context.Context) error {
	r.working <- struct{}{}
	defer func() { <-r.working }()
	if err := r.prepare(ctx); err != nil {
		return fmt.Errorf("%s: %w", r.remote.text, err)
	}
	r.adopt()
	return nil
}

// prepare has all that is needed before the remote is asked.
func (r *Repo) prepare(ctx context.Context) error {
	if err := r.makeState(); err != nil {
		return err
	}
	return errors.Join(r.check(ctx), r.checkSSH())
}

func (r *Repo) makeState() error {
	if err := os.MkdirAll(r.state, 0o755); err != nil {
		return fmt.Errorf("the folder for releases: %w", err)
	}
	return os.MkdirAll(filepath.Join(r.state, "home"), 0o700)
}

func (r *Repo) sync(ctx context.Context) error {
	chosen, err := r.readChoice()
	if err != nil {
		return err
	}
	if chosen.Pinned {
		return r.keep(ctx, chosen)
	}
	r.log.Debug("git: asking the remote")
	t, err := r.look(ctx)
	switch {
	case err != nil:
		return err
	case chosen.overrules(t.hash):
		return r.keep(ctx, chosen)
	case r.isLive(t.hash):
		return nil
	}
	abandoned := r.sweep()
	name, ok := r.made(t.hash)
	if !ok {
		if name, err = r.make(ctx, t, abandoned); err != nil {
			return err
		}
	}
	if err := r.publish(ctx, name); err != nil {
		return err
	}
	r.tidy(ctx)
	return nil
}

// isLive reports whether the release of a commit is served, made as it would be
// made now.
func (r *Repo) isLive(hash string) bool {
	l := r.live.Load()
	name, ok := r.made(hash)
	return ok && l != nil && l.name == name && r.current() == name
}

// keep publishes what was chosen, if that has not been done.
func (r *Repo) keep(ctx context.Context, c choice) error {
	if l := r.live.Load(); l != nil {
		if rec, err := r.readRecord(l.name); err == nil && rec.Hash == c.Hash {
			return nil
		}
	}
	return r.choose(ctx, c.Hash, func(string) choice { return c })
}

// make makes a release and returns its name.
func (r *Repo) make(ctx context.Context, t tip, abandoned map[string]int) (name string, err error) {
	r.log.Debug("git: fetching", "ref", t.ref, "commit", t.hash)
	hash, err := r.fetch(ctx, t)
	if err != nil {
		return "", err
	}
	if name, ok := r.made(hash); ok {
		return name, nil // the ref has moved once more
	}
	folder, err := r.newFolder(hash, abandoned[hash])
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			r.discard(folder)
		}
	}()
	dir := filepath.Join(r.releases(), folder)
	files := filepath.Join(dir, filepath.FromSlash(r.cfg.Under))
	if err := os.MkdirAll(files, 0o755); err != nil {
		return "", err
	}
	r.log.Debug("git: exporting", "commit", hash)
	if err := r.export(ctx, hash, files); err != nil {
		return "", err
	}
	r.log.Debug("git: exported", "commit", hash)
	if err := r.runThen(ctx, files); err != nil {
		return "", err
	}
	if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(r.cfg.Root))); err != nil || !info.IsDir() {
		return "", fmt.Errorf("the site's root is to be the folder %q, which is neither in the commit %s nor made by then", r.cfg.Root, hash)
	}
	root, err := r.openRoot(folder)
	if err != nil {
		return "", err
	}
	_ = root.Close() // it can be opened
	if live, ok := r.Current(); ok {
		if err := keepTimes(ctx, dir, live.Dir); err != nil {
			return "", err
		}
	}
	r.log.Debug("git: syncing", "commit", hash)
	if err := syncTree(ctx, dir); err != nil {
		return "", err
	}
	r.log.Debug("git: recording", "commit", hash)
	return folder, r.record(folder, hash, t.ref)
}

// publish makes a release the one that is live, unless something else was chosen
// meanwhile, and removes what has become too old.
func (r *Repo) publish(ctx context.Context, name string) error {
	unlock, err := r.lockPublishing(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	chosen, err := r.readChoice()
	if err != nil {
		return err
	}
	rec, err := r.readRecord(name)
	if err != nil || chosen.overrules(rec.Hash) {
		return err
	}
	was := r.current()
	r.log.Debug("git: publishing", "commit", rec.Hash)
	if err := r.point(name); err != nil {
		return err
	}
	r.log.Info("git: release published", "commit", rec.Hash, "ref", rec.Ref, "was", was)
	if chosen != (choice{}) {
		if err := r.writeChoice(choice{}); err != nil { // what was skipped is past
			return err
		}
	}
	r.prune()
	return nil
}

// lockPublishing waits for whoever changes what is live. That is over soon, even
// while a release is being made.
func (r *Repo) lockPublishing(ctx context.Context) (unlock func(), err error) {
	if err := r.makeState(); err != nil {
		return nil, err
	}
	return lockFile(ctx, filepath.Join(r.state, "publish.lock"))
}
