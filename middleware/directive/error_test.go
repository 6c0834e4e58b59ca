package directive_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestErrorShowsItsLine checks the excerpt, and that the caret is below what it
// points to.
func TestErrorShowsItsLine(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	for _, tt := range []struct {
		name   string
		source string
		col    int
		want   string
	}{
		{"no line", "", 3, ""},
		{"the first word", "proxy / a", 1, "\n\tproxy / a\n\t^"},
		{"a word", "proxy / a", 7, "\n\tproxy / a\n\t      ^"},
		{"behind the last word", "proxy", 6, "\n\tproxy\n\t     ^"},
		{"far behind the last word", "proxy", 99, "\n\tproxy\n\t     ^"},
		{"before the first word", "proxy", 0, "\n\tproxy\n\t^"},
		{"an indented line", "\t  policy rnd", 11, "\n\tpolicy rnd\n\t       ^"},
		{"the first word of an indented line", "\t  policy rnd", 4, "\n\tpolicy rnd\n\t^"},
		{"the indentation", "\t  policy rnd", 2, "\n\tpolicy rnd\n\t^"},
		{"a tab between words", "a\tb\tc", 5, "\n\ta\tb\tc\n\t \t \t^"},
		{"letters of several bytes", "log größe.log ünfug", 17, "\n\tlog größe.log ünfug\n\t              ^"},
		{"a column amid a letter", "ä b", 2, "\n\t b\n\t^"},
		{"commands for a terminal", "a\x1b[2Jb \x07 c", 10, "\n\ta\uFFFD[2Jb \uFFFD c\n\t         ^"},
		{"what is no text", "a\xff\xfe b", 5, "\n\ta b\n\t  ^"},
		{"a long line, at its start", long, 3, "\n\t" + long[:42] + "…\n\t  ^"},
		{"a long line, in its middle", long, 151, "\n\t…" + long[90:190] + "…\n\t" + strings.Repeat(" ", 61) + "^"},
		{"a long line, at its end", long, 300, "\n\t…" + long[239:] + "\n\t" + strings.Repeat(" ", 61) + "^"},
		{"a long line, cut amid letters", strings.Repeat("€", 100), 151, "\n\t…" + strings.Repeat("€", 33) + "…\n\t" + strings.Repeat(" ", 21) + "^"},
		{"a long line, indented", "\t" + long, 3, "\n\t" + long[:41] + "…\n\t ^"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := &directive.Error{
				Pos:    directive.Pos{File: "Caddyfile", Line: 12, Col: tt.col},
				Path:   "proxy: policy",
				Source: tt.source,
				Err:    errors.New("reason"),
			}
			place := e.Pos.String()
			require.Equal(t, place+": proxy: policy: reason"+tt.want, e.Error())
			require.True(t, utf8.ValidString(e.Error()))
		})
	}
}

func TestErrorShowsItsImports(t *testing.T) {
	first := &directive.Import{Pos: directive.Pos{File: "Caddyfile", Line: 3, Col: 2}}
	second := &directive.Import{Pos: directive.Pos{File: "common.conf", Line: 1, Col: 1}, From: first}
	e := &directive.Error{
		Pos:    directive.Pos{File: "proxy.conf", Line: 2, Col: 8},
		Source: "policy rnd",
		From:   second,
		Err:    errors.New("reason"),
	}
	require.Equal(t, "proxy.conf:2:8: reason\n"+
		"\tpolicy rnd\n"+
		"\t       ^\n"+
		"\timported at common.conf:1:1\n"+
		"\timported at Caddyfile:3:2", e.Error())
}

