package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

// quickStart is the Caddyfile of the README of Caddy 0.7.1, but for its port.
const quickStart = `localhost:0

gzip
browse
ext .html
websocket /echo cat
log ../access.log
header /api Access-Control-Allow-Origin *
`

// TestQuickStart has the browser see what it configures, and talk to the WebSocket.
func TestQuickStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "files"), 0o755))
	for name, text := range map[string]string{
		"Caddyfile": quickStart, "index.html": "<!doctype html><title>Start</title>", "about.html": "<!doctype html><title>About</title>",
		"files/a.txt": strings.Repeat("text\n", 1000), "api": "{}",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	t.Chdir(dir)
	server, err := caddyfile.Load("Caddyfile", caddyfile.Config{Vocabulary: standard.Vocabulary(), AllowExec: true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, server.Listen(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	other := "http://" + server.Listeners()[0].Addr.String()
	url := strings.Replace(other, "127.0.0.1", "localhost", 1)

	page := open(t, url)
	require.Equal(t, "Start", eval[string](t, page, "return document.title"))
	require.Equal(t, "About", eval[string](t, page, `return /<title>(.*)<\/title>/.exec(await (await fetch("/about")).text())[1]`), "ext")
	require.Equal(t, "true", eval[string](t, page, `return String((await fetch("/files/a.txt")).headers.get("content-encoding") !== null)`))
	require.Contains(t, eval[string](t, page, `return await (await fetch("/files/")).text()`), "a.txt", "browse")
	require.Equal(t, "*", eval[string](t, page, `return (await fetch("/api")).headers.get("access-control-allow-origin")`))
	require.Equal(t, []any{"hello", "Grüße", 1000.0}, eval[[]any](t, page, `
		const socket = new WebSocket("ws://" + location.host + "/echo");
		await new Promise((opened, failed) => { socket.onopen = opened; socket.onerror = failed });
		const answer = text => new Promise(done => { socket.onmessage = e => done(e.data); socket.send(text) });
		const answers = [await answer("hello"), await answer("Grüße")];
		socket.close();
		answers.push((await new Promise(done => { socket.onclose = done })).code === 1005 ? 1000 : 0);
		return answers`))
	// A page of another origin may not talk to it: only what is of this one.
	require.Equal(t, "refused", eval[string](t, open(t, other), `
		const socket = new WebSocket("`+strings.Replace(url, "http:", "ws:", 1)+`/echo");
		return await new Promise(done => { socket.onopen = () => done("open"); socket.onerror = () => done("refused") })`))

	cancel()
	require.NoError(t, <-served)
	log, err := os.ReadFile("../access.log")
	require.NoError(t, err)
	require.Contains(t, string(log), `"GET /echo HTTP/1.1" 101`)
	require.Contains(t, string(log), `"GET /echo HTTP/1.1" 403`)
}
