package caddyfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"nothing but blanks", "\n \t\n", ""},
		{"nothing but a comment", "\n# a", "# a\n"},
		{"an address", "localhost", "localhost\n"},
		{"what is well-formed", "a.com {\n\troot /srv\n}\n", "a.com {\n\troot /srv\n}\n"},

		{"blanks", "  a.com \t{\n   root   /srv  \n\t}", "a.com {\n\troot /srv\n}\n"},
		{"blanks beyond ASCII", "a.com\u00a0{\n\u3000root\u2003/srv\n}", "a.com {\n\troot /srv\n}\n"},
		{"blocks within blocks", "a.com {\na {\nb {\nc\n}\nd\n}\n}\n", "a.com {\n\ta {\n\t\tb {\n\t\t\tc\n\t\t}\n\t\td\n\t}\n}\n"},
		{"an empty block", "a.com {\n\n}\n", "a.com {\n}\n"},
		{"a site without braces", "localhost\n  gzip\n  proxy / b {\n  policy random\n  }", "localhost\ngzip\nproxy / b {\n\tpolicy random\n}\n"},
		{"global options", "\n{\ndebug\n}\na.com {\n}", "{\n\tdebug\n}\n\na.com {\n}\n"},
		{"snippets and routes", "(s) {\ngzip {args[0]}\n{block}\n}\n&(r) {\nlog\n}\na.com {\nimport s 1 {\nlog {blocks.x}\n}\n}",
			"(s) {\n\tgzip {args[0]}\n\t{block}\n}\n\n&(r) {\n\tlog\n}\n\na.com {\n\timport s 1 {\n\t\tlog {blocks.x}\n\t}\n}\n"},
		{"matchers", "a.com {\n@a {\npath /b\n}\n@c path /d\nlog @a\n}", "a.com {\n\t@a {\n\t\tpath /b\n\t}\n\t@c path /d\n\tlog @a\n}\n"},
		{"lines of an imported file", "gzip\nproxy / b {\nc\n}\nlog", "gzip\nproxy / b {\n\tc\n}\n\nlog\n"},

		{"blocks in one line", "a.com { root /srv }\nb.com { c { d } }", "a.com {\n\troot /srv\n}\n\nb.com {\n\tc {\n\t\td\n\t}\n}\n"},
		{"blocks that begin or end in a line", "a.com { b\nc { d\n} }", "a.com {\n\tb\n\tc {\n\t\td\n\t}\n}\n"},
		{"an empty block in one line", "a.com { }", "a.com {\n}\n"},

		{"a brace in a line of its own", "a.com\n\n{\nb\n}", "a.com {\n\tb\n}\n"},
		{"a brace in a line of its own, after several addresses", "a.com,\nb.com\n{\nc\n}\nimport x\nd.com\n{\n}", "a.com,\nb.com {\n\tc\n}\n\nimport x\nd.com {\n}\n"},
		{"a brace in a line of its own, after comments", "a.com # x\n# y\n\n{ # z\n# w\nb\n}", "a.com { # x\n\t# y\n\n\t# z\n\t# w\n\tb\n}\n"},
		{"a brace with more in its line, after comments", "a.com\n# x\n{ b # y\n}", "a.com {\n\t# x\n\tb # y\n}\n"},
		{"a brace in a line of its own, after a name", "a.com\ngzip b,\n(s)\n{\nb\n}\n&(r)\n{\n}", "a.com\ngzip b,\n(s) {\n\tb\n}\n\n&(r) {\n}\n"},
		{"a brace in a line of its own, after a backslash", "a.com {\na \\\n{\nb\n}\n}", "a.com {\n\ta {\n\t\tb\n\t}\n}\n"},

		{"blank lines", "\n\na.com {\n\n\n\ta\n\n\n\n\tb\n\n}\n\n\n\nb.com {\n}\n\n", "a.com {\n\ta\n\n\tb\n}\n\nb.com {\n}\n"},
		{"no blank line after a site", "a.com {\n}\n# b\nb.com {\n}", "a.com {\n}\n\n# b\nb.com {\n}\n"},
		{"blank lines with blanks", "a \n \t \n \nb", "a\n\nb\n"},

		{"comments", "# a\n\n#b\na.com { # c\n# d  \ne # f\n# g\n} # h\n# i", "# a\n\n#b\na.com { # c\n\t# d\n\te # f\n\t# g\n} # h\n\n# i\n"},
		{"a comment after a brace and another after that", "a { b { # c\n# d\ne } }", "a {\n\tb { # c\n\t\t# d\n\t\te\n\t}\n}\n"},
		{"comments above the global options", "# a\n\n{ # b\n}", "# a\n\n{ # b\n}\n"},
		{"a comment at the end that says nothing", "a #", "a #\n"},
		{"a comment that ends with a backslash", "# a \\\nb", "# a \\\nb\n"},
		{"a comment among addresses", "a.com, # x\n# y\nb.com {\n}", "a.com, # x\n# y\nb.com {\n}\n"},
		{"no comment within a word", "a b#c /#d", "a b#c /#d\n"},

		{"a line that goes on", "a b \\\n c\\\n\td\ne", "a b \\\n\tc \\\n\td\ne\n"},
		{"a line that goes on, in a block", "a {\nb \\\nc\n}", "a {\n\tb \\\n\t\tc\n}\n"},
		{"a line that goes on to a comment", "a \\\n # b\nc", "a # b\nc\n"},
		{"a line that goes on to nothing", "a \\\n\nb \\\n", "a\n\nb\n"},
		{"a line that begins by going on", "\\\na \\\n\\\nb", "a \\\n\tb\n"},

		{"quotes", "a  \"b   c\"  \"\"  `d   e`", "a \"b   c\" \"\" `d   e`\n"},
		{"quotes over several lines", "a.com {\n b \"c\n   d\n\n\n e\"   f\n g\n}", "a.com {\n\tb \"c\n   d\n\n\n e\" f\n\tg\n}\n"},
		{"quoted braces, hashes and backslashes", "a \"{\" \"}\" \"# b\" \"c\\\\\" `\\` \"d\\\"\"\ne", "a \"{\" \"}\" \"# b\" \"c\\\\\" `\\` \"d\\\"\"\ne\n"},
		{"backslashes at the end of a word", "a C:\\b\\ \nc { d\\ }\ne\\", "a C:\\b\\ \nc {\n\td\\ \n}\n\ne\\ \n"},

		{"a heredoc", "a.com {\nb  <<END  \n  c   d\n\n\n    e\n\n  END   f\ng\n}", "a.com {\n\tb <<END\n  c   d\n\n\n    e\n\n  END f\n\tg\n}\n"},
		{"a heredoc with syntax in it", "a <<X\n\t { # \"\n\tX  # c\nb", "a <<X\n\t { # \"\n\tX # c\nb\n"},
		{"empty heredocs", "a <<X\nX\nb <<X\n\n\tX\nc", "a <<X\nX\nb <<X\n\n\tX\nc\n"},
		{"no heredoc", "a { b <<END }\nc <<END d\n<<END \\\n\ne <<END # f", "a {\n\tb \\<<END\n}\n\nc <<END d\n\\<<END\n\ne <<END # f\n"},
		{"no heredoc, escaped", "a \\<<END\nb \\<<END c", "a \\<<END\nb \\<<END c\n"},

		{"placeholders", "{$A:b} {$B} {%C%} {\n  d {host}{e} {} {{f}} {$G*}\n}", "{$A:b} {$B} {%C%} {\n\td {host}{e} {} {{f}} {$G*}\n}\n"},
		{"a URL", "a  http://b.com/c#d  //e", "a http://b.com/c#d //e\n"},

		{"lines of Windows", "a.com {\r\n  b   c\r\n  d \"e\r\nf\"\r\n}\r\n", "a.com {\r\n\tb c\r\n\td \"e\r\nf\"\r\n}\r\n"},
		{"lines that go on in Windows, and a heredoc", "a \\\r\n b <<X \r\n  c\r\n  X\r\n# d \r\ne", "a \\\r\n\tb <<X\r\n  c\r\n  X\r\n# d\r\ne\r\n"},
		{"lines of both", "a\r\nb\nc", "a\r\nb\r\nc\r\n"},
		{"lines of both, Unix first", "a\nb\r\nc", "a\nb\nc\n"},
		{"a byte order mark", "\ufeff  a", "\ufeffa\n"},
		{"a byte order mark and global options", "\ufeff{\na\n}\nb", "\ufeff{\n\ta\n}\n\nb\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := caddyfile.Format([]byte(tt.src))
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
			checkFormat(t, tt.src, string(got))
		})
	}
}

