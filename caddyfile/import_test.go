package caddyfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// parseFiles reads several files: what is before the first line of "-- NAME --" is
// the Caddyfile.
func parseFiles(src string) (*caddyfile.File, error) {
	return parseFilesWith(src, caddyfile.ParseConfig{})
}

func parseFilesWith(src string, c caddyfile.ParseConfig) (*caddyfile.File, error) {
	c.FS = splitFiles(src)
	return caddyfile.ParseFile("Caddyfile", c)
}

func splitFiles(src string) fstest.MapFS {
	name := "Caddyfile"
	files := fstest.MapFS{name: &fstest.MapFile{}}
	for line := range strings.Lines(src) {
		next, ok := strings.CutPrefix(line, "-- ")
		if next, end := strings.CutSuffix(next, " --\n"); ok && end {
			name = next
			files[name] = &fstest.MapFile{}
			continue
		}
		files[name].Data = append(files[name].Data, line...)
	}
	return files
}

func TestImport(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a file in a site", "a.com {\n import x\n log\n}\n-- x --\ngzip\nroot b\n", "a.com {gzip; root b; log}"},
		{"a file in a site without braces", "a.com\nimport x\nlog\n-- x --\ngzip\n", "a.com {gzip; log}"},
		{"a file in a block", "a.com {\n proxy / b {\n  import x\n  y\n }\n}\n-- x --\npolicy random\nfail {\n}\n", "a.com {proxy / b {policy random; fail {}; y}}"},
		{"a file in a block in one line", "a.com {\n proxy / b { import x }\n}\n-- x --\npolicy random", "a.com {proxy / b {policy random}}"},
		{"a file longer than where it is imported", "a.com\nimport x\nlog\n-- x --\n\n\n\n\n\ngzip", "a.com {gzip; log}"},
		{"a file of sites", "import x\nc.com {\n}\n-- x --\na.com {\n gzip\n}\nb.com {\n}\n", "a.com {gzip}\nb.com {}\nc.com {}"},
		{"a file of one site without braces", "import x\n-- x --\na.com\ngzip\n", "a.com {gzip}"},
		{"a file of snippets", "import x\na.com {\n import s\n}\n-- x --\n(s) {\n gzip\n}\n", "a.com {gzip}"},
		{"a file that is empty", "a.com\nimport x\n-- x --\n", "a.com {}"},
		{"files relative to the one that imports them", "a.com\nimport d/x\n-- d/x --\nimport y\nimport ../z\n-- d/y --\ngzip\n-- z --\nlog\n", "a.com {gzip; log}"},
		{"a file twice", "a.com\nimport x\nimport ./x\n-- x --\ngzip\n", "a.com {gzip; gzip}"},
		{"a file by the environment", "a.com\nimport {$NOPE:x}\n-- x --\ngzip\n", "a.com {gzip}"},

		{"a pattern", "import d/*.conf\n-- d/b.conf --\nb.com {\n}\n-- d/a.conf --\na.com {\n}\n-- d/c.bak --\n{{{", "a.com {}\nb.com {}"},
		{"a pattern, but for hidden files and folders", "import d/*\n-- d/.a --\n{{{\n-- d/b --\nb.com {\n}\n-- d/c/x --\n{{{\n", "b.com {}"},
		{"a pattern for hidden files", "import d/.*\n-- d/.a --\na.com {\n}\n-- d/b --\n{{{\n", "a.com {}"},
		{"a pattern for folders", "import */site\n-- b/site --\nb.com {\n}\n-- a/site --\na.com {\n}\n-- c/other --\n{{{\n", "a.com {}\nb.com {}"},
		{"a pattern without a match", "a.com\nimport d/*\nimport e/*.conf\n-- d/.x --\n", "a.com {}"},
		{"a pattern is no regular expression", "a.com\nimport [x]?\n-- [x]? --\ngzip\n-- xy --\n{{{", "a.com {gzip}"},

		{"a snippet", "(s) {\n gzip\n log a\n}\na.com {\n import s\n}\nb.com {\n import s\n}\n", "a.com {gzip; log a}\nb.com {gzip; log a}"},
		{"a snippet defined further down", "a.com {\n import s\n}\n(s) {\n gzip\n}\n", "a.com {gzip}"},
		{"a snippet in a block", "(s) {\n policy random\n}\na.com {\n proxy / b {\n  import s\n }\n}", "a.com {proxy / b {policy random}}"},
		{"a snippet of snippets", "(s) {\n gzip\n}\n(r) {\n import s\n log\n import s\n}\na.com {\n import r\n}", "a.com {gzip; log; gzip}"},
		{"a snippet of sites", "(s) {\n a.com {\n  gzip\n }\n b.com {\n }\n}\nimport s", "a.com {gzip}\nb.com {}"},
		{"a snippet rather than a file", "(x) {\n gzip\n}\na.com {\n import x\n}\n-- x --\nlog\n", "a.com {gzip}"},
		{"a snippet with the brace in the next line", "(s)\n{\n gzip\n}\na.com {\n import s\n}", "a.com {gzip}"},
		{"a snippet with a file of its folder", "import d/x\na.com {\n import s\n}\n-- d/x --\n(s) {\n import y\n}\n-- d/y --\ngzip\n", "a.com {gzip}"},

		{"arguments", "(s) {\n header / A {args[0]} B\"{args[1]}\" {args.0}\n}\na.com {\n import s x \"y z\"\n import s 1 2\n}", `a.com {header / A x B"y z" x; header / A 1 B"2" 1}`},
		{"arguments in quotes and heredocs", "(s) {\n a \"<{args[0]}>\" `{args[0]}` <<X\n  <{args[0]}>\n  X\n}\na.com {\n import s x\n}", `a.com {a "<x>" "x" "<x>"}`},
		{"arguments that keep their quotes", "(s) {\n a {args[:]}\n}\na.com {\n import s \"{\" \"}\" b\n}", `a.com {a "{" "}" b}`},
		{"any number of arguments", "(s) {\n a {args[:]} b {args[1:]} c {args[:1]} d {args[1:2]} e {args[3:]}\n}\na.com {\n import s 1 \"2 3\" 4\n}", `a.com {a 1 "2 3" 4 b "2 3" 4 c 1 d "2 3" e}`},
		{"no arguments at all", "(s) {\n a {args[:]}\n {args[:]}\n}\na.com {\n import s\n}", "a.com {a}"},
		{"arguments of a file", "a.com {\n import x 1\n}\n-- x --\na {args[0]}\n", "a.com {a 1}"},
		{"arguments of sites", "(s) {\n {args[0]}.com {\n  root {args[1]}\n }\n}\nimport s a /a\nimport s b /b", "a.com {root /a}\nb.com {root /b}"},
		{"arguments handed on", "(s) {\n a {args[:]}\n}\n(r) {\n import s {args[1:]} x{args[0]}\n}\na.com {\n import r 1 2 3\n}", "a.com {a 2 3 x1}"},
		{"arguments name a snippet", "(s) {\n gzip\n}\n(r) {\n import {args[0]}\n}\na.com {\n import r s\n}", "a.com {gzip}"},
		{"arguments are not expanded again", "(s) {\n a {args[0]}{args[1]} {args[0]}0]}\n}\na.com {\n import s \"{args[\" \"1]}\"\n}", "a.com {a {args[1]} {args[0]}}"},
		{"arguments are no syntax", "(s) {\n {args[0]} x {args[1]}\n}\na.com {\n import s import \"{\"\n}", "a.com {import x {}"},
		{"placeholders that are no arguments", "(s) {\n a {args} {arg[0]} {args[0]}\n}\na.com {\n a {args[0]} {block}\n import s x\n}", "a.com {a {args[0]} {block}; a {args} {arg[0]} x}"},

		{"a block", "(s) {\n proxy / b {\n  {block}\n }\n}\na.com {\n import s {\n  policy random\n  c {\n   d\n  }\n }\n}", "a.com {proxy / b {policy random; c {d}}}"},
		{"a block twice", "(s) {\n {block}\n x\n {block}\n}\na.com {\n import s { gzip }\n}", "a.com {gzip; x; gzip}"},
		{"no block", "(s) {\n x\n {block}\n}\na.com {\n import s\n}", "a.com {x}"},
		{"a block handed on", "(s) {\n y {\n  {block}\n }\n}\n(r) {\n import s {\n  x\n  {block}\n }\n}\na.com {\n import r {\n  gzip\n }\n}", "a.com {y {x; gzip}}"},
		{"a block with imports", "(g) {\n gzip\n}\n(s) {\n {block}\n}\na.com {\n import s {\n  import g\n }\n}", "a.com {gzip}"},
		{"a block in a word of its own", "(s) {\n a \"{block}\"\n {block}\n}\na.com {\n import s\n}", `a.com {a "{block}"}`},
		{"blocks by their names", "(s) {\n proxy / b {\n  {blocks.up}\n }\n {blocks.x.y}\n {blocks.down}\n}\na.com {\n import s {\n  up {\n   policy random\n   c {\n    d\n   }\n  }\n  x.y { gzip }\n }\n}", "a.com {proxy / b {policy random; c {d}}; gzip}"},
		{"blocks of one line", "(s) {\n {blocks.a}\n {blocks.b}\n}\na.com {\n import s {\n  b log x\n  a gzip {\n   log y\n  }\n }\n}", "a.com {gzip; log y; log x}"},
		{"blocks by their names, twice", "(s) {\n {blocks.a}\n x {\n  {blocks.a}\n }\n}\na.com {\n import s {\n  a { gzip }\n }\n}", "a.com {gzip; x {gzip}}"},
		{"blocks by their names, and all of them", "(s) {\n {blocks.a}\n {block}\n}\na.com {\n import s {\n  a { gzip }\n  b\n }\n}", "a.com {gzip; a {gzip}; b}"},
		{"blocks by their names, imported", "(a) {\n a {\n  gzip\n  import g\n }\n}\n(g) {\n log\n}\n(s) {\n {blocks.a}\n}\na.com {\n import s {\n  import a\n }\n}", "a.com {gzip; log}"},
		{"blocks by their names, handed on", "(s) {\n {blocks.a}\n}\n(r) {\n import s {\n  a {\n   {blocks.b}\n  }\n }\n}\na.com {\n import r {\n  b gzip\n }\n}", "a.com {gzip}"},
		{"no blocks", "(s) {\n x\n {blocks.a}\n}\na.com {\n import s\n}", "a.com {x}"},
		{"words that look like blocks", "(s) {\n x \"{blocks.a}\" {blocks.} {blocks}\n {blocks.}\n}\na.com {\n {blocks.a}\n import s\n}", `a.com {{blocks.a}; x "{blocks.a}" {blocks.} {blocks}; {blocks.}}`},
		{"imports in the options", "{\n import x\n}\na.com\n-- x --\ndebug\n", "{debug}\na.com {}"},
		{"imports in a route", "&(r) {\n import x\n}\na.com\n-- x --\ngzip\n", "&(r) {gzip}\na.com {}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFiles(tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.want, showFile(f))
		})
	}
}

