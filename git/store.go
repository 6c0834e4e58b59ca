package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/command"
)

// next is where the store keeps what was fetched last.
const next = "refs/deploy/next"

// git runs git and returns its output. What talks to the remote needs credentials.
func (r *Repo) git(ctx context.Context, what string, env []string, secret string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Timeout, fmt.Errorf("it took more than %v: %w", r.cfg.Timeout, context.DeadlineExceeded))
	defer cancel()
	out, problem := &limited{max: 64 << 20}, new(command.Output)
	cmd := command.New(ctx, r.state, r.environ(env...), r.program, slices.Concat(settings(), args)...)
	cmd.Stdout, cmd.Stderr = out, problem
	err := command.Run(cmd)
	if err == nil {
		return out.String(), nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	text := problem.String()
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "…")
	}
	return "", fmt.Errorf("%s: %w%s%s", what, err, said(text), r.hint(text))
}

// hint says what to do about what git or ssh has said.
func (r *Repo) hint(text string) string {
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case has("Host key verification failed"):
		return ": the server is not the one that known_hosts has, or is not in it: " + r.howToKnow()
	case has("Permission denied (") && r.remote.scheme == "ssh":
		return ": the server does not accept the key " + r.cfg.Key
	case has("could not read Username"), has("could not read Password"), has("Authentication failed"):
		return ": it is private, or is not there; if it is private, it needs a token, or a key of ssh"
	case has("dubious ownership"):
		return ": the repository is another user's, so that git does not trust it; have it belong to the user that this program runs as"
	}
	return ""
}

// look asks the remote where the ref leads. A commit that is given by its hash leads
// to itself.
func (r *Repo) look(ctx context.Context) (tip, error) {
	if r.ref.kind == refHash {
		return tip{r.ref.name, r.ref.name}, nil
	}
	env, secret, err := r.credentials(ctx)
	if err != nil {
		return tip{}, err
	}
	args := append([]string{"ls-remote", "--quiet", "--symref", "--", r.remote.text}, r.ref.patterns()...)
	out, err := r.git(ctx, "asking the remote", env, secret, args...)
	if err != nil {
		return tip{}, err
	}
	a, err := parseAdvert(out)
	if err != nil {
		return tip{}, err
	}
	return a.find(r.ref)
}

func (r *Repo) store() string { return filepath.Join(r.state, "store.git") }

// fetch has the commit at t in the store, or the one that it has become since, and
// returns its hash. The store is of no value by itself: if it is damaged, by locks
// that somebody has left for example, it is made anew.
func (r *Repo) fetch(ctx context.Context, t tip) (hash string, err error) {
	env, secret, err := r.credentials(ctx)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(filepath.Join(r.store(), "HEAD"))
	had := err == nil
	if hash, err = r.fetchTo(ctx, t, env, secret); err == nil || !had || ctx.Err() != nil {
		return hash, err
	}
	r.log.Debug("git: fetching to a new store", "error", err)
	if err := os.RemoveAll(r.store()); err != nil {
		return "", err
	}
	return r.fetchTo(ctx, t, env, secret)
}

func (r *Repo) fetchTo(ctx context.Context, t tip, env []string, secret string) (hash string, err error) {
	store := "--git-dir=" + r.store()
	if _, err := os.Stat(filepath.Join(r.store(), "HEAD")); err != nil {
		format := []string{"init", "--quiet", "--bare", "--template="}
		if len(t.hash) == 64 {
			format = append(format, "--object-format=sha256")
		}
		if _, err := r.git(ctx, "making a store", nil, "", append(format, "--", r.store())...); err != nil {
			return "", err
		}
		if err := os.Chmod(r.store(), 0o700); err != nil {
			return "", err
		}
	}
	args := []string{store, "fetch", "--quiet", "--no-tags", "--force", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"}
	if r.cfg.Depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(r.cfg.Depth))
	}
	args = append(args, "--", r.remote.text, "+"+t.ref+":"+next)
	if _, err := r.git(ctx, "fetching", env, secret, args...); err != nil {
		return "", err
	}
	out, err := r.git(ctx, "fetching", nil, "", store, "rev-parse", "--verify", "--quiet", next+"^{commit}")
	hash = strings.TrimSpace(out)
	if err == nil && !isHash(hash) {
		err = errors.New("fetching: what came is no commit")
	}
	return hash, err
}

// tidy has git repack the store if there is a reason to, and forget what is old.
func (r *Repo) tidy(ctx context.Context) {
	_, err := r.git(ctx, "tidying the store", nil, "", "-c", "gc.auto=1000", "-c", "gc.autoPackLimit=20", "-c", "gc.autoDetach=false",
		"-c", "gc.pruneExpire=now", "--git-dir="+r.store(), "gc", "--auto", "--quiet")
	if err != nil && ctx.Err() == nil {
		r.log.Warn("git: the store could not be tidied", "error", err)
	}
}
