package caddyfile_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// laughs returns snippets that each import the one before it twice, and a site
// that imports the last one. Caddy 2 takes 14 s and 2 GB for a depth of 18.
func laughs(depth int, leaf, args string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "(0) {\n%s\n}\n", leaf)
	for i := range depth {
		fmt.Fprintf(&b, "(%d) {\nimport %d %s\nimport %[2]d %s\n}\n", i+1, i, args)
	}
	return b.String()
}

// laughsOfBlocks returns snippets that each hand on to the one before it, twice,
// the block they are imported with.
func laughsOfBlocks(block string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "(0) {\n%s\n}\n", block)
	for i := range 30 {
		fmt.Fprintf(&b, "(%d) {\nimport %d {\ny {\n%s\n%[3]s\n}\n}\n}\n", i+1, i, block)
	}
	return b.String() + "a.com {\nimport 30 {\ny {\nx\n}\n}\n}"
}

// hostile are Caddyfiles that are meant to cost a lot, and what they come to.
var hostile = []struct{ name, src, want string }{
	{"laughs", laughs(18, "x", "") + "a.com {\nimport 18\n}", "there are more than 50000 imports (Limits.Imports)"},
	{"laughs without end", laughs(31, "x", "") + "a.com {\nimport 31\n}", "there are more than 50000 imports (Limits.Imports)"},
	{"laughs in blocks", strings.ReplaceAll(laughs(18, "x", ""), "import", "y {\nimport") + "a.com\n", "is never closed"},
	{"long laughs", laughs(13, strings.Repeat("x\n", 400), "") + "a.com {\nimport 13\n}", "with all that is imported, there are more than 2000000 words (Limits.Words)"},
	{"laughs with arguments", laughs(18, "x {args[0]}", "{args[0]}") + "a.com {\nimport 18 y\n}", "there are more than 50000 imports (Limits.Imports)"},
	{"laughs of sites", laughs(18, "a.com {\n}", "") + "import 18", "there are more than 50000 imports (Limits.Imports)"},
	{"laughs of blocks", laughsOfBlocks("{block}"), "there are more than 50000 imports (Limits.Imports)"},
	{"laughs of blocks by name", laughsOfBlocks("{blocks.y}"), "there are more than 50000 imports (Limits.Imports)"},
	{"many blocks that are not given", "(a) {\n" + strings.Repeat("{block}\n", 100_000) + "}\na.com {\n" + strings.Repeat("import a\n", 100) + "}", "there are more than 2000000 words (Limits.Words)"},
	{"many blocks by name", func() string {
		var names, blocks strings.Builder
		for i := range 50_000 {
			fmt.Fprintf(&names, "{blocks.%d}\n", i)
			fmt.Fprintf(&blocks, "%d\n", i+25_000)
		}
		return "(a) {\n" + names.String() + "}\na.com {\nimport a {\n" + blocks.String() + "}\n}"
	}(), "makes no use of a block \"50000\""},
	{"arguments that double in length", laughs(31, "x {args[0]}", "{args[0]}{args[0]}") + "a.com {\nimport 31 y\n}", "this word has more than 65536 bytes (Limits.WordSize)"},
	{"arguments that double in number", laughs(31, "x {args[:]}", "{args[:]} {args[:]}") + "a.com {\nimport 31 y\n}", "this import has more than 1000 arguments (Limits.Arguments)"},
	{"a snippet of itself", "(a) {\nimport a\n}\na.com {\nimport a\n}", `"a" imports itself`},
	{"a snippet of itself, with arguments", "(a) {\nimport a {args[:]} x\n}\na.com {\nimport a y\n}", `"a" imports itself`},
	{"a file of itself", "import Caddyfile", `"Caddyfile" imports itself`},
	{"too many imports", "(a) {\n}\na.com {\n" + strings.Repeat("import a\n", 50_001) + "}", "50004:1: there are more than 50000 imports (Limits.Imports)"},
	{"deep imports", func() string {
		var b strings.Builder
		for i := range 100 {
			fmt.Fprintf(&b, "(%d) {\nimport %d\n}\n", i, i+1)
		}
		return b.String() + "a.com {\nimport 0\n}"
	}(), "95:1: imports are more than 32 deep (Limits.ImportDepth)"},
	{"a large value", "a.com\nx {$LARGE}", "2:3: with the values of its placeholders, this word has more than 65536 bytes (Limits.WordSize)"},
	{"many values", "a.com\nx" + strings.Repeat(" {$BIG}", 2000), "2:1795: with the values of their placeholders, words have more than 16777216 bytes in all (Limits.Values)"},
	{"a value of itself", "a.com {\nx {$LOOP}\n", "is never closed"},
	{"a heredoc with a large marker", "a.com\nx <<" + strings.Repeat("M", 100<<10) + "\n" + strings.Repeat("M", 200<<10), "2:3: the marker of a heredoc must not be longer than 64 bytes"},
	{"a heredoc that is almost closed", "a.com\nx <<END\n" + strings.Repeat("ENENEN\n", 100_000), "2:3: this heredoc is never closed"},
	{"many heredocs", "a.com\n" + strings.Repeat("<<a ", 250_000), "2:999997: this heredoc is never closed"},
	{"a large heredoc", "a.com\nx <<X\n" + strings.Repeat("x\n", 1<<20) + "X", "2:3: this heredoc has 2097151 bytes, and must not have more than 1048576 (Limits.HeredocSize)"},
	{"a large word", "a.com\n" + strings.Repeat("x", 1<<20), "2:1: this word has 1048576 bytes, and must not have more than 65536 (Limits.WordSize)"},
	{"a large quoted word", "a.com\n\"" + strings.Repeat("x\n", 1<<20) + `"`, "2:1: this word has 2097152 bytes, and must not have more than 65536 (Limits.WordSize)"},
	{"a word of braces", "a.com\n" + strings.Repeat("{", 1<<20), "2:1: this word has 1048576 bytes"},
	{"a word of placeholders", "a.com\n\"" + strings.Repeat("{$A:", 1<<14-1) + `"`, "2:2: {$A is never closed"},
	{"a word of arguments", "(s) {\n" + strings.Repeat("{args[", 1<<13) + "}\n}\na.com {\nimport s\n}", "is none of {args[0]}, {args[1:]} and {args[:]}"},
	{"many variables that are not set, far down", "#" + strings.Repeat("x", 8<<20) + "\na.com {\n" + strings.Repeat("{$NOPE?}\n", 20_000) + "}", "and 19990 more"},
	{"deep blocks", "a.com {\n" + strings.Repeat("x {\n", 1<<18), "65:3: blocks are more than 64 deep (Limits.BlockDepth)"},
	{"deep blocks by imports", func() string {
		deep := strings.Repeat("x {\n", 33)
		return "(a) {\n" + deep + "y" + strings.Repeat("\n}", 33) + "\n}\na.com {\n" + deep + "import a" + strings.Repeat("\n}", 33) + "\n}"
	}(), "blocks are more than 64 deep (Limits.BlockDepth)"},
	{"closing braces", "a.com\n" + strings.Repeat("}\n", 1<<18), "and 262134 more"},
	{"many addresses", strings.Repeat("a,\n", 100_001) + "b", "100001:1: there are more than 100000 addresses (Limits.Addresses)"},
	{"many words", "a.com\n" + strings.Repeat("x ", 2_000_001), "2:3999999: the file has more than 2000000 words and braces (Limits.Words)"},
	{"many quotes that are not closed", "a.com\n" + strings.Repeat("'a “b ", 1<<16), "and 131062 more"},
	{"many quotes in a line", "a.com\n" + strings.Repeat("'a' ", 1<<17), "and 131062 more"},
	{"many warnings", "a.com {\n" + strings.Repeat("x {$NOPE}, ~/a\n", 1<<15), "is never closed"},
	{"many errors", strings.Repeat("//\n", 1<<20), "and 1048566 more"},
	{"many suggestions", func() string {
		var b strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&b, "(snippet%d) {\n}\n", i)
		}
		return b.String() + "a.com {\n" + strings.Repeat("import snipet\n", 2000) + "}"
	}(), "and 1990 more"},
	{"a file too large", strings.Repeat("#", 16<<20+1), "1:1: the file has more than 16777216 bytes (Limits.FileSize)"},
	{"zero bytes", strings.Repeat("\x00", 1<<20), "1:1: a zero byte"},
	{"bytes that are not UTF-8", strings.Repeat("a.com\n", 1<<18) + "\xff", "262145:1: byte 0xff is not UTF-8"},
}

