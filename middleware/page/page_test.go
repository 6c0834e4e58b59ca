package page_test

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/page"
	"github.com/shallot-http/shallot/middleware/static"
)

// TestLimits has pages that would never end, or be without end. They fail for the
// reason that is given, whatever it is they do.
func TestLimits(t *testing.T) {
	site := files{
		"self.html": `{{.Include "self.html"}}`,
		"args.html": `{{.Include "args.html" .Args .Args}}`,
		"deep.html": `{{with index .Args 0}}{{if lt (len .) 16}}{{$.Include "deep.html" (print . "x")}}{{end}}{{end}}`,
	}
	const overdue, large = "it takes longer than 50ms", "there is more than 100000 bytes of it"
	for _, tt := range []struct{ name, text, want string }{
		{"a loop that writes nothing", `{{range 1000000000000000}}{{end}}`, overdue},
		{"a loop in a loop", `{{range 1000000}}{{range 1000000}}{{if true}}{{else}}x{{end}}{{end}}{{end}}`, overdue},
		{"a loop in a condition", `{{with 1}}{{if true}}{{range 1000000000000000}}{{continue}}{{end}}{{end}}{{end}}`, overdue},
		{"a loop in place of an empty one", `{{range .Args}}{{else}}{{range 1000000000000000}}{{end}}{{end}}`, overdue},
		{"a loop in a template", `{{define "t"}}{{range 1000000000000000}}{{end}}{{end}}{{template "t"}}`, overdue},
		{"templates that call each other", `{{define "t"}}{{if lt (len .) 60}}{{template "t" (print . "x")}}{{template "t" (print . "y")}}{{end}}{{end}}{{template "t" ""}}`, overdue},
		{"a loop that calls", `{{range 1000000000000000}}{{$.Method}}{{end}}`, large},
		{"a loop that writes", `{{range 1000000000000000}}xxxxxxxxxxxxxxxx{{end}}`, large},
		{"text that is doubled", `{{$x := "x"}}{{range 60}}{{$x = print $x $x}}{{end}}`, large},
		{"text that is doubled with a format", `{{$x := "x"}}{{range 60}}{{$x = printf "%s%s" $x $x}}{{end}}`, large},
		{"text that is doubled on a line", `{{$x := "x"}}{{range 60}}{{$x = println $x $x}}{{end}}`, large},
		{"text that is escaped", `{{$x := "\\"}}{{range 60}}{{$x = js $x}}{{end}}`, large},
		{"text that is replaced", `{{$x := "x"}}{{range 60}}{{$x = $.Replace $x "x" "xx"}}{{end}}`, large},
		{"text that is joined", `{{$x := "xx"}}{{range 60}}{{$x = $.Join ($.Split $x "") $x}}{{end}}`, large},
		{"lists that are doubled", `{{$x := .Slice "x"}}{{range 60}}{{$x = $.Slice $x $x}}{{end}}{{$x}}`, large},
		{"maps that are doubled", `{{$x := "x"}}{{range 60}}{{$x = $.Map "a" $x "b" $x}}{{end}}{{print $x}}`, large},
		{"lists in one another without end", `{{$x := .Slice}}{{range 1000000000000000}}{{$x = $.Slice $x}}{{end}}`, large},
		{"arguments that are doubled", `{{.Include "args.html" (printf "%060000d" 1)}}`, large},
		{"a format that is wide", `{{$f := "%[1]999999d"}}{{range 12}}{{$f = print $f $f}}{{end}}{{printf $f 1}}`, large},
		{"a format that is as wide as is said", `{{$f := "%[1]*[1]d"}}{{range 12}}{{$f = print $f $f}}{{end}}{{printf $f 999999}}`, large},
		{"a format that says all again", `{{$f := "%[1]v"}}{{range 12}}{{$f = print $f $f}}{{end}}{{printf $f (printf "%60000d" 1)}}`, large},
		{"a page that includes itself", `{{.Include "self.html"}}`, `"self.html" is included more than 16 deep`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, asText := range []bool{false, true} {
				site["page.html"] = tt.text
				c := page.Config{Files: site.config(), Limit: 100_000, Time: time.Hour}
				if tt.want == overdue {
					c.Limit, c.Time = 1<<40, 50*time.Millisecond
				}
				_, err := execute(c, httptest.NewRequest("GET", "/page.html", nil), asText)
				require.ErrorContains(t, err, tt.want)
			}
		})
	}
	t.Run("conditions in one another", func(t *testing.T) { // whose parser would have the stack overflow
		site["page.html"] = strings.Repeat("{{if 1}}", 1_000_000)
		_, err := execute(page.Config{Files: site.config()}, httptest.NewRequest("GET", "/page.html", nil), false)
		require.EqualError(t, err, "there are more than 100000 actions in it")
		site["page.html"] = strings.Repeat("{{if 1}}", 100_000)
		_, err = execute(page.Config{Files: site.config()}, httptest.NewRequest("GET", "/page.html", nil), false)
		require.ErrorContains(t, err, "unexpected EOF")
	})
	t.Run("as deep as is allowed", func(t *testing.T) {
		site["page.html"] = `{{.Include "deep.html" "x"}}`
		_, err := execute(page.Config{Files: site.config()}, httptest.NewRequest("GET", "/page.html", nil), false)
		require.NoError(t, err)
	})
	t.Run("a file too large", func(t *testing.T) {
		site["page.html"] = strings.Repeat("x", 101)
		_, err := execute(page.Config{Files: site.config(), Limit: 100}, httptest.NewRequest("GET", "/page.html", nil), false)
		require.EqualError(t, err, "page.html: there is more than 100 bytes of it")
	})
}

