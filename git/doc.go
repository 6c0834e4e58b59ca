// Package git serves a site from a repository, and deploys what is pushed to it:
// each commit becomes a release, in a folder of its own, and one request sees one
// release from beginning to end.
//
//	repo, err := git.Open(git.RepoConfig{URL: "https://git.example/user/site.git", State: "/var/lib/site"})
//	service := git.NewService(repo, git.ServiceConfig{})
//	err = service.Start(ctx)
//	http.ListenAndServe(addr, middleware.Wrap(mux, git.New(git.Config{Service: service}), static.New(static.Config{})))
//
// It runs the git command, of version 2.30 or newer. There are three parts:
//
//   - [Repo] makes releases, one at a time, and can go back to one.
//   - [Service] has it do so at start, at intervals, and when told to.
//   - [Handler] gives each request the root of the release that is live, for the
//     layers that read files through [middleware.RootOf], and takes webhooks.
//
// # How a release is made
//
// The remote is asked what the ref is, by git ls-remote. If that is news, the
// commit is fetched to a bare store and its files are put into a new folder,
// without .git. There the commands of Then are run, each a program with its
// arguments and no shell. Only if all has gone well is the release published, by
// a link called current that is replaced in one step. On Windows, where links need
// rights that few have, it is a file that says which; requests go by neither.
//
// Files that are the same as in the release before keep their time of modification,
// so that what browsers have of them stays good.
//
// A commit is taken by its hash and nothing is ever merged, so that a branch may be
// rewound or pushed to by force, and a tag may be moved. Whatever fails leaves the
// release that is live as it is. So does the end of the program, or of the
// machine, at any moment: what is half done is not counted as a release, and is
// done anew by the next Sync.
//
// All of it is in one folder, the State:
//
//	current             link to the release that is live
//	releases/HASH       files of a release; HASH-2 and so on if it had to be made again
//	releases/HASH.json  that it is complete, and how it was made
//	store.git           what was fetched
//	choice.json         what was chosen by Rollback and Pin
//
// One program at a time works with it, which a lock takes care of. Another that has
// the same State serves what was live when it last had a sync, and should have one
// before so many releases have followed that it is not kept.
//
// # What is trusted
//
// Who may push to the repository decides what is served and, since Then runs
// programs on it, what is run. Nobody else does:
//
//   - What is fetched, and from where, is fixed by RepoConfig. Webhooks say when.
//   - URLs are https, http, ssh, or a local path, and nothing else, also after a
//     redirect. Neither they nor refs can be taken for options of git or ssh.
//   - git sees no variable GIT_*, no configuration of the system or the user, no
//     hooks, and cannot ask questions.
//   - ssh knows the server by the file KnownHosts and offers no key but Key.
//   - What Token returns is handed to git by its askpass, only for the host of the
//     URL. It is in no argument, log or error, and in no file.
//   - Submodules and Git LFS are left alone unless asked for.
//
// Whatever there is, paths with a .git in them are answered 404.
//
// Links within the files are kept as they are. Package static follows none that
// lead out of the release; what other programs do is up to them.
//
// # Webhooks
//
// A POST to the Path of a [Hook] that the Secret vouches for is answered 202 at
// once and has the service sync; as many as come while it does have it do so once
// more. Known are those of GitHub, GitLab (by its token or signed), Gitea and
// Forgejo, Gogs, and Bitbucket:
//
//	202  a sync is due
//	204  it is about another branch or tag, or no push at all
//	400  the body is not what its sender would send
//	401  there is no signature, or a wrong one
//	405  any method but POST
//	409  it was delivered before, or is too old
//	413  it is larger than 1 MiB
//
// Since the directive stands outside log, what comes to a hook is in the log of the
// site, not in that of its requests.
//
// # Caddyfile
//
//	git REPO [PATH] {
//		repo        URL
//		path        DIR
//		branch      NAME
//		key         FILE
//		known_hosts FILE
//		token_file  FILE [USER]
//		interval    SECONDS|DURATION|off
//		then        COMMAND ARG...
//		then_long   COMMAND ARG...
//		timeout     DURATION
//		hook        PATH SECRET
//		hook_type   github|gitlab|gitea|forgejo|gogs|bitbucket
//		state       DIR
//		subdir      DIR
//		depth       COUNT|full
//		keep        COUNT
//		submodules
//		lfs
//		lazy
//	}
//
// REPO has a scheme (https, http, ssh, file), or is a local path that begins with a
// slash or a dot, or git@host:path, or host/path. The last two mean https unless
// there is a key, and then ssh, as in Caddy 0.7.1; with a key so does https.
//
// PATH is where the repository would be checked out, relative to the site's root,
// which it is by default. It is not written to, and what is there stays: the site
// is served from the releases instead. If PATH is above the root, as with ../, the
// root is a folder in the repository, or one that then makes; if it is below, the
// repository is that part of the site.
//
// Branch may also be a tag, a hash, or {latest}, the tag with the highest version;
// by default it is the branch that the remote says is its own. The interval is one
// hour by default. The timeout, by default 5m, is that of each command, git's own
// included. There may be several lines of then, then_long and hook; without a
// hook_type a delivery is taken to be whose it says that it is.
//
// A then that names the site's root, or a folder in it, by its full path writes to
// where the site is without this package; then requests are served from there, as
// they were by Caddy 0.7.1, with a warning, for it is not atomic. Then_long is run
// at start and after each publication, and may take as long as it likes; the next
// one ends it.
//
// Known_hosts is by default the file of that name beside the key. State is by
// default a hidden folder beside the outermost of the site's root and PATH. With
// lazy the site starts even if the repository cannot be had; until it can, and
// there is no release from before, requests are answered 503.
package git