// TestImportChain checks that lines know how they came to be where they are.
func TestImportChain(t *testing.T) {
	f, err := parseFiles("import sites\n" +
		"-- sites --\n(s) {\n a\n}\nx.com {\n import lines\n b\n}\n" +
		"-- lines --\nimport s\nc {\n import s\n d\n}\n")
	require.NoError(t, err)
	chain := func(i *directive.Import) (places []string) {
		for ; i != nil; i = i.From {
			places = append(places, i.Pos.String())
		}
		return places
	}
	site := f.Sites[0]
	require.Equal(t, "x.com {a; c {a; d}; b}", showFile(f))
	require.Equal(t, []string{"Caddyfile:1:1"}, chain(site.From))
	require.Equal(t, []string{"lines:1:1", "sites:5:2", "Caddyfile:1:1"}, chain(site.Lines[0].From), "a")
	require.Equal(t, []string{"sites:5:2", "Caddyfile:1:1"}, chain(site.Lines[1].From), "c")
	require.Equal(t, []string{"lines:3:2"}, chain(site.Lines[1].Block[0].From), "a in c, seen from c")
	require.Empty(t, chain(site.Lines[1].Block[1].From), "d, seen from c")
	require.Equal(t, []string{"Caddyfile:1:1"}, chain(site.Lines[2].From), "b")

	c := directive.NewController(directive.NewSite(), "c", site.Lines[1])
	line := c.Once()
	line.Args(0, 0)
	inner := line.Properties()[0]
	inner.Errorf(inner.Words[0], "wrong")
	line.Properties()[1].Args(0, 0)
	require.EqualError(t, f.Explain(c.Err()), "sites:2:2: c: a: wrong\n\ta\n\t^\n"+
		"\timported at lines:3:2\n\timported at sites:5:2\n\timported at Caddyfile:1:1")
}

