package git_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// backend serves the repositories below a folder, by git's own http-backend.
func backend(t *testing.T, dir string) http.Handler {
	t.Helper()
	middlewaretest.Program(t, "git")
	out, err := exec.Command("git", "--exec-path").Output()
	require.NoError(t, err)
	path := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(path); err != nil {
		middlewaretest.Lacks(t, err)
	}
	return &cgi.Handler{Path: path, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
		InheritEnv: []string{"PATH"}, Stderr: t.Output()}
}

func TestHTTP(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	srv := httptest.NewServer(backend(t, dir))
	defer srv.Close()
	repo := open(t, git.RepoConfig{URL: srv.URL + "/site.git"})
	synced(t, repo)
	hash := o.push(map[string]string{"index.html": "second"})
	require.Equal(t, hash, synced(t, repo).Hash)
	require.Equal(t, "second", served(t, repo, "index.html"))

	_, err := open(t, git.RepoConfig{URL: srv.URL + "/none.git"}).Sync(t.Context())
	require.ErrorContains(t, err, "asking the remote: exit status 128")
}

const token = "ghp_0123456789-secret"

// TestToken checks that a token reaches the server it is for, and nobody else.
func TestToken(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	served := backend(t, dir)
	var refused atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != token {
			refused.Add(1)
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
			return
		}
		served.ServeHTTP(w, r)
	}))
	defer srv.Close()
	url := srv.URL + "/site.git"
	var log journal
	state := filepath.Join(t.TempDir(), "state")
	password := token
	repo := open(t, git.RepoConfig{URL: url, State: state, Log: log.log(),
		Then:  []git.Command{{Args: []string{"env"}}},
		Token: func(context.Context) (string, string, error) { return "me", password, nil }})
	release := synced(t, repo)
	require.Equal(t, o.git("rev-parse", "HEAD"), release.Hash)
	require.NotZero(t, refused.Load(), "git asks without it first")
	require.NotContains(t, log.String(), token)
	everyFile(t, state, func(name, text string) { require.NotContains(t, text, token, name) })

	password = "wrong-password"
	_, err := repo.Sync(t.Context())
	require.ErrorContains(t, err, "it needs a token, or a key of ssh")
	require.NotContains(t, err.Error(), password)

	_, err = open(t, git.RepoConfig{URL: url}).Sync(t.Context())
	require.ErrorContains(t, err, "if it is private, it needs a token, or a key of ssh")
}

// TestTokenFile has the directive read the token from a file, which is looked at
// again each time.
func TestTokenFile(t *testing.T) {
	dir := t.TempDir()
	newOrigin(t, dir)
	served := backend(t, dir)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
			return
		}
		served.ServeHTTP(w, r)
	}))
	defer srv.Close()
	file := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	ask := sited(t, mkdir(t, dir, "site"), "git "+srv.URL+"/site.git {\n token_file "+file+"\n}")
	require.Equal(t, "first", ask("/index.html"))
}

// TestTokenIsNotForwarded has a server that sends git elsewhere.
func TestTokenIsNotForwarded(t *testing.T) {
	var asked, told atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") != "" {
			told.Add(1)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(401)
	}))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusFound)
	}))
	defer srv.Close()
	repo := open(t, git.RepoConfig{URL: srv.URL + "/site.git",
		Token: func(context.Context) (string, string, error) { return "me", token, nil }})
	_, err := repo.Sync(t.Context())
	require.Error(t, err)
	require.NotContains(t, err.Error(), token)
	require.NotZero(t, asked.Load())
	require.Zero(t, told.Load())
}

// TestRedirectToAnotherProtocol has one that sends git to this machine's files.
func TestRedirectToAnotherProtocol(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	for _, to := range []string{"file://" + o.bare, "ext::sh -c touch% /tmp/x", "ssh://127.0.0.1/x"} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(302)
		}))
		defer srv.Close()
		_, err := open(t, git.RepoConfig{URL: srv.URL + "/site.git"}).Sync(t.Context())
		require.Error(t, err)
	}
}

// An sshServer is one that lets in whoever has a key.
type sshServer struct {
	addr       string
	key        string // the file that has it
	knownHosts string // and the one by which the server is known
}

