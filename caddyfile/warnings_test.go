package caddyfile_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

const inQuotes = "; if that is meant, put it in quotes"

func TestWarnings(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a comma", "a.com, b.com\nx a, b", `2:3 "a," is taken as it is: words are separated by blanks, without commas` + inQuotes},
		{"a semicolon", "a.com {\n x a b;\n}", `2:6 "b;" is taken as it is: a line ends without a semicolon` + inQuotes},
		{"a home folder", "a.com\nx ~/a", `2:3 "~/a" is taken as it is: the home folder is {$HOME}` + inQuotes},
		{"a variable of a shell", "a.com\nx $HOME", `2:3 "$HOME" is taken as it is: a variable of the environment is {$HOME}` + inQuotes},
		{"a variable of a shell, in a path", "a.com\nx $HOME/a", `2:3 "$HOME/a" is taken as it is: a variable of the environment is {$HOME}` + inQuotes},
		{"a variable of a shell, in braces", "a.com\nx a/${home}/b", `2:3 "a/${home}/b" is taken as it is: a variable of the environment is {$home}` + inQuotes},
		{"a variable that is not set", "a.com\nx a{$NOPE}", "2:3 the environment variable NOPE is not set; if it need not be, write {$NOPE:}"},
		{"a variable of another system that is not set", "a.com\nx {%NOPE%}", "2:3 the environment variable NOPE is not set; if it need not be, write {$NOPE:}"},
		{"a pattern of no file", "import sites/*\na.com", `1:8 there is no file "sites/*"`},
		{"several in a line", "a.com\nx {$NOPE}, ~/a;", "2:3 the environment variable NOPE is not set; if it need not be, write {$NOPE:}\n" +
			`2:12 "~/a;" is taken as it is: a line ends without a semicolon` + inQuotes},
		{"a snippet, imported twice", "(s) {\n x a;\n}\na.com {\n import s\n import s\n}", `2:4 "a;" is taken as it is: a line ends without a semicolon` + inQuotes},
		{"arguments of a block's line", "a.com {\n x {\n  y a;\n }\n}", `3:5 "a;" is taken as it is: a line ends without a semicolon` + inQuotes},

		{"in quotes", "a.com\nx \"a,\" `b;` \"~/a\" `$HOME` \"${HOME}\"", ""},
		{"within a word", "a.com\nx a,b a;b a~/b p$HOME don't", ""},
		{"passwords", "a.com\nx $secret $2a$10$abc ~user ~", ""},
		{"placeholders", "a.com\nx {host} {{.Name}} ${ab-c} $ab", ""},
		{"variables that may be empty", "a.com\nx {$EMPTY} {$NOPE:} {$NOPE:x} {$NOPE*}", ""},
		{"a pattern of a file", "a.com\nimport d/*\n-- d/1 --\nx", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFilesWith(tt.src, caddyfile.ParseConfig{Env: environment})
			require.NoError(t, err)
			var got []string
			for _, w := range f.Warnings {
				got = append(got, strings.TrimPrefix(w.Pos.String(), "Caddyfile:")+" "+w.Err.Error())
			}
			require.Equal(t, tt.want, strings.Join(got, "\n"))
		})
	}
}

// TestWarningsExplain checks that an error is told what was odd about its word,
// and that a warning is not told twice.
func TestWarningsExplain(t *testing.T) {
	f, err := parseFilesWith("a.com {\n\tanswer a ~/b\n}", caddyfile.ParseConfig{})
	require.NoError(t, err)
	_, err = caddyfile.Build(f, caddyfile.Config{Vocabulary: vocabulary()})
	require.EqualError(t, err, `Caddyfile:2:11: answer: unexpected "~/b" (the home folder is {$HOME})
	answer a ~/b
	         ^`)
	require.EqualError(t, f.Explain(f.Warnings[0]), `Caddyfile:2:11: "~/b" is taken as it is: the home folder is {$HOME}`+inQuotes+`
	answer a ~/b
	         ^`)
}

// TestHints checks what errors come of that have a hint.
func TestHints(t *testing.T) {
	checkParseErrors(t, []parseError{
		{"variables that are not set, and one that is empty", "a.com:{$NOPE}, {$NOPE}, {%NOPE%}, b.com:{$EMPTY} {\n\timport {$NOPE}\n}", `
Caddyfile:1:1: "a.com:" is not the address of a site: the port is missing after the colon (the environment variable NOPE is not set)
>a.com:{$NOPE}, {$NOPE}, {%NOPE%}, b.com:…
>^
Caddyfile:1:16: the address of a site must not be empty, but {$NOPE} is: if it may be, write {$NAME*} (the environment variable NOPE is not set)
>a.com:{$NOPE}, {$NOPE}, {%NOPE%}, b.com:{$EMPTY} {
>               ^
Caddyfile:1:25: the address of a site must not be empty, but {%NOPE%} is: if it may be, write {$NAME*} (the environment variable NOPE is not set)
>a.com:{$NOPE}, {$NOPE}, {%NOPE%}, b.com:{$EMPTY} {
>                        ^
Caddyfile:1:35: "b.com:" is not the address of a site: the port is missing after the colon (the environment variable EMPTY is empty)
>a.com:{$NOPE}, {$NOPE}, {%NOPE%}, b.com:{$EMPTY} {
>                                  ^
Caddyfile:2:9: import what? A file, a pattern such as sites/*, or a snippet (the environment variable NOPE is not set)
>import {$NOPE}
>       ^`},
		{"variables of a shell", "a.com:$PORT {\n\timport ~/x\n\timport ${HOME}/x\n}", `
Caddyfile:1:1: "a.com:$PORT" is not the address of a site: "$PORT" is not a port, which is a number up to 65535 (a variable of the environment is written {$NAME})
>a.com:$PORT {
>^
Caddyfile:2:9: there is neither a snippet nor a file "~/x" (the home folder is {$HOME})
>import ~/x
>       ^
Caddyfile:3:9: there is neither a snippet nor a file "${HOME}/x" (a variable of the environment is {$HOME})
>import ${HOME}/x
>       ^`},
	})
}

// TestBuildWarns checks that what is built in spite of warnings logs them, as many
// as somebody will read.
func TestBuildWarns(t *testing.T) {
	var log strings.Builder
	h := slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	f := parse(t, "a.com\n"+strings.Repeat("inner a;\n", 5000))
	require.Len(t, f.Warnings, 1000)
	_, err := caddyfile.Build(f, caddyfile.Config{Vocabulary: vocabulary(), Log: slog.New(h)})
	require.NoError(t, err)
	lines := strings.Split(log.String(), "\n")
	require.Len(t, lines, 12)
	require.Equal(t, `level=WARN msg="\"a;\" is taken as it is: a line ends without a semicolon`+inQuotes+`" at=Caddyfile:11:7`, lines[9])
	require.Equal(t, `level=WARN msg="there are more warnings" number=990`, lines[10])
}
