package directive_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
)

func TestValueAndFlag(t *testing.T) {
	read := func(t *testing.T, block string) (d time.Duration, b bool, err error) {
		c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x {\n"+block+"\n}")...)
		c.Once().Args(0, 0)
		c.Once().ReadBlock(func() []directive.Property {
			return []directive.Property{
				{Name: "value", Read: directive.Value(&d, (*directive.Line).Duration)},
				{Name: "flag", Read: directive.Flag(&b)},
			}
		})
		return d, b, c.Err()
	}
	d, b, err := read(t, "")
	require.NoError(t, err)
	require.Zero(t, d)
	require.False(t, b)
	d, b, err = read(t, "value 1s\nflag")
	require.NoError(t, err)
	require.Equal(t, time.Second, d)
	require.True(t, b)
	_, _, err = read(t, "value 1s 2s\nflag on")
	require.EqualError(t, err, "Caddyfile:2:10: x: value: unexpected \"2s\"\nCaddyfile:3:6: x: flag: unexpected \"on\"")
}

func TestNoting(t *testing.T) {
	c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x {\na 1\nb 2\na 3\n}")...)
	c.Once().Args(0, 0)
	var noted, never directive.Word
	var got string
	read := func(l *directive.Line) { got += l.Arg().Text }
	c.Once().ReadBlock(func() []directive.Property {
		return []directive.Property{
			directive.Property{Name: "a...", Read: read}.Noting(&noted),
			directive.Property{Name: "b", Read: read}.Noting(&noted),
			directive.Property{Name: "c", Read: read}.Noting(&never),
		}
	})
	require.NoError(t, c.Err())
	require.Equal(t, "123", got)
	require.Equal(t, directive.Word{Text: "a", Pos: directive.Pos{File: "Caddyfile", Line: 2, Col: 1}}, noted)
	require.Zero(t, never)
}

func TestReadBlock(t *testing.T) {
	for _, tt := range []struct {
		name, block string
		want        []string
		err         string
	}{
		{"in the order of the file", "many b\nonce c\nmany d", []string{"many b", "once c", "many d"}, ""},
		{"nothing", "", nil, ""},
		{"one that there may be only one of", "once a\nonce b", []string{"once a"}, "Caddyfile:3:1: x: once: already given at Caddyfile:2:1"},
		{"a name that is mistyped", "onec a\nmany b", []string{"many b"}, `Caddyfile:2:1: x: unknown property "onec" (did you mean "once"?)`},
		{"a name of others", "thrice a\nmany b", []string{"many b"}, `Caddyfile:2:1: x: unknown property "thrice" (here it is called "many")`},
		{"a name of others that means something else here", "once a", []string{"once a"}, ""},
		{"an argument that is not asked for", "once a b", []string{"once a"}, `Caddyfile:2:8: x: once: unexpected "b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x {\n"+tt.block+"\n}")...)
			line := c.Once()
			line.Args(0, 0)
			var got []string
			read := func(p *directive.Line) { got = append(got, p.Name()+" "+p.Arg().Text) }
			line.ReadBlock(func() []directive.Property {
				return []directive.Property{
					{Name: "once", Read: read},
					{Name: "many...", Read: read, Elsewhere: []string{"thrice", "once"}},
				}
			})
			require.Equal(t, tt.want, got)
			if tt.err == "" {
				require.NoError(t, c.Err())
				return
			}
			require.EqualError(t, c.Err(), tt.err)
		})
	}
}
