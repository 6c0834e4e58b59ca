package caddyfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// environment is what the tests know of it.
func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"HOST":   "a.com",
		"EMPTY":  "",
		"LIST":   " a  b\t\"c d\" ",
		"BRACE":  "{",
		"LINES":  "gzip\nlog",
		"LOOP":   "{$LOOP}{$HOST}",
		"ARG":    "{args[0]}",
		"IMPORT": "import",
		"A(B)":   "c",
	}[name]
	return value, ok
}

func TestEnv(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a word", "{$HOST}", "a.com"},
		{"a word, as in Windows", "{%HOST%}", "a.com"},
		{"parts of a word", "x{$HOST}y{%HOST%}{$HOST}", "xa.comya.coma.com"},
		{"within quotes", "\"{$HOST} x\" `{$HOST}` \"\\\"{$HOST}\\\"\"", `"a.com x" "a.com" "\"a.com\""`},
		{"within a heredoc", "<<X\n  {$HOST}\n  X", `"a.com"`},
		{"not set", "<{$NOPE}{%NOPE%}>", "<>"},
		{"not set, alone", "a {$NOPE} b", "a  b"},
		{"a default", "{$NOPE:b.com} {$HOST:b.com} <{$EMPTY:b.com}>", "b.com a.com <>"},
		{"a default that is empty", "<{$NOPE:}>", "<>"},
		{"a default with blanks", `"{$NOPE:x y}"`, `"x y"`},
		{"a default with braces", "{$NOPE:{host}}! {$HOST:{host}}!", "{host}! a.com!"},
		{"a default is not expanded", "{$NOPE:{$HOST}}", "{$HOST}"},
		{"a default with anything", "{$NOPE:a:b?*}", "a:b?*"},
		{"required", "{$HOST?} <{$EMPTY?}>", "a.com <>"},
		{"several words", "x {$LIST*} y", `x a b "c d" y`},
		{"several words of none", "x {$NOPE*} {$EMPTY*} y", "x y"},
		{"a strange name", "{$A(B)}", "c"},

		{"values are not expanded", "{$LOOP}", "{$LOOP}{$HOST}"},
		{"values are words, whatever is in them", "{$LIST} {$BRACE} {$LINES}", " a  b\t\"c d\"  { gzip\nlog"},

		{"placeholders that are others", "{host} {} {$} {%} {%%} ${HOST} {{$HOST}} \"{$ HOST} {% HOST %}\"",
			"{host} {} {$} {%} {%%} ${HOST} {a.com} \"{$ HOST} {% HOST %}\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, err := caddyfile.ParseLines("", []byte("log "+tt.src), caddyfile.ParseConfig{Env: environment})
			require.NoError(t, err)
			require.Equal(t, "log "+tt.want, show(lines))
		})
	}
}

// TestEnvIsData checks that no value becomes syntax.
func TestEnvIsData(t *testing.T) {
	f, err := caddyfile.Parse("", []byte("(s) {\n log {$ARG}{args[0]}\n}\n"+
		"{$HOST} b.com {\n {$IMPORT} s\n log {$BRACE}\n {$LINES}\n import s x\n}"), caddyfile.ParseConfig{Env: environment})
	require.NoError(t, err)
	require.Equal(t, "a.com, b.com {import s; log {; gzip\nlog; log {args[0]}x}", showFile(f))
}

func TestEnvErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"not set, but required", "log a{$NOPE?}", `Caddyfile:1:6: the environment variable NOPE is not set`},
		{"not set, but required, further down in quotes", "log \"a\nb {$NOPE?}\"", `Caddyfile:2:3: the environment variable NOPE is not set`},
		{"not set, but required, after a byte order mark", "\ufefflog {$NOPE?}", `Caddyfile:1:5: the environment variable NOPE is not set`},
		{"not set, but required, in a heredoc", "log <<X\n\t{$NOPE?}\n\tX", `Caddyfile:1:5: the environment variable NOPE is not set`},
		{"not closed", "log {$HOST a", `Caddyfile:1:5: {$HOST is never closed within its word (a word with blanks has to be in quotes)`},
		{"a default with blanks", "log {$HOST:a b}", `Caddyfile:1:5: {$HOST is never closed within its word (a word with blanks has to be in quotes)`},
		{"several words in a word", "log a{$LIST*}", `Caddyfile:1:6: {$LIST*} stands for any number of words, and has to be a word of its own`},
		{"several words in quotes", `log "{$LIST*}"`, `Caddyfile:1:6: {$LIST*} stands for any number of words, and has to be a word of its own`},
		{"unknown form", "log {$HOST?x}", `Caddyfile:1:5: "{$HOST?x}" is none of {$HOST}, {$HOST:default}, {$HOST?} and {$HOST*}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfile.ParseLines("", []byte(tt.src), caddyfile.ParseConfig{Env: environment})
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, tt.want, first)
		})
	}
}

// TestEnvDefault checks that the environment is the process's unless another is
// given.
func TestEnvDefault(t *testing.T) {
	t.Setenv("SHALLOT_TEST", "a.com")
	f, err := caddyfile.Parse("", []byte("{$SHALLOT_TEST}"), caddyfile.ParseConfig{})
	require.NoError(t, err)
	require.Equal(t, "a.com {}", showFile(f))
}
