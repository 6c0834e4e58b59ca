package command_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/command"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// A run is a site with commands.
type run struct {
	*directive.Site
	log  journal
	dir  string
	file func() string // what its commands wrote
}

func newRun(t *testing.T) *run {
	shell(t, "")
	r := &run{Site: directive.NewSite("localhost"), dir: t.TempDir()}
	r.AllowExec, r.Log = true, r.log.log()
	r.file = func() string {
		text, _ := os.ReadFile(filepath.Join(r.dir, "file"))
		return strings.Join(strings.Fields(string(text)), " ")
	}
	return r
}

// setUp returns the controller for lines of d, in which FILE is a file.
func (r *run) setUp(t *testing.T, d directive.Directive, src string) *directive.Controller {
	t.Helper()
	lines := caddyfiletest.Parse(t, strings.ReplaceAll(src, "FILE", filepath.Join(r.dir, "file")))
	c := directive.NewController(r.Site, d.Name, lines...)
	_, err := d.Setup(c)
	require.NoError(t, err)
	return c
}

func TestStartupAndShutdownRunInOrder(t *testing.T) {
	r := newRun(t)
	up := r.setUp(t, command.Startup, "startup true\nstartup sh -c \"echo one >> FILE\"\nstartup \"sh -c 'echo two >> FILE'\"")
	down := r.setUp(t, command.Shutdown, "shutdown sh -c \"echo three >> FILE\"\nshutdown false\nshutdown sh -c \"echo four >> FILE\"")
	require.Empty(t, r.file(), "nothing runs before the start")
	require.NoError(t, errors.Join(up.Start(t.Context()), down.Start(t.Context())))
	require.Equal(t, "one two", r.file())
	require.EqualError(t, down.Stop(), "false: exit status 1")
	require.NoError(t, up.Stop())
	require.Equal(t, "one two three four", r.file(), "one that fails does not keep others from running")
}

// TestOnRunsInOrder mixes events: what runs in the background is there for what the
// shutdown does.
func TestOnRunsInOrder(t *testing.T) {
	r := newRun(t)
	on := r.setUp(t, command.On, "on shutdown sh -c \"echo c >> FILE\"\n"+
		"on startup sh -c \"trap 'echo e >> FILE; exit' TERM; echo a >> FILE; while :; do sleep 0.01; done\" &\n"+
		"on shutdown sh -c \"echo d >> FILE\"\n"+
		"on startup sh -c \"while ! test -s FILE; do sleep 0.01; done; echo b >> FILE\"")
	require.NoError(t, on.Start(t.Context()))
	require.Equal(t, "a b", r.file())
	require.NoError(t, on.Stop())
	require.Equal(t, "a b c d e", r.file())
}

func TestAQuotedAmpersandIsAnArgument(t *testing.T) {
	r := newRun(t)
	up := r.setUp(t, command.Startup, "startup sh -c \"echo $0 >> FILE\" \"&\"")
	require.NoError(t, up.Start(t.Context()))
	require.Equal(t, "&", r.file())
	require.NoError(t, up.Stop())
}

func TestAFailingStartupKeepsTheSiteFromStarting(t *testing.T) {
	r := newRun(t)
	up := r.setUp(t, command.On, "on startup sh -c \"echo bad; exit 2\"\non shutdown sh -c \"echo never >> FILE\"")
	require.EqualError(t, up.Start(t.Context()), "sh: exit status 2 (bad)")
	require.Empty(t, r.file(), "what never started is not shut down")
}

func TestACommandThatTakesTooLong(t *testing.T) {
	r := newRun(t)
	up := r.setUp(t, command.Startup, "startup sleep 1000 {\n timeout 10ms\n}")
	require.EqualError(t, up.Start(t.Context()), "sleep: it took more than 10ms: context deadline exceeded")
}

