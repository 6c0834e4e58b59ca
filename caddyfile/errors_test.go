package caddyfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestParseErrors checks what people are told, but for imports.
func TestParseErrors(t *testing.T) {
	checkParseErrors(t, []parseError{
		{"no site", "# nothing", `
Caddyfile:1:1: there is no site here: a site begins with its address, such as localhost:2015
># nothing
>^`},
		{"nothing", "", `
Caddyfile:1:1: there is no site here: a site begins with its address, such as localhost:2015`},
		{"only a snippet", "(s) {\n}", `
Caddyfile:1:1: there is no site here: a site begins with its address, such as localhost:2015
>(s) {
>^`},

		{"a printed sample", "//Caddyfile\nlocalhost:2015\ngzip", `
Caddyfile:1:1: comments begin with #, not with //
>//Caddyfile
>^`},
		{"a printed dash", "localhost\ngit a/b {\n\tthen hugo –destination=/c\n}", `
Caddyfile:3:12: "–destination=/c" begins with a typographic dash (did you mean "--destination=/c"?); in quotes it is taken as it is
>then hugo –destination=/c
>          ^`},

		{"a site without its closing brace", "localhost {\n gzip\n", `
Caddyfile:1:11: the block of "localhost" is never closed: a } is missing
>localhost {
>          ^`},
		{"a site without its closing brace, and another (caddy#1998)", "a.com {\n\tgzip\n\nb.com {\n\tgzip\n}\n", `
Caddyfile:1:7: the block of "a.com" is never closed: a } is missing before "b.com" in line 4
>a.com {
>      ^`},
		{"a directive without its closing brace", "a.com {\n\tproxy / b {\n\t\tpolicy random\n\tgzip\n}\nb.com {\n}\n", `
Caddyfile:2:12: the block of "proxy" is never closed: a } is missing before "gzip" in line 4
>proxy / b {
>          ^`},
		{"a directive without its closing brace, at the end of its site", "a.com {\n\tproxy / b {\n\t\tpolicy random\n}\nb.com {\n}\n", `
Caddyfile:2:12: the block of "proxy" is never closed: a } is missing
>proxy / b {
>          ^`},
		{"blocks without any closing brace", "a.com, b.com {\nproxy / b {\n", `
Caddyfile:1:14: the block of "a.com" is never closed: a } is missing
>a.com, b.com {
>             ^
Caddyfile:2:11: the block of "proxy" is never closed: a } is missing
>proxy / b {
>          ^`},
		{"options without a closing brace", "{\n debug\n", `
Caddyfile:1:1: this block is never closed: a } is missing
>{
>^`},
		{"a closing brace too many", "a.com {\n gzip\n}\n}\n", `
Caddyfile:4:1: this } closes nothing: the block of "a.com" ended in line 3
>}
>^`},
		{"a closing brace without an opening one (caddy#1076)", "localhost\ngzip\n}", `
Caddyfile:3:1: this } closes nothing
>}
>^`},
		{"a brace that sticks to the address (caddy#4163)", "a.com{\n gzip\n}", `
Caddyfile:1:6: a space is missing before {
>a.com{
>     ^`},
		{"a brace that sticks to a word (caddy#2366)", "a.com {\n proxy / b {policy random}\n}", `
Caddyfile:2:12: "{policy" is read as one word: after a { that opens a block there has to be a space, and a word with blanks has to be in quotes
>proxy / b {policy random}
>          ^
Caddyfile:2:26: a space is missing before }
>proxy / b {policy random}
>                        ^`},
		{"a brace in the line after the directive (caddy#5505)", "a.com {\n\tproxy / b\n\t{\n\t\tpolicy random\n\t}\n}", `
Caddyfile:3:2: this { has to be in the line of what it belongs to, "proxy"
>{
>^`},
		{"a block of nothing", "a.com {\n\t{\n\t}\n}", `
Caddyfile:2:2: a block has to belong to something: what is before this {?
>{
>^`},
		{"options that are not first", "a.com {\n}\n{\n\tdebug\n}", `
Caddyfile:3:1: a block has to belong to something, unless it is the first in the file: then it has the global options
>{
>^`},
		{"words after a block", "a.com {\n\tgzip { } log\n} b.com {\n}", `
Caddyfile:2:11: what comes after a } has to be in a line of its own
>gzip { } log
>         ^
Caddyfile:3:3: what comes after a } has to be in a line of its own
>} b.com {
>  ^`},

		{"a site in one line", "a.com root /srv, log {\n}\n", `
Caddyfile:1:7: "root" is a directive, not the address of a site: it begins a line of its own
>a.com root /srv, log {
>      ^
Caddyfile:1:18: "log" is a directive, not the address of a site: it begins a line of its own
>a.com root /srv, log {
>                 ^`},
		{"an import in the line of an address", "a.com import x\n", `
Caddyfile:1:7: "import" is a directive, not the address of a site: it begins a line of its own
>a.com import x
>      ^`},
		{"newlines of no system of today", "a.com\rroot /srv\rlog\r", `
Caddyfile:1:6: a carriage return without a newline after it: the lines of this file do not end as those of Unix or of Windows
>a.com�root /srv�log
>     ^`},
		{"a line hidden in a comment", "a.com\r\n# the root\rroot /srv\r\n", `
Caddyfile:2:11: a carriage return without a newline after it: the lines of this file do not end as those of Unix or of Windows
># the root�root /srv
>          ^`},

		{"no address (caddy#530)", "gzip\nlog a\n", `
Caddyfile:1:1: "gzip" is a directive, not the address of a site: that comes first, such as localhost:2015
>gzip
>^`},
		{"a directive for an address", "gzip {\n\tlevel 3\n}\n", `
Caddyfile:1:1: "gzip" is a directive, not the address of a site: that comes first, such as localhost:2015
>gzip {
>^`},
		{"directives between sites (caddy#6095)", "a.com {\n}\ngzip\nproxy / b {\n\tpolicy random\n}\nb.com {\n}", `
Caddyfile:3:1: "gzip" is a directive, not the address of a site: it has to be between the braces of one
>gzip
>^`},
		{"an unknown directive between sites", "a.com {\n}\nnot_known ./x y\ngzip\nb.com {\n}", `
Caddyfile:3:1: there is no block after "not_known": of several sites, each has its directives between braces
>not_known ./x y
>^`},
		{"several sites without braces (caddy#4301)", "a.com\ngzip\n\nb.com\nlog\n", `
Caddyfile:4:1: "b.com" begins a second site, and the first, "a.com", has no braces: of several sites, each has its directives between braces
>b.com
>^`},
		{"a first site without braces", "localhost\ngzip\nhttp://b.com, c.com {\n\tgzip\n}\n", `
Caddyfile:3:1: "http://b.com," begins a second site, and the first, "localhost", has no braces: of several sites, each has its directives between braces
>http://b.com, c.com {
>^`},
		{"a second site without braces", "a.com {\n\tgzip\n}\nb.com\nlog\ngzip\n", `
Caddyfile:4:1: there is no block after "b.com": of several sites, each has its directives between braces
>b.com
>^`},
		{"a comma too many", "a.com,\nb.com, {\n}", `
Caddyfile:2:6: an address is missing after the comma
>b.com, {
>     ^`},
		{"a comma at the end", "a.com,", `
Caddyfile:1:6: an address is missing after the comma
>a.com,
>     ^`},
		{"a comma before a directive", "a.com, b.com, # c.com\nroot .\n", `
Caddyfile:1:13: an address is missing after the comma
>a.com, b.com, # c.com
>            ^`},
		{"a comma before an import", "a.com,\nimport x\n-- x --\nroot .\n", `
Caddyfile:1:6: an address is missing after the comma
>a.com,
>     ^`},
		{"a comma first", ", a.com {\n}", `
Caddyfile:1:1: the address of a site must not be empty
>, a.com {
>^`},
		{"no space after a comma (caddy#5505)", "a.com,b.com {\n}", `
Caddyfile:1:1: "a.com,b.com": after a comma there has to be a space
>a.com,b.com {
>^`},

		{"quotes of a shell", "a.com\nroot 'my dir'\nlog / a.log '{common}'\nlog '", `
Caddyfile:2:6: ' quotes nothing: use " or ` + "`" + ` (in those, it is taken as it is)
>root 'my dir'
>     ^
Caddyfile:3:13: ' quotes nothing: use " or ` + "`" + ` (in those, it is taken as it is)
>log / a.log '{common}'
>            ^
Caddyfile:4:5: ' quotes nothing: use " or ` + "`" + ` (in those, it is taken as it is)
>log '
>    ^`},
		{"quotes of a word processor", "a.com\nroot “my dir”\nlog ‘a.log’", `
Caddyfile:2:6: “ is a typographic quote: use "
>root “my dir”
>     ^
Caddyfile:3:5: ‘ is a typographic quote: use "
>log ‘a.log’
>    ^`},

		{"an open quote", "a.com {\n\tlog \"access.log\n\tgzip\n}\n", `
Caddyfile:2:6: this quote is never closed
>log "access.log
>    ^`},
		{"an open quote before another", "a.com {\n\tlog \"access.log\n\troot \"/a\"\n}\n", `
Caddyfile:3:8: a space is missing after the quote that closes the one at Caddyfile:2:6
>root "/a"
>      ^`},
		{"an open heredoc", "a.com {\n\tlog <<END\n\t\tx\n\tEN\n}\n", `
Caddyfile:2:6: this heredoc is never closed: no line below begins with END
>log <<END
>    ^`},
		{"a byte order mark and an error in the first line", "\ufeffa.com{\n}", `
Caddyfile:1:6: a space is missing before {
>a.com{
>     ^`},
		{"a zero byte", "a.com\nlog \x00", `
Caddyfile:2:5: a zero byte: this is not a text file, or not one in UTF-8
>log �
>    ^`},
		{"another encoding", "a.com\nlog /b\xfccher \xff", `
Caddyfile:2:7: byte 0xfc is not UTF-8
>log /bcher 
>      ^`},

		{"several, in order", "a.com{\n\tlog \"a\"b\n}\nb.com:x {\n\timport nothing\n}\n}", `
Caddyfile:1:6: a space is missing before {
>a.com{
>     ^
Caddyfile:2:9: a space is missing after the closing quote
>log "a"b
>       ^
Caddyfile:4:1: "b.com:x" is not the address of a site: "x" is not a port, which is a number up to 65535
>b.com:x {
>^
Caddyfile:5:9: there is neither a snippet nor a file "nothing"
>import nothing
>       ^
Caddyfile:7:1: this } closes nothing: the block of "b.com:x" ended in line 6
>}
>^`},
	})
}

