package caddyfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/directive"
)

func TestVocabulary(t *testing.T) {
	own := directive.Directive{Name: "own", Setup: tagging}
	v, err := vocabulary().Before("inner", own)
	require.NoError(t, err)
	require.Equal(t, []string{"bind", "outer", "own", "inner", "answer"}, v.Names())
	v, err = vocabulary().After("answer", own)
	require.NoError(t, err)
	require.Equal(t, []string{"bind", "outer", "inner", "answer", "own"}, v.Names())

	for _, tt := range []struct {
		name   string
		beside string
		d      directive.Directive
		want   string
	}{
		{"beside nothing", "iner", own, `no directive "iner" to put "own" beside (did you mean "inner"?)`},
		{"twice", "inner", directive.Directive{Name: "outer", Setup: tagging}, `there is a directive "outer" already`},
		{"without a Setup", "inner", directive.Directive{Name: "own"}, `directive "own" has no Setup`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := vocabulary().Before(tt.beside, tt.d)
			require.EqualError(t, err, tt.want)
		})
	}
}
