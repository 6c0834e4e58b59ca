package standard_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

func TestLint(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "a.com {\n gzip\n proxy /api localhost:1\n templates /pages\n}", ""},
		{"a # in a word", "a.com {\n redir /a /b#c\n header / Link \"</a#b>\"\n}",
			"2:11: redir: the # is part of the word, while in Caddy 0.7.1 and 1 it began a comment: put the word in quotes, or a blank before the #\n\tredir /a /b#c\n\t         ^"},
		{"a host that is a star", "*:8080 {\n}", "1:1: *:8080: * stands for names of one label, such as localhost: for every host, leave the host out\n\t*:8080 {\n\t^"},
		{"a scope that is more than a folder", "a.com {\n proxy /api localhost:1\n basicauth /apidocs u p\n}",
			"2:8: proxy: /api is for /apidocs, too, of the line at Caddyfile:3:12: it is all that begins with it; for a folder, write /api/\n\tproxy /api localhost:1\n\t      ^"},
		{"a status for more than it seems", "a.com {\n status 404 /api\n proxy /apix localhost:1\n}",
			"2:13: status: /api is for /apix, too, of the line at Caddyfile:3:8: it is all that begins with it; for a folder, write /api/\n\tstatus 404 /api\n\t           ^"},
		{"a scope that is a folder", "a.com {\n proxy /api/ localhost:1\n basicauth /apidocs u p\n}", ""},
		{"a scope that is a name without its extension", "a.com {\n proxy /api localhost:1\n basicauth /api.json u p\n}", ""},
		{"what a proxy answers before", "a.com {\n proxy / localhost:1\n templates\n basicauth /x u p\n}", "3:2: templates: never reached: proxy at Caddyfile:2:2 answers all of /\n\ttemplates\n\t^"},
		{"what a proxy lets through", "a.com {\n proxy / localhost:1 {\n  except /static\n }\n templates /static\n}", ""},
		{"redirects after one of everything", "a.com {\n redir / http://b.com\n redir /x http://c.com 302\n}", "3:11: redir: never reached: the rule at Caddyfile:2:10 comes first\n\tredir /x http://c.com 302\n\t         ^"},
		{"programs that are not there", "a.com {\n startup no-such-program -x\n on shutdown \"no-such-program x\" &\n websocket /echo\n startup sh -c true\n startup ./later\n}",
			"2:10: startup: \"no-such-program\" is taken for the command, and is no program\n\tstartup no-such-program -x\n\t        ^\n" +
				"3:14: on: \"no-such-program\" is taken for the command, and is no program\n\ton shutdown \"no-such-program x\" &\n\t            ^\n" +
				"4:12: websocket: \"/echo\" is taken for the command, and is no program\n\twebsocket /echo\n\t          ^"},
		{"what is of another site", "a.com {\n proxy /x/y localhost:1\n}\na.com/x {\n}", "2:8: proxy: never reached: /x/y is of the site at Caddyfile:4:1\n\tproxy /x/y localhost:1\n\t      ^"},
		{"what is of a site on another port", "a.com {\n proxy /x/y localhost:1\n}\na.com:81/x {\n}", ""},
		{"what a directive warns of", "a.com {\n header / X {hots}\n gzip\n gzip\n}",
			"2:13: header: unknown placeholder {hots} stays as it is (did you mean \"{host}\"?)\n\theader / X {hots}\n\t           ^\n" +
				"4:2: gzip: never used: an earlier line is for all requests\n\tgzip\n\t^"},
		{"a group as nginx has it", "a.com {\n rewrite {\n  r ^/a/(.*)$\n  to /b/$1\n }\n}", "4:6: rewrite: to: $1 is taken as it is: the group of a pattern is {1}\n\tto /b/$1\n\t   ^"},
		{"what the File warns of", "a.com {\n header / X $HOME\n}", `2:13: "$HOME" is taken as it is: a variable of the environment is {$HOME}; if that is meant, put it in quotes` + "\n\theader / X $HOME\n\t           ^"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("Caddyfile", []byte(tt.src), 0o600))
			f, err := caddyfile.ParseFile("Caddyfile", caddyfile.ParseConfig{})
			require.NoError(t, err)
			found, err := standard.Lint(f, caddyfile.Config{AllowExec: true})
			require.NoError(t, err)
			var got []string
			for _, e := range found {
				got = append(got, strings.TrimPrefix(e.Error(), "Caddyfile:"))
			}
			require.Equal(t, tt.want, strings.Join(got, "\n"))
		})
	}
}

func TestLintOfWhatIsWrong(t *testing.T) {
	f, err := caddyfile.Parse("Caddyfile", []byte("a.com\ngzp"), caddyfile.ParseConfig{})
	require.NoError(t, err)
	_, err = standard.Lint(f, caddyfile.Config{})
	require.EqualError(t, err, "Caddyfile:2:1: unknown directive \"gzp\" (did you mean \"gzip\"?)\n\tgzp\n\t^")
}
