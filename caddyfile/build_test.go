package caddyfile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// vocabulary is one of a few directives that are easy to watch.
func vocabulary() caddyfile.Vocabulary {
	return caddyfile.Vocabulary{
		{Name: "bind", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
			for _, host := range c.Once().Args(1, directive.Any) {
				c.Site().Server.Bind = append(c.Site().Server.Bind, host.Text)
			}
			return nil, c.Err()
		}},
		{Name: "outer", Setup: tagging},
		{Name: "inner", Setup: tagging, Elsewhere: []string{"innermost"}},
		{Name: "answer", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
			return answering(c.Once().Arg().Text), c.Err()
		}},
	}
}

func answering(text string) middleware.Middleware {
	return func(middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
			io.WriteString(w, text)
			return 0, nil
		})
	}
}

// tagging is the Setup of a layer that adds its arguments to a header.
func tagging(c *directive.Controller) (middleware.Middleware, error) {
	var tags []string
	for _, line := range c.Lines() {
		for _, arg := range line.Args(0, directive.Any) {
			tags = append(tags, line.Name()+" "+arg.Text)
		}
	}
	return func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			for _, tag := range tags {
				w.Header().Add("Tag", tag)
			}
			return next.ServeHTTP(w, r)
		})
	}, c.Err()
}

// TestOrder checks that layers meet a request in the order of the vocabulary,
// and lines of one directive are kept in that of the file.
func TestOrder(t *testing.T) {
	h := build(t, "localhost\nanswer hello\ninner a\nouter b\ninner c d").Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/", nil))
	require.Equal(t, []string{"outer b", "inner a", "inner c", "inner d"}, w.Header()["Tag"])
	require.Equal(t, "hello", w.Body.String())
}

func TestEndOfChain(t *testing.T) {
	require.Equal(t, "404", answer(build(t, "localhost").Handler(), httptest.NewRequest("GET", "http://localhost/", nil)))
}

