package git_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
)

// The two samples with git of the article that first presented Caddy 0.7.1.
const (
	samplePHP = `localhost:2015 {
    git git@github.com:user/myphpsite {
        key /home/user/.ssh/id_rsa
    }
    fastcgi / 127.0.0.1:9000 php
}`
	sampleHugo = `localhost:2015 {
    git github.com/user/site {
        path  ../
        then  hugo --destination=/home/user/hugosite/public
    }
}`
)

// build makes a server of a Caddyfile, of which nothing is started.
func build(t *testing.T, text string) (*caddyfile.Server, error) {
	t.Helper()
	file, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{})
	if err != nil {
		return nil, err
	}
	return caddyfile.Build(file, caddyfile.Config{Vocabulary: standard.Vocabulary(), AllowExec: true})
}

// serveSite serves the site of a Caddyfile until the test ends, and returns its URL.
func serveSite(t *testing.T, text string) (url string) {
	t.Helper()
	server, err := build(t, text)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, server.Listen(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(t, <-done)
	})
	return "http://" + server.Listeners()[0].Addr.String()
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestSamplesAsPrinted(t *testing.T) {
	t.Chdir(mkdir(t, t.TempDir(), "site"))
	for _, text := range []string{samplePHP, sampleHugo} {
		_, err := build(t, text)
		require.NoError(t, err)
	}
	_, err := build(t, strings.ReplaceAll(sampleHugo, "--", "–"))
	require.ErrorContains(t, err, `"–destination=/home/user/hugosite/public" begins with a typographic dash (did you mean "--destination=/home/user/hugosite/public"?)`)
}

// TestSamplePHP is the first, with the hosts replaced.
func TestSamplePHP(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"index.html": "", "index.php": "<?php require 'part.php'; echo part();", "part.php": "<?php function part() { return 'Hello World'; }"})
	ssh, fpm := startSSH(t), fastcgitest.Run(t, fastcgitest.Config{Network: "tcp"})
	t.Chdir(mkdir(t, dir, "site"))
	url := serveSite(t, strings.NewReplacer(
		"localhost:2015", "127.0.0.1:0",
		"git@github.com:user/myphpsite", ssh.url(t, o.bare),
		"/home/user/.ssh/id_rsa", ssh.key,
		"127.0.0.1:9000", fpm.Target.Addr,
	).Replace(samplePHP))
	status, body := fetch(t, url+"/")
	require.Equal(t, 200, status)
	require.Equal(t, "Hello World", body)
	status, _ = fetch(t, url+"/.git/config")
	require.Equal(t, 404, status)
}

// TestSampleHugo is the second. What then writes is where it is told to, in the
// site's root, and served from there.
func TestSampleHugo(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	o.push(map[string]string{"content.md": "# Hello"})
	bin := mkdir(t, dir, "bin")
	script(t, bin, "hugo", `for a; do case "$a" in --destination=*) d="${a#*=}";; esac; done
		mkdir -p "${d:=public}" && sed 's/# /<h1>/' content.md > "$d/index.html"`)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	site := mkdir(t, dir, "hugosite", "public")
	t.Chdir(site)
	text := strings.NewReplacer("localhost:2015", "127.0.0.1:0", "github.com/user/site", o.bare, "/home/user/hugosite/public", site).Replace(sampleHugo)
	status, body := fetch(t, serveSite(t, text)+"/")
	require.Equal(t, 200, status)
	require.Equal(t, "<h1>Hello", body)
	require.FileExists(t, filepath.Join(site, "index.html"))

	// Told less, it writes to the release.
	require.NoError(t, os.Remove(filepath.Join(site, "index.html")))
	text = strings.ReplaceAll(text, " --destination="+site, "")
	status, body = fetch(t, serveSite(t, text)+"/")
	require.Equal(t, 200, status)
	require.Equal(t, "<h1>Hello", body)
	require.NoFileExists(t, filepath.Join(site, "index.html"))
}

// TestStateIsHidden has a site whose root is above the releases of another.
func TestStateIsHidden(t *testing.T) {
	dir := t.TempDir()
	o := newOrigin(t, dir)
	t.Chdir(dir)
	mkdir(t, dir, "site")
	url := serveSite(t, "127.0.0.1:0/inner {\n root site\n git "+o.bare+"\n}\n127.0.0.1:0 {\n browse\n}")
	require.FileExists(t, filepath.Join(dir, ".site.releases", "store.git", "config"))
	require.DirExists(t, filepath.Join(dir, ".site.releases", "releases"))
	for _, path := range []string{"/.site.releases/", "/.site.releases/store.git/config", "/.site.releases/current/index.html", "/.site.releases/choice.json"} {
		status, _ := fetch(t, url+path)
		require.Equal(t, 404, status, path)
	}
	status, _ := fetch(t, url+"/site.git/config")
	require.Equal(t, 200, status, "as what is not hidden")
}