// A parseError is a Caddyfile and what is wrong with it; the lines that quote it
// begin with > in place of a tab.
type parseError struct{ name, src, want string }

func checkParseErrors(t *testing.T, cases []parseError) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFilesWith(tt.src, caddyfile.ParseConfig{Directives: directives, Env: environment})
			require.Nil(t, f)
			require.EqualError(t, err, strings.ReplaceAll(strings.TrimPrefix(tt.want, "\n"), "\n>", "\n\t"))
		})
	}
}

// TestManyErrors checks that only some are told of many, the first ones.
func TestManyErrors(t *testing.T) {
	for _, n := range []int{10, 11, 5000} {
		_, err := caddyfile.Parse("", []byte(strings.Repeat(":x {\n}\n", n)), caddyfile.ParseConfig{})
		lines := strings.Split(err.Error(), "\n")
		require.Equal(t, `Caddyfile:19:1: ":x" is not the address of a site: "x" is not a port, which is a number up to 65535`, lines[27])
		if n == 10 {
			require.Len(t, lines, 30)
			continue
		}
		require.Equal(t, []string{fmt.Sprintf("and %d more", n-10)}, lines[30:])
	}
}

// TestParseErrorIsPlaced checks that programs can tell where an error is.
func TestParseErrorIsPlaced(t *testing.T) {
	_, err := caddyfile.Parse("", []byte("a.com {\n\tlog \"a\n}"), caddyfile.ParseConfig{})
	e, ok := errors.AsType[*directive.Error](err)
	require.True(t, ok)
	require.Equal(t, directive.Pos{File: "Caddyfile", Line: 2, Col: 6}, e.Pos)
	require.Equal(t, "\tlog \"a", e.Source)
}