func TestAlways(t *testing.T) {
	var got []string
	v, err := vocabulary().After("answer", directive.Directive{Name: "last", Always: true,
		Setup: func(c *directive.Controller) (middleware.Middleware, error) {
			line := c.Once()
			got = append(got, line.Name())
			for _, arg := range line.Args(0, 1) {
				got = append(got, arg.Text)
			}
			return nil, c.Err()
		}})
	require.NoError(t, err)
	_, err = caddyfile.Build(parse(t, "a {\n}\nb {\n last word\n}"), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	require.Equal(t, []string{"last", "last", "word"}, got)
}

func TestBuildErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown directive", "localhost\nansver hello", `Caddyfile:2:1: unknown directive "ansver" (did you mean "answer"?)
	ansver hello
	^`},
		{"a name of another version", "localhost\ninnermost a", `Caddyfile:2:1: unknown directive "innermost" (here it is called "inner")
	innermost a
	^`},
		{"a directive's own error", "localhost\nanswer", `Caddyfile:2:1: answer: argument missing
	answer
	^`},
		{"what Setup did not read", "localhost {\n\tanswer a {\n\t\tb\n\t}\n}", `Caddyfile:2:2: answer: takes no block
	answer a {
	^`},
		{"several, of several sites", "a {\n answer\n}\nb {\n ansver\n}", `Caddyfile:2:2: answer: argument missing
	answer
	^
Caddyfile:5:2: unknown directive "ansver" (did you mean "answer"?)
	ansver
	^`},
		{"an address twice", "example.com {\n}\nother, EXAMPLE.com. {\n}", `Caddyfile:3:8: EXAMPLE.com.: the site at Caddyfile:1:1 has this address already
	other, EXAMPLE.com. {
	       ^`},
		{"an address twice, by its default port", "example.com:2015 {\n}\nexample.com {\n}", `Caddyfile:3:1: example.com: the site at Caddyfile:1:1 has this address already
	example.com {
	^`},
		{"https without a certificate", "https://example.com", `Caddyfile:1:1: https://example.com: https needs a certificate, which the site has not got
	https://example.com
	^`},
		{"the port of https without a certificate", "example.com:443", `Caddyfile:1:1: example.com:443: port 443 is for https, which needs a certificate, and the site has not got one (if it is for http, write http://example.com:443)
	example.com:443
	^`},
		{"a site within a site", "a.com {\n\tb.com {\n\t}\n}", `Caddyfile:2:2: unknown directive "b.com": it looks like the address of a site, and sites do not nest; is a } missing before it?
	b.com {
	^`},
		{"a site of a snippet within a site", "(s) {\n\tb.com {\n\t}\n}\na.com {\n\timport s\n}", `Caddyfile:2:2: unknown directive "b.com": it looks like the address of a site; files of sites are imported outside of sites
	b.com {
	^
	imported at Caddyfile:6:2`},
		{"a named route", "&(app) {\n\tanswer a\n}\nexample.com {\n}", `Caddyfile:1:1: &(app): there are no named routes
	&(app) {
	^`},
		{"a global option", "{\n\temail a@b.c\n}\nexample.com {\n}", `Caddyfile:2:2: email: there are no global options
	email a@b.c
	^`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfile.Build(parse(t, tt.text), caddyfile.Config{Vocabulary: vocabulary()})
			require.EqualError(t, err, tt.want)
		})
	}
}

// TestLoadGoesOn checks that mistakes of which it is plain what was meant do not
// hide those that come to light later.
func TestLoadGoesOn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Caddyfile")
	for _, tt := range []struct{ name, text, want string }{
		{"mended", "a.com{\n\tanswer 'a b'\n\tansver\n\tinner a; // x\n}\n", `Caddyfile:1:6: a space is missing before {
	a.com{
	     ^
Caddyfile:2:9: ' quotes nothing: use " or ` + "`" + ` (in those, it is taken as it is)
	answer 'a b'
	       ^
Caddyfile:3:2: unknown directive "ansver" (did you mean "answer"?)
	ansver
	^`},
		{"not mended", "a.com{\n\tanswer \"a\"b\n\tansver\n}\n", `Caddyfile:1:6: a space is missing before {
	a.com{
	     ^
Caddyfile:2:12: a space is missing after the closing quote
	answer "a"b
	          ^`},
		{"nothing else", "a.com{\n}\n", `Caddyfile:1:6: a space is missing before {
	a.com{
	     ^`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(name, []byte(tt.text), 0o600))
			_, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: vocabulary()})
			require.EqualError(t, err, strings.ReplaceAll(tt.want, "Caddyfile:", name+":"))
		})
	}
}

// TestPanicInSetup checks that a directive cannot bring down the program that
// reads a Caddyfile.
func TestPanicInSetup(t *testing.T) {
	v := caddyfile.Vocabulary{{Name: "x", Setup: func(*directive.Controller) (middleware.Middleware, error) { panic("oh no") }}}
	_, err := caddyfile.Build(parse(t, "localhost\nx"), caddyfile.Config{Vocabulary: v})
	require.EqualError(t, err, "Caddyfile:2:1: x: setting up: panic: oh no\n\tx\n\t^")
}

// TestFailedBuildStops checks that what a Setup has prepared is given up if the
// Caddyfile is refused in the end.
func TestFailedBuildStops(t *testing.T) {
	stopped := 0
	v := caddyfile.Vocabulary{{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.OnStop(func() error { stopped++; return nil })
		return nil, c.Err()
	}}}
	_, err := caddyfile.Build(parse(t, "a {\n x\n}\nb {\n x\n y\n}"), caddyfile.Config{Vocabulary: v})
	require.Error(t, err)
	require.Equal(t, 2, stopped)
}

// TestCaddyfileIsHidden checks that no site serves the Caddyfile or what it
// imports.
func TestCaddyfileIsHidden(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "Caddyfile")
	imported := filepath.Join(dir, "common.conf")
	require.NoError(t, os.WriteFile(name, []byte("localhost\nimport common.conf\n"), 0o600))
	require.NoError(t, os.WriteFile(imported, []byte("see\n"), 0o600))
	var site *directive.Site
	v := caddyfile.Vocabulary{{Name: "see", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		site = c.Site()
		return nil, c.Err()
	}}}
	_, err := caddyfile.Load(name, caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	for _, name := range []string{name, imported} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.True(t, site.Hidden("elsewhere", info), name)
	}
}

// TestBuildIsLinear checks that ten times as much costs ten times as much, even
// of what does not differ by its host's name. The largest would take minutes if
// each address were compared with all before it.
func TestBuildIsLinear(t *testing.T) {
	each := func(format string) func(n int) (string, fstest.MapFS) {
		return func(n int) (string, fstest.MapFS) {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, format, i)
			}
			return b.String() + "{\n}\n", nil
		}
	}
	files := func(n int) (string, fstest.MapFS) {
		files := fstest.MapFS{}
		for i := range n {
			files[fmt.Sprintf("sites/%d", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "%d.example.com {\n}\n", i)}
		}
		return "import sites/*", files
	}
	for _, tt := range []struct {
		name string
		n    int
		text func(n int) (string, fstest.MapFS)
	}{
		{"hosts", 50_000, each("%d.example.com ")},
		{"paths of a host", 50_000, each("example.com/%d ")},
		{"patterns of hosts", 50_000, each("a%d-*.example.com ")},
		{"paths of any host", 50_000, each("/%d ")},
		{"files", 2000, files},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cost := func(n int) int {
				text, files := tt.text(n)
				f, err := caddyfile.Parse("Caddyfile", []byte(text), caddyfile.ParseConfig{FS: files})
				require.NoError(t, err)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err = caddyfile.Build(f, caddyfile.Config{Vocabulary: vocabulary()})
				runtime.ReadMemStats(&after)
				require.NoError(t, err)
				return int(after.TotalAlloc - before.TotalAlloc)
			}
			require.Less(t, cost(tt.n), 15*cost(tt.n/10)) // maps grow in leaps
		})
	}
}

func TestOpenIsAllOrNothing(t *testing.T) {
	var got []string
	boom := errors.New("boom")
	v := caddyfile.Vocabulary{{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		name := c.Once().Arg().Text
		c.OnStart(func(context.Context) error {
			got = append(got, "start "+name)
			if name == "bad" {
				return boom
			}
			return nil
		})
		c.OnStop(func() error { got = append(got, "stop "+name); return nil })
		return nil, c.Err()
	}}}
	server, err := caddyfile.Build(parse(t, "a {\n x a\n}\nb {\n x bad\n}\nc {\n x c\n}"), caddyfile.Config{Vocabulary: v})
	require.NoError(t, err)
	err = server.Open(t.Context())
	require.ErrorIs(t, err, boom)
	require.EqualError(t, err, "Caddyfile:5:2: b: x: boom\n\tx bad\n\t^")
	require.Equal(t, []string{"start a", "start bad", "stop bad", "stop c", "stop a"}, got)
	require.ErrorIs(t, server.Open(t.Context()), caddyfile.ErrClosed)
	require.NoError(t, server.Close())
}
