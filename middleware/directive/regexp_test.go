package directive_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestRegexp(t *testing.T) {
	for _, tt := range []struct{ name, word, err string }{
		{"a pattern", "^a(.*)b$", ""},
		{"one as long as may be", strings.Repeat("a", 4096), ""},
		{"one that is longer", strings.Repeat("a", 4097), "a pattern of 4097 bytes is too long: 4096 are allowed"},
		{"an empty one", `""`, "a pattern is empty"},
		{"one that is none", "a(b", "error parsing regexp: missing closing ): `a(b`"},
		{"one that is short and becomes long", "((a{100}){100}){100}", "error parsing regexp: invalid repeat count: `{100}`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x "+tt.word)...)
			line := c.Once()
			pattern := line.Regexp(line.Arg())
			if tt.err == "" {
				require.NoError(t, c.Err())
				require.Equal(t, tt.word, pattern.String())
				return
			}
			require.Nil(t, pattern)
			require.EqualError(t, c.Err(), "Caddyfile:1:3: x: "+tt.err)
		})
	}
	t.Run("a missing one is said to be that, and nothing else", func(t *testing.T) {
		c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x")...)
		line := c.Once()
		require.Nil(t, line.Regexp(line.Arg()))
		require.EqualError(t, c.Err(), "Caddyfile:1:1: x: argument missing")
	})
}