func TestExplain(t *testing.T) {
	f, err := parseFiles("(s) {\n\tgzip a\n}\na.com {\n\timport s\n\timport x\n\tlog\n}\n-- x --\nroot\n")
	require.NoError(t, err)
	at := func(file string, line, col int, text string) error {
		return &directive.Error{Pos: directive.Pos{File: file, Line: line, Col: col}, Err: errors.New(text)}
	}
	wrapped := at("Caddyfile", 4, 1, "fourth")
	require.NoError(t, f.Explain(nil))
	require.EqualError(t, f.Explain(errors.Join(
		errors.New("without a place"),
		at("x", 1, 1, "third"),
		at("Caddyfile", 7, 2, "second"),
		errors.Join(at("Caddyfile", 2, 7, "first"), at("elsewhere", 1, 1, "of another file")),
		at("Caddyfile", 2, 7, "first again"),
		fmt.Errorf("wrapped: %w", wrapped),
	)), strings.Join([]string{
		"Caddyfile:2:7: first", "\tgzip a", "\t     ^", "\timported at Caddyfile:5:2",
		"Caddyfile:7:2: second", "\tlog", "\t^",
		"elsewhere:1:1: of another file",
		"x:1:1: third", "\troot", "\t^", "\timported at Caddyfile:6:9",
		"without a place",
		"wrapped: Caddyfile:4:1: fourth",
	}, "\n"))
	require.EqualError(t, wrapped, "Caddyfile:4:1: fourth\n\ta.com {\n\t^", "though its text was part of another before")
}
