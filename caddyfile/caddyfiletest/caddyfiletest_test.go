package caddyfiletest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestParse(t *testing.T) {
	word := func(line, col int, text string) directive.Word {
		return directive.Word{Text: text, Pos: directive.Pos{File: "Caddyfile", Line: line, Col: col}}
	}
	quoted := func(line, col int, text string) directive.Word {
		w := word(line, col, text)
		w.Quoted = true
		return w
	}
	require.Equal(t, []*directive.Line{
		{Words: []directive.Word{word(2, 1, "log"), quoted(2, 5, `access "log".txt`)}},
		{Words: []directive.Word{word(3, 1, "proxy"), word(3, 7, "/#a")}, Block: []*directive.Line{
			{Words: []directive.Word{word(4, 2, "header")}, Block: []*directive.Line{
				{Words: []directive.Word{word(4, 11, "X-From"), quoted(4, 18, "{")}},
			}},
			{Words: []directive.Word{word(5, 2, "websocket")}},
		}},
		{Words: []directive.Word{word(7, 1, "gzip")}, Block: []*directive.Line{}},
	}, caddyfiletest.Parse(t, `# a comment
log "access \"log\".txt"   # another
proxy /#a {
	header { X-From "{" }
	websocket
}
gzip { }`))
}

func TestSetupStartsAndStops(t *testing.T) {
	var got []string
	d := directive.Directive{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		c.Once().Args(0, 0)
		c.OnStart(func(context.Context) error { got = append(got, "start"); return nil })
		c.OnStop(func() error { got = append(got, "stop"); return nil })
		return nil, c.Err()
	}}
	t.Run("site", func(t *testing.T) {
		_, err := caddyfiletest.Setup(t, d, "x")
		require.NoError(t, err)
		require.Equal(t, []string{"start"}, got)
	})
	require.Equal(t, []string{"start", "stop"}, got)
}