// TestErrorsKnowTheirImports checks that a Setup's errors tell what brought a line
// in, and what brought in the line that it is in.
func TestErrorsKnowTheirImports(t *testing.T) {
	outer := &directive.Import{Pos: directive.Pos{File: "Caddyfile", Line: 9, Col: 1}}
	inner := &directive.Import{Pos: directive.Pos{File: "proxy.conf", Line: 5, Col: 2}}
	for _, tt := range []struct{ name, src, want string }{
		{"the line", "x {\n y b\n}", "Caddyfile:1:1: x: argument missing\n\timported at Caddyfile:9:1"},
		{"a line in its block", "x a {\n y\n}",
			"Caddyfile:2:2: x: y: argument missing\n\timported at proxy.conf:5:2\n\timported at Caddyfile:9:1"},
		{"an unknown one", "x a {\n z\n}",
			"Caddyfile:2:2: x: unknown property \"z\" (did you mean \"y\"?)\n\timported at proxy.conf:5:2\n\timported at Caddyfile:9:1"},
		{"one that is not read", "x a {\n y b { c }\n}",
			"Caddyfile:2:2: x: y: takes no block\n\timported at proxy.conf:5:2\n\timported at Caddyfile:9:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := caddyfiletest.Parse(t, tt.src)
			lines[0].From, lines[0].Block[0].From = outer, inner
			c := directive.NewController(directive.NewSite(), "x", lines...)
			line := c.Once()
			line.Arg()
			for _, prop := range line.Properties("y") {
				prop.Arg()
			}
			require.EqualError(t, c.Err(), tt.want)
		})
	}
}

func TestJoin(t *testing.T) {
	at := func(file string, line, col int, text string) *directive.Error {
		return &directive.Error{Pos: directive.Pos{File: file, Line: line, Col: col}, Err: errors.New(text)}
	}
	require.NoError(t, directive.Join())
	require.EqualError(t, directive.Join(
		at("b", 1, 1, "fifth"),
		at("a", 10, 1, "fourth"),
		at("a", 2, 5, "third"),
		at("a", 2, 3, "second"),
		at("a", 2, 3, "a consequence"),
		at("a", 1, 9, "first"),
	), "a:1:9: first\na:2:3: second\na:2:5: third\na:10:1: fourth\nb:1:1: fifth")
}

func TestSuggest(t *testing.T) {
	directives := []string{"gzip", "log", "errors", "proxy", "fastcgi", "markdown", "basicauth", "ext", "tls", "on"}
	for _, tt := range []struct{ word, want string }{
		{"gzpi", "gzip"},
		{"gizp", "gzip"},
		{"gzp", "gzip"},
		{"gzipp", "gzip"},
		{"GZIP", "gzip"},
		{"error", "errors"},
		{"basic_auth", "basicauth"},
		{"fastcig", "fastcgi"},
		{"markdwon", "markdown"},
		{"lgo", "log"},
		{"tsl", "tls"},
		{"no", "on"},
		{"logfile", ""},
		{"rewrite", ""},
		{"fastcgiphp", ""},
		{"abc", ""},
		{"", ""},
		{strings.Repeat("gzip", 100), ""},
	} {
		t.Run(tt.word, func(t *testing.T) {
			want := ""
			if tt.want != "" {
				want = ` (did you mean "` + tt.want + `"?)`
			}
			require.Equal(t, want, directive.Suggest(tt.word, directives...))
		})
	}
	require.Equal(t, ` (did you mean "ab"?)`, directive.Suggest("abc", "abd"[:2], "abcd"), "the first of several as near")
	require.Empty(t, directive.Suggest("gzip"))
}

func FuzzError(f *testing.F) {
	f.Add("\tpolicy rnd", 9)
	f.Add(strings.Repeat("€", 100), 151)
	f.Add("a\xff", -3)
	f.Fuzz(func(t *testing.T, source string, col int) {
		e := &directive.Error{Pos: directive.Pos{File: "Caddyfile", Line: 1, Col: col}, Source: source, Err: errors.New("reason")}
		text := e.Error()
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\x07\r") {
			t.Errorf("%q is nothing to show", text)
		}
		if n := strings.Count(text, "\n"); source != "" && n != 2 {
			t.Errorf("%q has %d lines", text, n+1)
		}
		if len(text) > 1000 {
			t.Errorf("%d bytes are too many for a terminal", len(text))
		}
	})
}