// startSSH starts an OpenSSH server on a free port, which ends with the test.
func startSSH(t *testing.T) sshServer {
	t.Helper()
	middlewaretest.Program(t, "ssh")
	middlewaretest.Program(t, "ssh-keygen")
	sshd := "/usr/sbin/sshd" // which wants to be called by its full path
	if _, err := os.Stat(sshd); err != nil {
		sshd = middlewaretest.Program(t, "sshd")
	}
	if os.Getuid() == 0 {
		require.NoError(t, os.MkdirAll("/run/sshd", 0o755)) // as its unit does
	}
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	for _, key := range []string{"host", "id"} {
		require.NoError(t, commandIn(t, dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name(key)))
	}
	public, err := os.ReadFile(name("id.pub"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name("authorized"), public, 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	l.Close()
	host, port, _ := net.SplitHostPort(addr)
	require.NoError(t, os.WriteFile(name("config"), fmt.Appendf(nil, `
		ListenAddress %s
		HostKey %s
		AuthorizedKeysFile %s
		PidFile none
		StrictModes no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin yes
		UsePAM no
		LogLevel ERROR
		`, addr, name("host"), name("authorized")), 0o600))
	cmd := exec.Command(sshd, "-D", "-e", "-f", name("config"))
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_, err = bufio.NewReader(conn).ReadString('\n')
			conn.Close()
		}
		if err == nil {
			break
		}
		require.True(t, time.Now().Before(deadline), "%v", err)
	}
	hostKey, err := os.ReadFile(name("host.pub"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name("known_hosts"), fmt.Appendf(nil, "[%s]:%s %s", host, port, hostKey), 0o600))
	return sshServer{addr, name("id"), name("known_hosts")}
}

// url returns that of a repository on the server.
func (s sshServer) url(t *testing.T, path string) string {
	t.Helper()
	me, err := user.Current()
	require.NoError(t, err)
	return "ssh://" + me.Username + "@" + s.addr + path
}

func TestSSH(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	s := startSSH(t)
	url := s.url(t, o.bare)
	repo := open(t, git.RepoConfig{URL: url, Key: s.key})
	synced(t, repo)
	hash := o.push(map[string]string{"index.html": "second"})
	require.Equal(t, hash, synced(t, repo).Hash)
	require.Equal(t, "second", served(t, repo, "index.html"))

	dir := t.TempDir()
	host, port, _ := net.SplitHostPort(s.addr)
	how := func(file string) string {
		return "run ssh-keyscan -p " + port + " " + host + " >> " + file + " and compare"
	}
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	require.NoError(t, commandIn(t, dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "other")))
	otherKey, err := os.ReadFile(filepath.Join(dir, "other.pub"))
	require.NoError(t, err)
	missing, none := filepath.Join(dir, "missing"), file("none", "")
	other := file("other_hosts", fmt.Sprintf("[%s]:%s %s", host, port, otherKey))
	stranger := file("stranger", fmt.Sprintf("example.com %s", otherKey))
	for _, tt := range []struct{ name, key, knownHosts, want string }{
		{"no known hosts", s.key, missing, "there is nothing in " + missing + ", by which the server could be known: " + how(missing)},
		{"empty ones", s.key, none, "there is nothing in " + none + ", by which the server could be known: " + how(none)},
		{"another server's key", s.key, other, "the server is not the one that known_hosts has, or is not in it: " + how(other)},
		{"a server nobody knows", s.key, stranger, "the server is not the one that known_hosts has, or is not in it: " + how(stranger)},
		{"another key", filepath.Join(dir, "other"), s.knownHosts, "the server does not accept the key " + filepath.Join(dir, "other")},
		{"no key", missing, s.knownHosts, "key: stat " + missing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := open(t, git.RepoConfig{URL: url, Key: tt.key, KnownHosts: tt.knownHosts}).Sync(t.Context())
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// everyFile calls f with the text of each file in a folder.
func everyFile(t *testing.T, dir string, f func(name, text string)) {
	t.Helper()
	n := 0
	require.NoError(t, filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		f(name, string(text))
		n++
		return err
	}))
	require.NotZero(t, n)
}