// TestClientThatLeft ends a page that nobody waits for.
func TestClientThatLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("GET", "/page.html", nil).WithContext(ctx)
	v := page.NewEngine(page.Config{Files: files{"page.html": "x"}.config()}).Visit(httptest.NewRecorder(), r)
	p, err := v.Load("page.html")
	require.NoError(t, err)
	text, err := v.Execute(p, nil)
	require.ErrorIs(t, err, context.Canceled)
	status, err := v.Send("text/html", text, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, middleware.StatusClientClosed, status)
}

// TestPaths includes what is outside of the site, or not for anybody.
func TestPaths(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "site")
	for name, text := range map[string]string{
		"secret": "secret", "site/page.html": "", "site/.env": "secret", "site/.git/config": "secret", "site/hidden.html": "secret",
		"site/dir/in.html": "inside", "site/include.html": `{{.Include (index .Args 0)}}`, "site/dir/files.html": `{{.Files (index .Args 0)}}`,
	} {
		file := filepath.Join(parent, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	if runtime.GOOS != "windows" { // where not everybody may make a link
		require.NoError(t, os.Symlink(filepath.Join(parent, "secret"), filepath.Join(dir, "link")))
		require.NoError(t, os.Symlink("..", filepath.Join(dir, "up")))
		require.NoError(t, os.Symlink("hidden.html", filepath.Join(dir, "tohidden")))
	}
	root := middleware.NewRoot(dir)
	defer root.Close()
	engine := page.NewEngine(page.Config{Files: static.Config{Root: root, Hide: func(name string, _ fs.FileInfo) bool { return name == "hidden.html" }}})
	for _, tt := range []struct{ name, file, want string }{
		{"a file", "dir/in.html", "inside"},
		{"a file from the root on", "/dir/in.html", "inside"},
		{"a file by dots", "dir/../dir/./in.html", "inside"},
		{"dots lead no further than the root", "../../dir/in.html", "inside"},
		{"a file beside the root", "../secret", ""},
		{"a file by many dots", "../../../../../../../../etc/passwd", ""},
		{"a file of the system", "/etc/passwd", ""},
		{"dots that are escaped", "..%2fsecret", ""},
		{"dots and backslashes", `..\secret`, ""},
		{"a NUL", "secret\x00.html", ""},
		{"a link out", "link", ""},
		{"a folder that is a link out", "up/secret", ""},
		{"what a client must not see", ".env", ""},
		{"a folder that a client must not see", ".git/config", ""},
		{"what is hidden", "hidden.html", ""},
		{"what is hidden, by a link", "tohidden", ""},
		{"a folder", "dir", ""},
		{"the root", "/", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := engine.Visit(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			p, err := v.Load("include.html")
			require.NoError(t, err)
			got, err := v.Execute(p, []any{tt.file})
			require.Equal(t, tt.want, string(got))
			if tt.want == "" {
				require.ErrorIs(t, err, fs.ErrNotExist)
			}
			_, err = v.Load(tt.file)
			require.Equal(t, tt.want == "", err != nil)
		})
	}
	t.Run("a listing", func(t *testing.T) {
		v := engine.Visit(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		for _, name := range []string{"", "/", "..", "../.."} {
			p, err := v.Load("dir/files.html")
			require.NoError(t, err)
			got, err := v.Execute(p, []any{name})
			require.NoError(t, err)
			require.Equal(t, "[dir include.html page.html]", strings.Replace(string(got), " up", "", 1))
		}
	})
}

// TestFileThatChanges checks that what is remembered is never what was.
func TestFileThatChanges(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	root := middleware.NewRoot(dir)
	defer root.Close()
	engine := page.NewEngine(page.Config{Files: static.Config{Root: root}})
	at := time.Now().Add(-time.Hour)
	write := func(text string, at time.Time) {
		require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
		require.NoError(t, os.Chtimes(file+".new", at, at))
		require.NoError(t, os.Rename(file+".new", file))
	}
	load := func() *page.Template {
		p, err := engine.Visit(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)).Load("page.html")
		require.NoError(t, err)
		return p
	}
	is := func(want string, p *page.Template) {
		got, err := engine.Visit(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)).Execute(p, nil)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	write("one", at)
	first := load()
	is("one", first)
	require.Same(t, first, load())
	write("two", at)
	is("two", load()) // of the same time and size
	write("longer", at)
	is("longer", load())
	require.NoError(t, os.WriteFile(file, []byte("LONGER"), 0o600))
	is("LONGER", load()) // the same file
	require.NotSame(t, load(), load(), "the next change might not show")
	is("one", first) // for whoever has it
}

// TestManyFiles checks that there is an end to what is remembered.
func TestManyFiles(t *testing.T) {
	site := files{}
	for i := range 2000 {
		site["f"+strings.Repeat("x", i%50)+strings.Repeat("y", i/50)+".html"] = "x"
	}
	engine := page.NewEngine(page.Config{Files: site.config()})
	v := engine.Visit(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	for name := range site {
		_, err := v.Load(name)
		require.NoError(t, err)
	}
	files, bytes := engine.Remembered()
	require.Equal(t, 1000, files)
	require.EqualValues(t, 1000, bytes)
}
