package git_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

const secret = "It's a Secret to Everybody"

func mac(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// TestSignatures has the example of GitHub's documentation, and who forges it.
func TestSignatures(t *testing.T) {
	const body, sum = "Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	require.Equal(t, sum, mac(secret, body))
	now := time.Unix(1_700_000_000, 0)
	key := []byte("0123456789abcdef0123456789abcdef")
	token := "whsec_" + base64.StdEncoding.EncodeToString(key)
	standard := func(id string, at time.Time, body string) map[string]string {
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%d.%s", id, at.Unix(), body)
		return map[string]string{"Webhook-Id": id, "Webhook-Timestamp": fmt.Sprint(at.Unix()),
			"Webhook-Signature": "v1,AAAA v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))}
	}
	with := func(m map[string]string, name, value string) map[string]string {
		m = maps.Clone(m)
		m[name] = value
		return m
	}
	for _, tt := range []struct {
		name     string
		provider git.Provider
		fields   map[string]string
		secret   string
		err      string
	}{
		{"GitHub", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256=" + sum}, secret, ""},
		{"GitHub in capitals", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256=" + strings.ToUpper(sum)}, secret, ""},
		{"GitHub, another secret", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256=" + sum}, "other", "its signature is wrong"},
		{"GitHub, no signature", git.GitHub, nil, secret, "it is not signed"},
		{"GitHub, the old signature alone", git.GitHub, map[string]string{"X-Hub-Signature": "sha1=0000000000000000000000000000000000000000"}, secret, "it is not signed"},
		{"GitHub, a short one", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha2"}, secret, "its signature is wrong"},
		{"GitHub, an empty one", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256="}, secret, "its signature is wrong"},
		{"GitHub, part of one", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256=" + sum[:62]}, secret, "its signature is wrong"},
		{"GitHub, another algorithm", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha1=" + sum}, secret, "its signature is wrong"},
		{"GitHub without a secret", git.GitHub, map[string]string{"X-Hub-Signature-256": "sha256=" + mac("", body)}, "", "there is no secret by which to know who sends it"},
		{"Gitea", git.Gitea, map[string]string{"X-Gitea-Signature": sum}, secret, ""},
		{"Gitea, another body", git.Gitea, map[string]string{"X-Gitea-Signature": mac(secret, "Hello")}, secret, "its signature is wrong"},
		{"Forgejo", git.Forgejo, map[string]string{"X-Forgejo-Signature": sum}, secret, ""},
		{"Forgejo with the field of Gitea", git.Forgejo, map[string]string{"X-Gitea-Signature": sum}, secret, ""},
		{"Gogs", git.Gogs, map[string]string{"X-Gogs-Signature": sum}, secret, ""},
		{"Bitbucket", git.Bitbucket, map[string]string{"X-Hub-Signature": "sha256=" + sum}, secret, ""},
		{"Bitbucket, not signed", git.Bitbucket, map[string]string{"X-Forwarded-For": "104.192.136.1"}, secret, "it is not signed"},
		{"GitLab, a token", git.GitLab, map[string]string{"X-Gitlab-Token": secret}, secret, ""},
		{"GitLab, another token", git.GitLab, map[string]string{"X-Gitlab-Token": secret + " "}, secret, "its signature is wrong"},
		{"GitLab, no token", git.GitLab, nil, secret, "it is not signed"},
		{"GitLab, signed", git.GitLab, standard("1", now, body), token, ""},
		{"GitLab, signed for another id", git.GitLab, with(standard("1", now, body), "Webhook-Id", "2"), token, "its signature is wrong"},
		{"GitLab, signed for another time", git.GitLab, with(standard("1", now, body), "Webhook-Timestamp", "1699999999"), token, "its signature is wrong"},
		{"GitLab, signed a while ago", git.GitLab, standard("1", now.Add(-6*time.Minute), body), token, "its time is not that of now"},
		{"GitLab, signed in the future", git.GitLab, standard("1", now.Add(6*time.Minute), body), token, "its time is not that of now"},
		{"GitLab, the token where it should be signed", git.GitLab, map[string]string{"X-Gitlab-Token": token}, token, "it is not signed"},
		{"nobody", git.AnyProvider, map[string]string{"X-Hub-Signature-256": "sha256=" + sum}, secret, "it does not say who sends it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range tt.fields {
				h.Set(name, value)
			}
			err := tt.provider.Verify(h, []byte(body), []byte(tt.secret), now)
			if tt.err == "" {
				require.NoError(t, err)
				h.Add("X-Gitlab-Token", "x")
				for name, value := range tt.fields {
					h.Add(name, value)
				}
				if tt.provider != git.GitLab || tt.secret != token {
					require.Error(t, tt.provider.Verify(h, []byte(body), []byte(tt.secret), now), "two are none")
				}
				return
			}
			require.EqualError(t, err, tt.err)
		})
	}
}

// A delivery is what a provider sends.
type delivery struct {
	fields map[string]string
	body   string
}

// deliveries are those of a push to main, by provider.
var deliveries = map[git.Provider]delivery{
	git.GitHub:  {map[string]string{"X-Github-Event": "push"}, `{"ref":"refs/heads/main","n":1}`},
	git.GitLab:  {map[string]string{"X-Gitlab-Event": "Push Hook"}, `{"ref":"refs/heads/main","n":2}`},
	git.Gitea:   {map[string]string{"X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-Github-Event": "push"}, `{"ref":"refs/heads/main","n":3}`},
	git.Forgejo: {map[string]string{"X-Forgejo-Event": "push", "X-Gitea-Event": "push", "X-Github-Event": "push"}, `{"ref":"refs/heads/main","n":4}`},
	git.Gogs:    {map[string]string{"X-Gogs-Event": "push"}, `{"ref":"refs/heads/main","n":5}`},
	git.Bitbucket: {map[string]string{"X-Event-Key": "repo:push"},
		`{"push":{"changes":[{"new":null},{"new":{"type":"tag","name":"x"}},{"new":{"type":"branch","name":"main"}}]}}`},
}

// signed returns the request of a delivery.
func (d delivery) signed(p git.Provider, path string) *http.Request {
	r := httptest.NewRequest("POST", path, strings.NewReader(d.body))
	sum := mac(secret, d.body)
	for field, value := range map[git.Provider]map[string]string{
		git.GitHub: {"X-Hub-Signature-256": "sha256=" + sum}, git.GitLab: {"X-Gitlab-Token": secret}, git.Gitea: {"X-Gitea-Signature": sum},
		git.Forgejo: {"X-Forgejo-Signature": sum}, git.Gogs: {"X-Gogs-Signature": sum}, git.Bitbucket: {"X-Hub-Signature": "sha256=" + sum},
	}[p] {
		r.Header.Set(field, value)
	}
	for name, value := range d.fields {
		r.Header.Set(name, value)
	}
	return r
}

// hooked returns a handler with a hook for a branch called main, and how often it
// has had the service sync.
func hooked(t *testing.T, hook git.Hook, ref string) (h http.Handler, triggered func() int) {
	t.Helper()
	service := git.NewService(open(t, git.RepoConfig{URL: "https://git.example/site", Ref: ref}), git.ServiceConfig{})
	hook.Path = "/hook"
	return settled(git.NewHandler(middleware.Status(404), git.Config{Service: service, Hooks: []git.Hook{hook}})),
		func() int { return git.Triggered(service) }
}

// settled returns h as the server would have it, but for the log.
func settled(h middleware.Handler) http.Handler {
	return middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(h)
}

func send(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestHook(t *testing.T) {
	for p, d := range deliveries {
		for _, hook := range []git.Hook{{Provider: p, Secret: []byte(secret)}, {Secret: []byte(secret)}} {
			t.Run(fmt.Sprint(p, " as ", hook.Provider), func(t *testing.T) {
				h, triggered := hooked(t, hook, "main")
				unsigned := delivery{d.fields, d.body}.signed(git.AnyProvider, "/hook")
				require.Equal(t, 401, send(h, unsigned))
				forged := d.signed(p, "/hook")
				forged.Body = http.NoBody
				forged.Header.Set("X-Gitlab-Token", "x") // which knows nothing of a body
				require.Equal(t, 401, send(h, forged))
				require.Zero(t, triggered())

				require.Equal(t, 202, send(h, d.signed(p, "/hook")))
				require.Equal(t, 1, triggered())
				require.Equal(t, 409, send(h, d.signed(p, "/hook")), "once more")
				require.Zero(t, triggered())

				other := delivery{d.fields, strings.NewReplacer("refs/heads/main", "refs/heads/other", `"main"`, `"other"`).Replace(d.body)}
				require.Equal(t, 204, send(h, other.signed(p, "/hook")), "another branch")
				nonsense := delivery{d.fields, "main"}
				require.Equal(t, 400, send(h, nonsense.signed(p, "/hook")))
				require.Zero(t, triggered())
			})
		}
	}
}

func TestHookRefuses(t *testing.T) {
	h, triggered := hooked(t, git.Hook{Secret: []byte(secret)}, "main")
	d := deliveries[git.GitHub]
	for _, tt := range []struct {
		name string
		want int
		make func(r *http.Request)
	}{
		{"another method", 405, func(r *http.Request) { r.Method = "GET" }},
		{"another path", 503, func(r *http.Request) { r.URL.Path = "/hook/" }},
		{"an event that is no push", 204, func(r *http.Request) { r.Header.Set("X-Github-Event", "ping") }},
		{"nobody's", 401, func(r *http.Request) { r.Header.Del("X-Github-Event") }},
		{"somebody else's", 401, func(r *http.Request) { r.Header.Set("X-Gitlab-Event", "Push Hook"); r.Header.Del("X-Github-Event") }},
		{"a large body that says so", 413, func(r *http.Request) {
			*r = *delivery{d.fields, strings.Repeat("x", 2<<20)}.signed(git.GitHub, "/hook")
		}},
		{"a large body that does not", 413, func(r *http.Request) {
			*r = *delivery{d.fields, strings.Repeat("x", 2<<20)}.signed(git.GitHub, "/hook")
			r.ContentLength = -1
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := d.signed(git.GitHub, "/hook")
			tt.make(r)
			require.Equal(t, tt.want, send(h, r))
			require.Zero(t, triggered())
		})
	}
	form := delivery{map[string]string{"X-Github-Event": "push", "Content-Type": "application/x-www-form-urlencoded"},
		url.Values{"payload": {`{"ref":"refs/heads/main"}`}}.Encode()}
	require.Equal(t, 202, send(h, form.signed(git.GitHub, "/hook")), "a form")
	require.Equal(t, 1, triggered())

	h, triggered = hooked(t, git.Hook{Provider: git.GitHub}, "main")
	require.Equal(t, 401, send(h, d.signed(git.GitHub, "/hook")), "without a secret nothing is accepted")
	require.Zero(t, triggered())
}

// TestHookRefs checks which pushes are of interest.
func TestHookRefs(t *testing.T) {
	for _, tt := range []struct {
		ref, pushed string
		want        int
	}{
		{"feature/x/y", "refs/heads/feature/x/y", 202},
		{"feature/x", "refs/heads/x", 204},
		{"x", "refs/heads/feature/x", 204},
		{"v1", "refs/tags/v1", 202},
		{"{latest}", "refs/tags/v2", 202},
		{"{latest}", "refs/heads/main", 204},
		{"", "refs/heads/any", 202},
		{"refs/heads/main", "refs/tags/main", 204},
		{"main", "refs/heads/--upload-pack=x", 400},
		{"main", "refs/heads/main;touch x", 400},
		{"main", "main", 400},
	} {
		t.Run(tt.ref+" and "+tt.pushed, func(t *testing.T) {
			h, _ := hooked(t, git.Hook{Secret: []byte(secret)}, tt.ref)
			d := delivery{deliveries[git.GitHub].fields, fmt.Sprintf(`{"ref":%q}`, tt.pushed)}
			require.Equal(t, tt.want, send(h, d.signed(git.GitHub, "/hook")))
		})
	}
}

// TestManyHooks sends a hundred while a sync runs, which takes one more, and then
// has what was pushed last.
func TestManyHooks(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	started, goOn := make(chan bool, 10), make(chan bool)
	var count atomic.Int64
	repo := o.open(t, git.RepoConfig{Ref: "main"})
	service := git.NewService(repo, git.ServiceConfig{Interval: -1})
	git.Replace(service, func(ctx context.Context) (git.Release, error) {
		if count.Add(1) > 1 { // after the first, which Start waits for
			started <- true
			<-goOn
		}
		return repo.Sync(ctx)
	})
	require.NoError(t, service.Start(t.Context()))
	defer service.Close()
	h := settled(git.NewHandler(middleware.Status(404), git.Config{Service: service, Hooks: []git.Hook{{Path: "/hook", Secret: []byte(secret)}}}))

	service.Trigger()
	<-started
	var hash string
	for n := range 100 {
		if n%40 == 0 {
			hash = o.push(map[string]string{"index.html": fmt.Sprint(n)})
		}
		d := delivery{deliveries[git.GitHub].fields, fmt.Sprintf(`{"ref":"refs/heads/main","after":%d}`, n)}
		require.Equal(t, 202, send(h, d.signed(git.GitHub, "/hook")))
	}
	goOn <- true
	<-started
	goOn <- true
	middlewaretest.Eventually(t, func() bool { return service.Status().Syncs == 3 })
	require.Equal(t, hash, service.Status().Release.Hash)
	require.Zero(t, git.Triggered(service))
	require.EqualValues(t, 3, count.Load())
}

// FuzzHook sends what nobody has signed, and what somebody has whose words make no
// sense.
func FuzzHook(f *testing.F) {
	for p, d := range deliveries {
		f.Add(int(p), "X-Hub-Signature-256", "sha256=00", d.body)
	}
	f.Add(1, "Content-Type", "application/x-www-form-urlencoded", "payload=%7B%22ref%22%3A1%7D")
	f.Add(2, "Webhook-Signature", "v1,", "{}")
	f.Fuzz(func(t *testing.T, provider int, name, value, body string) {
		p := git.Provider(provider)
		h := http.Header{}
		for field, value := range deliveries[p].fields {
			h.Set(field, value)
		}
		h.Set(name, value)
		if name := http.CanonicalHeaderKey(name); name != "X-Gitlab-Token" || value != secret {
			if err := p.Verify(h, []byte(body), []byte(secret), time.Now()); err == nil && !strings.Contains(strings.ToLower(value), mac(secret, body)) {
				t.Errorf("%v: %q: %q vouches for %q", p, name, value, body)
			}
		}
		refs, isPush, err := p.Refs(h, []byte(body))
		if err == nil && isPush != (len(refs) > 0) {
			t.Errorf("%v is a push: %v", refs, isPush)
		}
		for _, ref := range refs {
			if _, err := git.CheckRef(ref); err != nil && strings.HasPrefix(ref, "refs/heads/") {
				t.Errorf("%q: %v", ref, err)
			}
		}
	})
}
