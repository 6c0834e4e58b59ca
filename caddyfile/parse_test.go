package caddyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// samples are Caddyfiles as people write them.
var samples = []string{
	"localhost:2015\ngzip\nlog ./2015.log\n",
	"foo.com:80 {\n\tlog ./foo.log\n\tgzip\n}\nbar.com:80 {\n\tlog ./bar.log\n\tgzip\n}\n",
	"localhost:2015 {\n    gzip\n    log ./2015.log\n}\n",
	"localhost:2015 {\n    browse\n}",
	"localhost:2015\nproxy /foo localhost:9001\nproxy /bar localhost:9002\n",
	"localhost:2015 {\n\tproxy / localhost:9001 localhost:9003 {\n\t\tpolicy round_robin\n\t}\n\tproxy /bar localhost:9002 localhost:9004 {\n\t\tpolicy least_conn\n\t}\n}\n",
	"localhost:2015\nfastcgi / 127.0.0.1:9000 php\nlog ./2015.log\n",
	"localhost:2015 {\n\tfastcgi / 127.0.0.1:9000 {\n\t\text .php\n\t\tsplit .php\n\t\tindex index.php\n\t}\n}\n",
	"localhost:2015\ngit git@github.com:user/myphpsite {\n\tkey /home/user/.ssh/id_rsa\n}\nfastcgi / 127.0.0.1:9000 php\n",
	"localhost:2015\ngit github.com/user/site {\n\tpath  ../\n\tthen hugo --destination=/home/user/hugosite/public\n}\n",
	"{\n\tdebug\n}\n\n(common) {\n\theader / X-A {args[0]} # first\n\t{block}\n}\n\n&(api) {\n\tgzip\n}\n\nexample.com, www.example.com,\n*.example.org {\n\timport common \"a b\" {\n\t\tgzip\n\t}\n\t@post {\n\t\tmethod POST\n\t}\n\trespond @post <<END\n\t\t{\"status\": \"ok\"}\n\t\tEND 200\n\tlog `a \"b\"` {$LOG:access.log}\n}\n",
}

// show writes lines in one line, so that a table can say what they have to be.
func show(lines []*directive.Line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteString("; ")
		}
		for j, w := range l.Words {
			if j > 0 {
				b.WriteByte(' ')
			}
			if w.Quoted {
				fmt.Fprintf(&b, "%q", w.Text)
			} else {
				b.WriteString(w.Text)
			}
		}
		if l.Block != nil {
			fmt.Fprintf(&b, " {%s}", show(l.Block))
		}
	}
	return b.String()
}

// showFile does the same with all of a Caddyfile.
func showFile(f *caddyfile.File) string {
	var all []string
	if f.Options != nil {
		all = append(all, fmt.Sprintf("{%s}", show(f.Options)))
	}
	for _, s := range f.Snippets {
		all = append(all, fmt.Sprintf("(%s) {%s}", s.Name, show(s.Lines)))
	}
	for _, r := range f.Routes {
		all = append(all, fmt.Sprintf("&(%s) {%s}", r.Name, show(r.Lines)))
	}
	if len(f.Imports) > 0 {
		all = append(all, strings.ReplaceAll(show(f.Imports), "; import", "\nimport"))
	}
	for _, s := range f.Sites {
		var addrs []string
		for _, a := range s.Addrs {
			addrs = append(addrs, a.Text)
		}
		all = append(all, fmt.Sprintf("%s {%s}", strings.Join(addrs, ", "), show(s.Lines)))
	}
	return strings.Join(all, "\n")
}

// directives are the names that the tests have for some.
var directives = []string{"gzip", "log", "proxy", "root", "browse", "header"}