// checkFormat checks that two Caddyfiles say the same, and that to format the second
// changes nothing.
func checkFormat(t *testing.T, src, formatted string) {
	t.Helper()
	again, err := caddyfile.Format([]byte(formatted))
	require.NoError(t, err)
	require.Equal(t, formatted, string(again))
	words, comments := split(t, src)
	newWords, newComments := split(t, formatted)
	require.Equal(t, words, newWords)
	require.ElementsMatch(t, comments, newComments)
	c := caddyfile.ParseConfig{Env: environment, FS: fstest.MapFS{}}
	before, err := caddyfile.Parse("", []byte(src), c)
	if err == nil {
		after, err := caddyfile.Parse("", []byte(formatted), c)
		require.NoError(t, err)
		require.Equal(t, showFile(before), showFile(after))
	}
	if lines, err := caddyfile.ParseLines("", []byte(src), c); err == nil {
		after, err := caddyfile.ParseLines("", []byte(formatted), c)
		require.NoError(t, err)
		require.Equal(t, show(lines), show(after))
	}
}

// split returns the tokens of src, without their places, and the comments.
func split(t *testing.T, src string) (words, comments []string) {
	tokens, problems := caddyfile.Tokens(src)
	require.Empty(t, problems)
	for _, token := range tokens {
		_, text, _ := strings.Cut(token, " ")
		if strings.HasPrefix(text, "#") {
			comments = append(comments, strings.TrimRight(text, " \t\v\f\r"))
		} else {
			words = append(words, text)
		}
	}
	return words, comments
}

func TestFormatErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a quote that is not closed", "a \"b", "1:3: this quote is never closed"},
		{"a block that is not closed", "a {\nb", "1:3: the block of \"a\" is never closed: a } is missing"},
		{"a brace too many", "a\n}", "2:1: this } closes nothing"},
		{"a brace that sticks to a word", "a{\n}", "1:2: a space is missing before {"},
		{"a comment of another language", "// a\nb", "1:1: comments begin with #, not with //"},
		{"what would be one, in a line of its own", "a { //b }", "1:5: comments begin with #, not with //"},
		{"a brace in a line of its own, after a directive (caddy#5505)", "a.com {\n\tb c\n\t{\n\t}\n}", "3:2: this { has to be in the line of what it belongs to, \"b\""},
		{"a brace in a line of its own, after a directive without a site's braces", "a.com\nb c\n{\n}", "3:1: this { has to be in the line of what it belongs to, \"b\""},
		{"a brace in a line of its own, after an import", "import a,\nb.com\nimport c\n{\n}", "4:1: this { has to be in the line of what it belongs to, \"import\""},
		{"a brace in a line of its own, after more than a name", "(a) b\n{\n}", "2:1: this { has to be in the line of what it belongs to, \"(a)\""},
		{"a block of nothing", "a {\n{\n}\n}", "2:1: a block has to belong to something: what is before this {?"},
		{"another block of nothing", "a {\nb {\n}\n{\n}\n}", "4:1: a block has to belong to something: what is before this {?"},
		{"global options that are not first", "a {\n}\n{\n}", "3:1: a block has to belong to something, unless it is the first in the file: then it has the global options"},
		{"words after a block", "a {\n} b", "2:3: what comes after a } has to be in a line of its own"},
		{"a block after a block", "a {\n} {\n}", "2:3: what comes after a } has to be in a line of its own"},
		{"what is no text", "a\x00", "1:2: a zero byte: this is not a text file, or not one in UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := caddyfile.Format([]byte(tt.src))
			require.Nil(t, got)
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, "Caddyfile:"+tt.want, first)
		})
	}
}