func TestBackgroundEndsWithTheSite(t *testing.T) {
	middlewaretest.NoLeaks(t)
	r := newRun(t)
	up := r.setUp(t, command.Startup, "startup sh -c \"trap 'echo over >> FILE; exit' TERM; echo up >> FILE; while :; do sleep 0.01; done\" &")
	require.NoError(t, up.Start(t.Context()))
	middlewaretest.Eventually(t, func() bool { return r.file() == "up" })
	require.NoError(t, up.Stop())
	require.Equal(t, "up over", r.file())
}

func TestShutdownInTheBackgroundOutlivesTheSite(t *testing.T) {
	r := newRun(t)
	down := r.setUp(t, command.Shutdown, "shutdown sh -c \"echo later >> FILE\" &")
	require.NoError(t, down.Start(t.Context()))
	require.NoError(t, down.Stop())
	middlewaretest.Eventually(t, func() bool { return r.file() == "later" })
}

// TestAReloadRunsNothingAgain starts what replaces a site before that is stopped.
func TestAReloadRunsNothingAgain(t *testing.T) {
	r := newRun(t)
	const src = "on startup sh -c \"echo up >> FILE\"\non startup sh -c \"echo up >> FILE\"\non shutdown sh -c \"echo down >> FILE\""
	before := r.setUp(t, command.On, src)
	require.NoError(t, before.Start(t.Context()))
	after := r.setUp(t, command.On, src)
	require.NoError(t, after.Start(t.Context()))
	require.NoError(t, before.Stop())
	require.Equal(t, "up up", r.file(), "each line once")
	require.NoError(t, after.Stop())
	require.Equal(t, "up up down", r.file())
}

func TestOnCertRenewal(t *testing.T) {
	r := newRun(t)
	r.setUp(t, command.On, "on certrenew sh -c \"echo renewed >> FILE\"\non certrenew sh -c \"exit 5\"")
	r.Renewed(t.Context())
	require.Equal(t, "renewed", r.file())
	require.Contains(t, r.log.String(), `level=ERROR msg="on certrenew" error="sh: exit status 5"`)
}

func TestSetupFails(t *testing.T) {
	for _, tt := range []struct {
		name, src, err string
		d              directive.Directive
	}{
		{"no command", "startup", "Caddyfile:1:1: startup: a command is missing", command.Startup},
		{"a line for a shell", "startup make && make install", `Caddyfile:1:14: startup: "&&" is for a shell, and there is none: have a line for each command, or a script; in quotes it is taken as it is`, command.Startup},
		{"an & too early", "startup php & now", `Caddyfile:1:13: startup: "&" is for a shell, and there is none: have a line for each command, or a script; in quotes it is taken as it is`, command.Startup},
		{"a quote without its match", `shutdown "echo 'a"`, `Caddyfile:1:10: shutdown: "echo 'a": it has a quote or a parenthesis that does not match`, command.Shutdown},
		{"an unknown event", "on start php", `Caddyfile:1:4: on: unknown event "start" (did you mean "startup"?)`, command.On},
		{"an event alone", "on shutdown", "Caddyfile:1:1: on: there is no command", command.On},
		{"a time without a unit", "startup php {\n timeout 1\n}", `Caddyfile:2:10: startup: timeout: "1" is not a duration such as 10s or 1m30s (did you mean "1s"?)`, command.Startup},
		{"no time", "startup php {\n timeout 0s\n}", `Caddyfile:2:10: startup: timeout: "0s" is no time at all`, command.Startup},
		{"a time for what is not waited for", "startup php & {\n timeout 1s\n}", "Caddyfile:2:2: startup: timeout: a command with & at its end is not waited for", command.Startup},
		{"an unknown property", "startup php {\n respawn\n}", `Caddyfile:2:2: startup: unknown property "respawn"`, command.Startup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, tt.d, tt.src)
			require.EqualError(t, err, tt.err)
		})
	}
	_, err := caddyfiletest.SetupIn(t, directive.NewSite("localhost"), command.Startup, "startup php")
	require.EqualError(t, err, "Caddyfile:1:9: startup: commands may not be run (AllowExec of the program's configuration allows it)")
}