func read(src string) (*caddyfile.File, error) {
	return caddyfile.Parse("Caddyfile", []byte(src), caddyfile.ParseConfig{Directives: directives})
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a site without braces", "localhost\ngzip\nlog a b", "localhost {gzip; log a b}"},
		{"an address is enough", "localhost", "localhost {}"},
		{"a site with a block", "a.com {\n gzip\n}", "a.com {gzip}"},
		{"a site in one line", "a.com { gzip }", "a.com {gzip}"},
		{"an empty block", "a.com {\n}", "a.com {}"},
		{"several sites", "a.com {\n gzip\n}\nb.com {\n log\n}\n", "a.com {gzip}\nb.com {log}"},
		{"a brace in the line after the address", "a.com\n\n# comment\n{\n gzip\n}", "a.com {gzip}"},
		{"addresses separated by spaces", "a.com b.com {\n}", "a.com, b.com {}"},
		{"addresses separated by commas and spaces", "a.com, b.com , c.com {\n}", "a.com, b.com, c.com {}"},
		{"addresses in several lines", "a.com,\nb.com, # comment\n\nc.com {\n}", "a.com, b.com, c.com {}"},
		{"addresses in several lines, without braces", "a.com,\nb.com\ngzip", "a.com, b.com {gzip}"},
		{"quoted addresses", "\"a.com\" `b.com` {\n}", "a.com, b.com {}"},

		{"blocks", "a.com {\n proxy / b {\n  policy random\n  x\n }\n gzip\n}", "a.com {proxy / b {policy random; x}; gzip}"},
		{"blocks within blocks", "a.com {\n a {\n  b {\n   c\n  }\n }\n}", "a.com {a {b {c}}}"},
		{"blocks in one line", "a.com\nproxy / b { policy random }\nheader /bar { Foo \"Bar Baz\" Baz Qux }", `a.com {proxy / b {policy random}; header /bar {Foo "Bar Baz" Baz Qux}}`},
		{"blocks that begin in one line", "a.com\nproxy / b { policy random\n x }\ngzip", "a.com {proxy / b {policy random; x}; gzip}"},
		{"an empty block of a directive", "a.com\ngzip { }\nlog", "a.com {gzip {}; log}"},
		{"quoted braces are arguments", "a.com\nlog \"{\" \"}\" `{`", `a.com {log "{" "}" "{"}`},
		{"braces within words are arguments", "a.com\nlog {host} {a}{b} {}", "a.com {log {host} {a}{b} {}}"},
		{"a line that goes on", "a.com\nlog a \\\n  b \\\n  c\ngzip", "a.com {log a b c; gzip}"},
		{"a heredoc among words", "a.com\nlog <<X\n\ta\n\tb\n\tX c\ngzip", `a.com {log "a\nb" c; gzip}`},
		{"quotes over several lines", "a.com\nlog \"a\nb\" c\ngzip", `a.com {log "a\nb" c; gzip}`},
		{"a quoted word may be a name", "a.com\n\"import\" a", `a.com {"import" a}`},
		{"matchers are lines", "a.com {\n @a path /b\n @c {\n  d\n }\n log @a\n}", "a.com {@a path /b; @c {d}; log @a}"},

		{"global options", "# comment\n{\n debug\n}\na.com {\n}", "{debug}\na.com {}"},
		{"empty global options", "{\n}\na.com", "{}\na.com {}"},
		{"named routes", "&(x) {\n gzip\n}\na.com {\n invoke x\n}", "&(x) {gzip}\na.com {invoke x}"},
		{"definitions after a site without braces", "a.com\nimport x\n(x) {\n gzip\n}\nlog\n&(y) {\n}", "&(y) {}\na.com {gzip; log}"},
		{"newlines of Windows", "\ufeffa.com {\r\n\tgzip\r\n\tlog a\r\n}\r\n", "a.com {gzip; log a}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := read(tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.want, showFile(f))
		})
	}
}

func TestParseSamples(t *testing.T) {
	for _, src := range samples {
		f, err := read(src)
		require.NoError(t, err, src)
		require.NotEmpty(t, f.Sites, src)
	}
}

// TestPlaces checks that words, sites and routes know where they are.
func TestPlaces(t *testing.T) {
	f, err := read("&(r) {\n}\n a.com,\n\tb.com {\n\tlog a \"b\nc\" d {\n\t\te }\n}")
	require.NoError(t, err)
	at := func(line, col int) directive.Pos { return directive.Pos{File: "Caddyfile", Line: line, Col: col} }
	require.Equal(t, at(1, 1), f.Routes[0].Pos)
	site := f.Sites[0]
	require.Equal(t, at(3, 2), site.Pos)
	require.Equal(t, at(4, 2), site.Addrs[1].Pos)
	var got []directive.Pos
	for _, w := range append(site.Lines[0].Words, site.Lines[0].Block[0].Words...) {
		got = append(got, w.Pos)
	}
	require.Equal(t, []directive.Pos{at(5, 2), at(5, 6), at(5, 8), at(6, 4), at(7, 3)}, got)
}

// TestParseKeepsNothing checks that a caller may go on using what it passed.
func TestParseKeepsNothing(t *testing.T) {
	src := []byte("a.com\nlog a")
	f, err := caddyfile.Parse("", src, caddyfile.ParseConfig{})
	require.NoError(t, err)
	clear(src)
	require.Equal(t, "a.com {log a}", showFile(f))
	require.Equal(t, "Caddyfile", f.Name)
	require.Empty(t, f.Files)
}

func TestParseLines(t *testing.T) {
	lines, err := caddyfile.ParseLines("x", []byte("(s) {\n}\n"), caddyfile.ParseConfig{})
	require.EqualError(t, err, "x:1:1: a snippet or route is defined outside of all blocks\n\t(s) {\n\t^")
	require.Nil(t, lines)
	lines, err = caddyfile.ParseLines("x", []byte("a b { c }\nfoo.com {\n}\n"), caddyfile.ParseConfig{})
	require.NoError(t, err)
	require.Equal(t, "a b {c}; foo.com {}", show(lines))
	require.Equal(t, directive.Pos{File: "x", Line: 2, Col: 1}, lines[1].Words[0].Pos)
}
