package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// RepoConfig says what to deploy, and how. URL and State must be given.
type RepoConfig struct {
	// URL is where the repository is: https://host/path, http://host/path,
	// ssh://user@host/path, user@host:path, file:///path or an absolute path.
	URL string

	// State is the folder that holds the releases and all else that a Repo has to
	// remember. It is made if it does not exist. No other Repo may have the same.
	State string

	// Ref is what to deploy: a branch or else a tag, by its name or in full as
	// refs/heads/NAME or refs/tags/NAME; a commit by all of its hash; or {latest},
	// the tag with the highest version by Semantic Versioning. Empty is the branch
	// that the remote says is its own.
	Ref string

	// Subdir is the folder of the repository to deploy, if it is not all of it.
	Subdir string

	// Under is the folder of a release that its files are put in, by default the
	// release itself. A site has them at /docs if it is docs.
	Under string

	// Root is the folder of a release that is served, by default the release
	// itself. It must be there once Then has run.
	Root string

	// Then is run in each new release before it is published, one after the other,
	// in the folder that has the files. If one fails there is no release.
	Then []Command

	// Key and KnownHosts are the files of ssh, which must be given for it: the
	// private key, and the keys of servers, see sshd(8). The default of KnownHosts
	// is the file known_hosts beside Key.
	Key, KnownHosts string

	// Token returns the user and the password, or token, for https. It is called
	// each time the remote is. Nil is none.
	Token func(context.Context) (user, password string, err error)

	// Depth is how many commits to fetch. Zero is 1, which is enough for the files;
	// negative is all.
	Depth int

	// Submodules are fetched with the repository, and LFS has the files that Git LFS
	// (which must be installed) keeps elsewhere. What repositories call for in this
	// way is out of the hands of who configures this, so neither is by default.
	// Submodules must be at https, or reached as the repository itself is.
	Submodules, LFS bool

	// Keep is how many releases to keep besides the one that is live, for Rollback.
	// Zero is 5; it is at least 1.
	Keep int

	// Timeout is how long asking the remote, fetching and exporting may take, each.
	// Zero is 5 minutes.
	Timeout time.Duration

	// Git is the program to run. Empty is git, wherever PATH has it.
	Git string

	// Log is told of what is done, and has the output of Then. Nil is slog.Default().
	Log *slog.Logger
}

// A Repo makes releases of a repository. Its methods may be called at the same
// time.
type Repo struct {
	cfg     RepoConfig
	remote  remote
	ref     ref
	state   string // absolute
	ssh     string // what git runs for it
	program string // git, once it has been found; guarded by working
	log     *slog.Logger

	working chan struct{} // held by who makes a release
	live    atomic.Pointer[live]

	mu   sync.Mutex     // held by who publishes
	open map[string]int // how many roots there are of each release, by name
}

// Open returns the Repo that c describes, or what is wrong with the description.
// Nothing is started or looked at yet, neither git nor the remote.
func Open(c RepoConfig) (*Repo, error) {
	r, err := openRepo(c)
	if err != nil {
		return nil, fmt.Errorf("git: %w", err)
	}
	return r, nil
}

func openRepo(c RepoConfig) (*Repo, error) {
	r := &Repo{cfg: c, working: make(chan struct{}, 1), open: map[string]int{}}
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	var err error
	r.remote, err = parseRemote(c.URL)
	check(err)
	r.ref, err = parseRef(c.Ref)
	check(err)
	for name, folder := range map[string]*string{"Subdir": &r.cfg.Subdir, "Under": &r.cfg.Under, "Root": &r.cfg.Root} {
		check(checkFolder(name, folder))
	}
	if c.State == "" {
		check(errors.New("there is no folder for the state"))
	} else if r.state, err = filepath.Abs(c.State); err != nil {
		check(err)
	}
	for _, then := range c.Then {
		check(then.check())
	}
	check(r.checkCredentials())
	if r.cfg.Submodules && r.cfg.Subdir != "" {
		check(errors.New("submodules are parts of the whole repository, not of a folder of it"))
	}
	r.cfg.Keep = max(1, cmp.Or(c.Keep, 5))
	r.cfg.Depth = cmp.Or(c.Depth, 1)
	r.cfg.Timeout = cmp.Or(c.Timeout, 5*time.Minute)
	r.cfg.Then = slices.Clone(c.Then)
	r.log = cmp.Or(c.Log, slog.Default()).With("repository", r.remote.text)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// checkCredentials completes what ssh needs, and refuses what nothing would be done
// with, or too much.
func (r *Repo) checkCredentials() error {
	switch scheme := r.remote.scheme; {
	case scheme == "ssh" && r.cfg.Key == "":
		return errors.New("ssh needs a key")
	case scheme == "ssh" && r.cfg.Token != nil:
		return errors.New("a token is for https, not for ssh")
	case scheme != "ssh" && scheme != "" && (r.cfg.Key != "" || r.cfg.KnownHosts != ""):
		return fmt.Errorf("a key and known hosts are for ssh, not for %s", scheme)
	case scheme == "http" && r.cfg.Token != nil && !r.remote.isHere():
		return errors.New("a token is for https: by http everybody on the way can read it")
	case scheme == "file" && r.cfg.Token != nil:
		return errors.New("a token is for https, not for what is on this machine")
	case scheme != "ssh":
		return nil
	}
	r.cfg.KnownHosts = cmp.Or(r.cfg.KnownHosts, filepath.Join(filepath.Dir(r.cfg.Key), "known_hosts"))
	var errs [3]error
	r.cfg.Key, errs[0] = filepath.Abs(r.cfg.Key)
	r.cfg.KnownHosts, errs[1] = filepath.Abs(r.cfg.KnownHosts)
	r.ssh, errs[2] = sshCommand(r.cfg.Key, r.cfg.KnownHosts)
	return errors.Join(errs[:]...)
}

// checkFolder brings the name of a folder into the form that git has it in, without
// a dot for what it is relative to.
func checkFolder(what string, folder *string) error {
	if *folder == "" {
		return nil
	}
	clean := filepath.ToSlash(filepath.Clean(*folder))
	if !filepath.IsLocal(clean) || strings.ContainsAny(clean, "\x00\n") {
		return fmt.Errorf("%s: %q is not a folder within another", what, *folder)
	}
	if clean == "." {
		clean = ""
	}
	*folder = clean
	return nil
}

// Close closes the folder that is live. Requests under way keep theirs.
func (r *Repo) Close() error {
	r.retire(r.live.Swap(nil))
	return nil
}
