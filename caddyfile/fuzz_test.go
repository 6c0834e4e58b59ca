package caddyfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// FuzzParse checks that whatever a Caddyfile and what it imports say, parsing
// ends in the same way every time: with a File within the limits, or with errors
// at places that exist.
func FuzzParse(f *testing.F) {
	for _, src := range samples {
		f.Add(src)
	}
	for _, tt := range hostile {
		if len(tt.src) < 4<<10 {
			f.Add(tt.src)
		}
	}
	f.Add("import d/*\n(s) {\n a {args[0]} {args[1:]} \"x{args.0}\"\n {block}\n}\n-- d/x --\na.com {\n import s 1 2 {\n  b {$LIST*} {%HOST%} {$X:y}\n }\n}\n")
	f.Add("&(r) {\n}\nhttp://[::1]:80/x, :http,\n*.b.com {\n x \\\n y `z` <<E\n\tt\n\tE u\n}\n}\na.com{\n {x y}\n “z”\n")
	f.Add("(s) {\n {blocks.a}\n x {\n  {blocks.b}\n }\n}\na.com {\n import s {\n  a b { c }\n  b {\n   d\n   import y\n  }\n }\n}\n-- y --\n{blocks.a}\n")
	c := caddyfile.ParseConfig{
		Directives: directives,
		Env:        environment,
		Limits: caddyfile.Limits{
			Words: 500, WordSize: 100, HeredocSize: 200, Values: 5000, Imports: 50, ImportDepth: 5,
			Arguments: 5, BlockDepth: 6, Addresses: 10, Matches: 5,
		},
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, err := parseFilesWith(src, c)
		again, errAgain := parseFilesWith(src, c)
		if err != nil {
			require.Nil(t, file)
			require.Equal(t, err.Error(), errAgain.Error())
			checkPlaces(t, src, err)
			return
		}
		require.Equal(t, showFile(file), showFile(again))
		u := usage{limits: c.Limits, t: t}
		for _, s := range file.Sites {
			require.NotEmpty(t, s.Addrs)
			u.addresses += len(s.Addrs)
			u.lines(s.Lines, 1)
		}
		for _, r := range file.Routes {
			u.lines(r.Lines, 1)
		}
		u.lines(file.Options, 1)
		require.LessOrEqual(t, u.words, c.Limits.Words)
		require.LessOrEqual(t, u.addresses, c.Limits.Addresses)
	})
}

// checkPlaces checks that every error is at a place that there is in its file.
func checkPlaces(t *testing.T, src string, err error) {
	files := splitFiles(src)
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	require.LessOrEqual(t, len(all), 11)
	for _, err := range all {
		e, ok := errors.AsType[*directive.Error](err)
		if !ok {
			require.Regexp(t, `^and \d+ more$`, err.Error())
			continue
		}
		require.True(t, strings.HasPrefix(err.Error(), e.Pos.String()+": "))
		require.Contains(t, files, e.Pos.File)
		lines := strings.Split(string(files[e.Pos.File].Data), "\n")
		require.Less(t, 0, e.Pos.Line)
		require.LessOrEqual(t, e.Pos.Line, len(lines))
		require.Less(t, 0, e.Pos.Col)
		require.LessOrEqual(t, e.Pos.Col, len(lines[e.Pos.Line-1])+1)
	}
}

// usage is how much of the limits a File takes.
type usage struct {
	t                *testing.T
	limits           caddyfile.Limits
	words, addresses int
}

func (u *usage) lines(lines []*directive.Line, depth int) {
	if len(lines) > 0 {
		require.LessOrEqual(u.t, depth, u.limits.BlockDepth)
	}
	for _, l := range lines {
		require.NotEmpty(u.t, l.Words)
		u.words += len(l.Words)
		for _, w := range l.Words {
			require.LessOrEqual(u.t, len(w.Text), u.limits.HeredocSize)
			require.Less(u.t, 0, w.Pos.Line)
		}
		u.lines(l.Block, depth+1)
	}
}