// TestImportShares checks that what a snippet says is there once, however often it
// is imported.
func TestImportShares(t *testing.T) {
	f, err := parseFiles("(s) {\n a {\n  b\n }\n}\nx.com {\n import s\n}\ny.com {\n import s\n}")
	require.NoError(t, err)
	x, y := f.Sites[0].Lines[0], f.Sites[1].Lines[0]
	require.NotSame(t, x, y)
	require.Same(t, x.Block[0], y.Block[0])
	require.Same(t, &x.Words[0], &y.Words[0])
}

// TestImportOS checks the names of files in the operating system.
func TestImportOS(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	outside := write("outside/log.conf", "log")
	main := write("etc/Caddyfile", "import sites/*\n")
	a := write("etc/sites/a", "a.com {\n import ../gzip.conf\n import "+outside+"\n}\n")
	gzip := write("etc/gzip.conf", "gzip")

	f, err := caddyfile.ParseFile(main, caddyfile.ParseConfig{})
	require.NoError(t, err)
	require.Equal(t, "a.com {gzip; log}", showFile(f))
	require.Equal(t, []string{main, a, gzip, outside}, f.Files)
	require.Equal(t, gzip, f.Sites[0].Lines[0].Words[0].Pos.File)

	t.Run("relative to the working directory", func(t *testing.T) {
		t.Chdir(filepath.Join(dir, "etc"))
		f, err := caddyfile.Parse("", []byte("import sites/a"), caddyfile.ParseConfig{})
		require.NoError(t, err)
		require.Equal(t, "a.com {gzip; log}", showFile(f))
		require.Equal(t, filepath.Join("sites", "a"), f.Sites[0].Pos.File)
		require.Equal(t, []string{a, gzip, outside}, f.Files)
	})
}

func TestParseFileMissing(t *testing.T) {
	_, err := caddyfile.ParseFile(filepath.Join(t.TempDir(), "Caddyfile"), caddyfile.ParseConfig{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestImportConfined checks that nothing outside of an FS is read.
func TestImportConfined(t *testing.T) {
	for _, name := range []string{"../x", "/x", "/etc/passwd", "d/../../x", "../*", "/etc/*"} {
		_, err := parseFiles("a.com\nimport " + name + "\n-- x --\ngzip\n")
		require.ErrorContains(t, err, "it is outside of the files there are", name)
	}
}
