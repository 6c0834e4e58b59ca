package caddyfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestTokens checks how a text is cut up. A | is at the first token of a line.
func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		want      string // one token a line
	}{
		{"nothing", "", ""},
		{"nothing but blanks", " \t\r\n\n ", ""},
		{"words", "a b\tc\n d", "|1:1 a\n1:3 b\n1:5 c\n|2:2 d"},
		{"newlines of Windows", "a b\r\nc\r\n", "|1:1 a\n1:3 b\n|2:1 c"},
		{"a byte order mark", "\ufeffa b", "|1:1 a\n1:3 b"},
		{"blanks beyond ASCII", "a\u00a0b\u2003c\u3000d", "|1:1 a\n1:4 b\n1:8 c\n1:12 d"},
		{"columns count bytes", "ä b", "|1:1 ä\n1:4 b"},

		{"comments", "# a\nb # c\r\n#d", "|1:1 # a\n|2:1 b\n2:3 # c\n|3:1 #d"},
		{"no comment within a word", "/a#b c#", "|1:1 /a#b\n1:6 c#"},
		{"no comment within quotes", `"# a" b`, "|1:1 \"# a\"\n1:7 b"},

		{"quotes", `a "b  c" ""`, "|1:1 a\n1:3 \"b  c\"\n1:10 \"\""},
		{"a quote within quotes", `"a \"b\""`, `|1:1 "a \"b\""`},
		{"other backslashes are just that", `"C:\php\n" C:\php`, "|1:1 \"C:\\\\php\\\\n\"\n1:12 C:\\php"},
		{"two backslashes are just that, too", `"a\\" b`, "|1:1 \"a\\\\\\\\\"\n1:7 b"},
		{"two backslashes and an escaped quote", `"a\\\" \\" b`, "|1:1 \"a\\\\\\\\\\\" \\\\\\\\\"\n1:12 b"},
		{"quotes over several lines", "a \"b\n  c\" d\ne", "|1:1 a\n1:3 \"b\\n  c\"\n2:6 d\n|3:1 e"},
		{"quotes over lines of Windows", "\"a\r\nb\"", `|1:1 "a\nb"`},
		{"a quote within a word", `a"b"`, `|1:1 a"b"`},
		{"backquotes", "`a \"b\" \\` c", "|1:1 `a \"b\" \\`\n1:11 c"},

		{"a line that goes on", "a \\\n b \\\r\nc\nd", "|1:1 a\n2:2 b\n3:1 c\n|4:1 d"},
		{"a line that goes on after a word", "a\\\nb", "|1:1 a\n2:1 b"},
		{"no comment goes on", "# a \\\nb", "|1:1 # a \\\n|2:1 b"},

		{"braces", "a { b }", "|1:1 a\n1:3 {\n1:5 b\n1:7 }"},
		{"braces in words", "{a} {} a{b}c {{x}}", "|1:1 {a}\n1:5 {}\n1:8 a{b}c\n1:14 {{x}}"},
		{"quoted braces", `"{" "}"`, "|1:1 \"{\"\n1:5 \"}\""},

		{"a heredoc", "a <<END\n  b\n    c\n\n  END d\ne", "|1:1 a\n1:3 <<\"b\\n  c\\n\"\n5:7 d\n|6:1 e"},
		{"an empty heredoc", "<<END\nEND", `|1:1 <<""`},
		{"a heredoc of Windows", "<<END \r\n\ta\r\n\tb\r\n\tEND\r\nc", "|1:1 <<\"a\\nb\"\n|5:1 c"},
		{"a heredoc with its marker within", "<<END\nENDS\nxEND\nEND", `|1:1 <<"ENDS\nxEND"`},
		{"a heredoc with blank lines", "<<X\n\t\ta\n\n\t\n\t\tX", `|1:1 <<"a\n\n"`},
		{"no heredoc within a line", "<<END a", "|1:1 <<END\n1:7 a"},
		{"no heredoc if escaped", "\\<<END\na", "|1:1 <<END\n|2:1 a"},
		{"no heredoc in quotes", "\"<<END\"", `|1:1 "<<END"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens, problems := caddyfile.Tokens(tt.src)
			require.Empty(t, problems)
			require.Equal(t, tt.want, strings.Join(tokens, "\n"))
		})
	}
}

// TestTokensGoOn checks what is reported, and that reading goes on as if it had
// been written well.
func TestTokensGoOn(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		problem   string
		want      string
	}{
		{"no space before a brace", "a{\nb", "1:2 a space is missing before {", "|1:1 a\n1:2 {\n|2:1 b"},
		{"no space before a brace, after a placeholder", "{a}{", "1:4 a space is missing before {", "|1:1 {a}\n1:4 {"},
		{"no space before a closing brace", "{ a}", "1:4 a space is missing before }", "|1:1 {\n1:3 a\n1:4 }"},
		{"no space after a closing brace", "}a", "1:2 a space is missing after }", "|1:1 }\n1:2 a"},
		{"no space between closing braces", "a { b { c }}", "1:12 a space is missing after }", "|1:1 a\n1:3 {\n1:5 b\n1:7 {\n1:9 c\n1:11 }\n1:12 }"},
		{"no space after a brace", "a {b }", `1:3 "{b" is read as one word: after a { that opens a block there has to be a space, and a word with blanks has to be in quotes`,
			"|1:1 a\n1:3 {\n1:4 b\n1:6 }"},
		{"no space after a quote", `"a"b`, "1:4 a space is missing after the closing quote", "|1:1 \"a\"\n1:4 b"},
		{"no space after a backquote", "`a`{", "1:4 a space is missing after the closing quote", "|1:1 `a`\n1:4 {"},
		{"comments of another language", "a\n // b {\nc //d", "2:2 comments begin with #, not with //", "|1:1 a\n|2:2 // b {\n|3:1 c\n3:3 //d"},
		{"typographic quotes", "“a b” c", `1:1 “ is a typographic quote: use "`, "|1:1 `a b`\n1:11 c"},
		{"typographic quotes of another kind", "‚{a}‘ ” „”", "1:1 ‚ is a typographic quote: use \"\n1:11 ” is a typographic quote: use \"", "|1:1 `{a}`\n1:11 ` „`"},
		{"a typographic quote that is not closed", "“a b\n”", "1:1 “ is a typographic quote: use \"\n2:1 ” is a typographic quote: use \"", "|1:1 “a\n1:6 b\n|2:1 ”"},
		{"a typographic quote at the end of a word", "a b”", `1:4 ” is a typographic quote: use "`, "|1:1 a\n1:3 b”"},
		{"quotes of a shell", "'a {' '{ don't }' ''", quotesNothing("1:1") + "\n" + quotesNothing("1:7") + "\n" + quotesNothing("1:19"), "|1:1 `a {`\n1:7 `{ don't }`\n1:19 ``"},
		{"quotes of a shell that are not closed", "'a ‘b '\\\nc", quotesNothing("1:1") + "\n1:4 ‘ is a typographic quote: use \"\n" + quotesNothing("1:9"), "|1:1 'a\n1:4 ‘b\n1:9 '\n2:1 c"},
		{"a typographic dash", "–x", `1:1 "–x" begins with a typographic dash (did you mean "--x"?); in quotes it is taken as it is`, "|1:1 –x"},
		{"typographic dashes within words", "a–b c’ d'e f'", "", "|1:1 a–b\n1:7 c’\n1:12 d'e\n1:16 f'"},
		{"what cannot be seen", "a\u200bb", "1:2 the character U+200B in this word cannot be seen: remove it, or put the word in quotes", "|1:1 a\u200bb"},
		{"what cannot be seen, in quotes", "\"a\u200bb\"", "", `|1:1 "a\u200bb"`},
		{"an uneven heredoc", "<<X\n  a\n b\n  X c", "3:1 this line of a heredoc is not indented as its last one, with the marker", "|1:1 <<\"a\\nb\"\n4:5 c"},
		{"a heredoc without a marker", "a <<\nb", `1:3 a marker is missing after <<, as in <<END (for the word itself, write \<<)`, "|1:1 a"},
		{"a heredoc with too many <", "<<<X\nX", "1:1 a heredoc begins with two <, as in <<END", ""},
		{"a heredoc with a strange marker", "<<a>\nX", `1:1 the marker of a heredoc consists of letters, digits, - and _, as in <<END (for the word itself, write \<<)`, ""},
		{"an open heredoc", "a\nb <<X\nX. ", "2:3 this heredoc is never closed: no line below begins with X", "|1:1 a\n|2:1 b"},
		{"an open heredoc at the end", "<<X", "1:1 this heredoc is never closed: no line below begins with X", ""},
		{"an open quote", "a \"b\nc", "1:3 this quote is never closed", "|1:1 a"},
		{"an open quote of Windows", `a "C:\b\" c`, `1:3 this quote is never closed; \" does not close it`, "|1:1 a"},
		{"an open quote after a long one", "a \"b\n\" \"c", "2:3 this quote is never closed, or else the one at :1:3, which goes on over several lines", "|1:1 a\n1:3 \"b\\n\""},
		{"an open backquote", "a\n`b", "2:1 this quote is never closed", "|1:1 a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens, problems := caddyfile.Tokens(tt.src)
			require.Equal(t, tt.problem, strings.Join(problems, "\n"))
			require.Equal(t, tt.want, strings.Join(tokens, "\n"))
		})
	}
}

func quotesNothing(at string) string {
	return at + " ' quotes nothing: use \" or ` (in those, it is taken as it is)"
}

// TestTokensCover checks that tokens are all there is to a text but blanks, so
// that tools can be made of them.
func TestTokensCover(t *testing.T) {
	for _, src := range samples {
		require.Empty(t, strings.Trim(caddyfile.Uncovered(src), " \t\r\n\\"), src)
	}
}