func hostileEnv(name string) (string, bool) {
	switch name {
	case "LARGE":
		return strings.Repeat("x", 1<<20), true
	case "BIG":
		return big, true
	case "NOPE":
		return "", false
	}
	return environment(name)
}

var big = strings.Repeat("x", 64<<10-6)

func parseHostile(src string) (*caddyfile.File, error) {
	return caddyfile.Parse("Caddyfile", []byte(src), caddyfile.ParseConfig{FS: fstest.MapFS{}, Env: hostileEnv})
}

// TestHostile checks that what costs too much is refused before it has.
func TestHostile(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := parseHostile(tt.src)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, tt.want)
			require.Less(t, int(after.TotalAlloc-before.TotalAlloc)-2*len(tt.src), 32<<20)
		})
	}
}

// TestLimits checks the limits on files, which take files to exceed.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits caddyfile.Limits
		want   string
	}{
		{"a large file", caddyfile.Limits{FileSize: 90}, "large:1:1: the file has more than 90 bytes (Limits.FileSize)"},
		{"large files", caddyfile.Limits{TotalSize: 150}, "large:1:1: all files together have more than 150 bytes (Limits.TotalSize)"},
		{"many files", caddyfile.Limits{Matches: 2}, `Caddyfile:2:8: cannot import "d/*": it stands for more than 2 files, or there are a hundred times as many to choose from (Limits.Matches)`},
		{"many imports", caddyfile.Limits{Imports: 3}, "d/1:1:1: there are more than 3 imports (Limits.Imports)"},
		{"deep imports", caddyfile.Limits{ImportDepth: 1}, "d/1:1:1: imports are more than 1 deep (Limits.ImportDepth)"},
		{"as many as may be", caddyfile.Limits{FileSize: 100, TotalSize: 242, Matches: 3, Imports: 5, ImportDepth: 2, Words: 20}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseFilesWith("a.com\nimport d/*\n# a comment that is long enough to be a file of a good fifty bytes\n"+
				"-- d/1 --\nimport ../e\n-- d/2 --\nimport ../large\n-- d/3 --\nlog\n-- e --\ngzip\n"+
				"-- large --\n"+strings.Repeat("# a\n", 25), caddyfile.ParseConfig{Limits: tt.limits})
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, tt.want, first)
		})
	}
}

// TestParseIsLinear checks that ten times as many sites cost ten times as much,
// imports or not, and what that is.
func TestParseIsLinear(t *testing.T) {
	cost := func(src []byte) (bytes int) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := caddyfile.Parse("", src, caddyfile.ParseConfig{})
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		return int(after.TotalAlloc - before.TotalAlloc)
	}
	sites := cost(manySites(10_000))
	require.Less(t, sites, 60<<20)
	require.Less(t, sites, 11*cost(manySites(1000)))
	require.Less(t, cost(manyImports(10_000)), 11*cost(manyImports(1000)))
}

// BenchmarkHostile has each of the hostile Caddyfiles take no more than 50 ms.
func BenchmarkHostile(b *testing.B) {
	for _, tt := range hostile {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseHostile(tt.src); err == nil {
					b.Fatal("no error")
				}
			}
		})
	}
}