// TestFormatSamples formats what people write.
func TestFormatSamples(t *testing.T) {
	for _, src := range slices.Concat(samples, []string{string(manySites(3)), string(manyImports(3))}) {
		got, err := caddyfile.Format([]byte(src))
		require.NoError(t, err)
		checkFormat(t, src, string(got))
	}
	src := manySites(3)
	got, err := caddyfile.Format(src)
	require.NoError(t, err)
	require.Equal(t, strings.ReplaceAll(string(src), "\n}\nsite", "\n}\n\nsite"), string(got))
}

func TestFormatFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.conf")
	for _, tt := range []struct {
		src, want string
		changed   bool
	}{
		{"a.com {\n}\n", "a.com {\n}\n", false},
		{"a.com { }", "a.com {\n}\n", true},
		{"", "", false},
	} {
		require.NoError(t, os.WriteFile(name, []byte(tt.src), 0o600))
		got, changed, err := caddyfile.FormatFile(name)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(got))
		require.Equal(t, tt.changed, changed)
	}
	require.NoError(t, os.WriteFile(name, []byte("a {"), 0o600))
	_, changed, err := caddyfile.FormatFile(name)
	require.ErrorContains(t, err, name+":1:3: the block of \"a\" is never closed")
	require.False(t, changed)
	_, _, err = caddyfile.FormatFile(name + "x")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// FuzzFormat checks that what is formatted is so for good, and says what it said.
func FuzzFormat(f *testing.F) {
	for _, src := range samples {
		f.Add(src)
	}
	f.Add("a { b <<END }\nc\\ \n<<END \\\n\n\\<<X\nd <<X\r\n\t { # \"\n\tX  # c\n(s)\n{ # e\n} # f\n")
	f.Add("\ufeff# a\n{\n}\na.com, # x\n\n# y\nb.com\n# z\n{ `c\n`\\\n\"d\n\n\" e \\\n# f\n}\nimport x\n{$A:b}\n\n\n{\n//c }\n")
	f.Fuzz(func(t *testing.T, src string) {
		got, err := caddyfile.Format([]byte(src))
		if err != nil {
			require.Nil(t, got)
			require.True(t, strings.HasPrefix(err.Error(), "Caddyfile:"), err)
			return
		}
		checkFormat(t, src, string(got))
	})
}

func BenchmarkFormat(b *testing.B) {
	src := manySites(10_000)
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		_, err := caddyfile.Format(src)
		require.NoError(b, err)
	}
}

// ExampleFormat shows what is left as it is, and what is not.
func ExampleFormat() {
	formatted, err := caddyfile.Format([]byte(`example.com,
www.example.com
{   # two names
root   /var/www
  proxy /api localhost:9000 { policy random }



    header / Greeting "Hello,   world"
}`))
	if err != nil {
		fmt.Println(err) // all that is wrong, with its place
		return
	}
	fmt.Print(string(formatted))
	// Output:
	// example.com,
	// www.example.com { # two names
	// 	root /var/www
	// 	proxy /api localhost:9000 {
	// 		policy random
	// 	}
	//
	// 	header / Greeting "Hello,   world"
	// }
}
