package directive_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestAccount checks that no word of a Caddyfile goes unread.
func TestAccount(t *testing.T) {
	once := func(c *directive.Controller) { c.Once().Args(0, 0) }
	pair := func(c *directive.Controller) {
		if args := c.Once().Args(2, 2); args[1].Text == "" {
			c.Once().Errorf(args[1], "empty")
		}
	}
	block := func(c *directive.Controller) {
		for _, prop := range c.Once().Properties("on...") {
			switch prop.Name() {
			case "on":
				prop.Args(0, directive.Any)
			}
		}
		c.Once().Args(0, 1)
	}
	related := func(c *directive.Controller) {
		c.Once().Args(0, 0)
		c.Once().Properties("rotate_size", "rotate_age")
	}
	for _, tt := range []struct {
		name  string
		setup func(*directive.Controller)
		src   string
		want  string
	}{
		{"everything read", block, "x a { on b c \n on }", ""},
		{"an empty block of properties", block, "x { }", ""},
		{"a word too many", block, "x a b", `Caddyfile:1:5: x: unexpected "b"`},
		{"a word missing", pair, "x a", "Caddyfile:1:1: x: argument missing"},
		{"a word left empty", pair, `x a ""`, "Caddyfile:1:5: x: empty"},
		{"a block where none is read", once, "x {\n}", "Caddyfile:1:1: x: takes no block"},
		{"a block further in", block, "x { on { y } }", "Caddyfile:1:5: x: on: takes no block"},
		{"a property nobody knows", block, "x {\n off a\n}", "Caddyfile:2:2: x: unknown property \"off\""},
		{"a property by its last part", related, "x {\n size 1\n}", "Caddyfile:2:2: x: unknown property \"size\" (did you mean \"rotate_size\"?)"},
		{"properties by their first part", related, "x {\n rotate {\n }\n}", "Caddyfile:2:2: x: unknown property \"rotate\" (there are rotate_size, rotate_age)"},
		{"a second line", once, "x\nx { y }", "Caddyfile:2:1: x: already given at Caddyfile:1:1"},
		{"a line nobody read", func(c *directive.Controller) { c.Lines()[0].Args(0, 0) }, "x\nx",
			"Caddyfile:2:1: x: not understood"},
		{"several, in the order of the file", block, "x a b {\n off\n on { y }\n}",
			"Caddyfile:1:5: x: unexpected \"b\"\n" +
				"Caddyfile:2:2: x: unknown property \"off\"\n" +
				"Caddyfile:3:2: x: on: takes no block"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := directive.Directive{Name: "x", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
				tt.setup(c)
				return nil, nil // Err is asked for anyway
			}}
			_, err := caddyfiletest.Setup(t, d, tt.src)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestErrorKnowsItsPlaceAndCause(t *testing.T) {
	cause := errors.New("cause")
	c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x a")...)
	line := c.Once()
	line.Errorf(line.Args(0, 1)[0], "no: %w", cause)

	e, ok := errors.AsType[*directive.Error](c.Err())
	require.True(t, ok)
	require.Equal(t, directive.Pos{File: "Caddyfile", Line: 1, Col: 3}, e.Pos)
	require.Equal(t, "x", e.Path)
	require.ErrorIs(t, e, cause)
}

// TestControllersShareNothing sets up two sites by the same lines.
func TestControllersShareNothing(t *testing.T) {
	lines := caddyfiletest.Parse(t, "x a")
	directive.NewController(directive.NewSite(), "x", lines...).Once().Args(1, 1)
	c := directive.NewController(directive.NewSite(), "x", lines...)
	require.EqualError(t, c.Err(), "Caddyfile:1:1: x: not understood")
}

// TestOnceWithoutALine checks what a Setup sees that is called for every site.
func TestOnceWithoutALine(t *testing.T) {
	c := directive.NewController(directive.NewSite(), "x")
	require.Empty(t, c.Lines())
	line := c.Once()
	require.Equal(t, "x", line.Name())
	require.Empty(t, line.Args(0, 1))
	require.Empty(t, line.Properties("y"))
	require.Nil(t, line.Block)
	require.NoError(t, c.Err())
	line.Errorf(line.Words[0], "it cannot be done without one")
	require.ErrorContains(t, c.Err(), "x: it cannot be done without one")
}

// TestProperties checks which lines of a block are handed out.
func TestProperties(t *testing.T) {
	names := func(lines []*directive.Line) (names []string) {
		for _, l := range lines {
			l.Args(0, directive.Any)
			names = append(names, l.Name())
		}
		return names
	}
	for _, tt := range []struct {
		name  string
		known []string
		want  []string
		err   string
	}{
		{"all that are named", []string{"limit...", "except"}, []string{"limit", "except", "limit"}, ""},
		{"the first of a name", []string{"limit", "except..."}, []string{"limit", "except"},
			"Caddyfile:4:2: x: limit: already given at Caddyfile:2:2"},
		{"any", nil, []string{"limit", "except", "limit"}, ""},
		{"all but one", []string{"limits...", "except"}, []string{"except"},
			"Caddyfile:2:2: x: unknown property \"limit\" (did you mean \"limits\"?)\n" +
				"Caddyfile:4:2: x: unknown property \"limit\" (did you mean \"limits\"?)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x {\n limit 1\n except /a\n limit 2\n}")...)
			line := c.Once()
			line.Args(0, 0)
			require.Equal(t, tt.want, names(line.Properties(tt.known...)))
			if tt.err == "" {
				require.NoError(t, c.Err())
			} else {
				require.EqualError(t, c.Err(), tt.err)
			}
		})
	}
}

// TestArgsCanBeIndexed checks that a Setup need not look at errors before it goes
// on, and that a word that is missing is complained of once.
func TestArgsCanBeIndexed(t *testing.T) {
	c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x a\nx a b c d")...)
	few, many := c.Lines()[0], c.Lines()[1]
	args := few.Args(3, 3)
	require.Len(t, args, 3)
	require.Equal(t, "a", args[0].Text)
	few.Int(args[1], 1, 9)
	few.Duration(args[2])
	require.Len(t, many.Args(1, 3), 3)
	require.EqualError(t, c.Err(), "Caddyfile:1:1: x: a number from 1 to 9 is missing\nCaddyfile:2:9: x: unexpected \"d\"")
}

// TestMissingWordsAreNamed checks that an error says what to write, as far as that is
// known to who asks for a word or to what reads it.
func TestMissingWordsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		read      func(*directive.Line)
		want      string
	}{
		{"the first", "x", func(l *directive.Line) { l.Args(2, 2, "a key", "its value") }, "a key is missing"},
		{"the second", "x a", func(l *directive.Line) { l.Args(2, 2, "a key", "its value") }, "its value is missing"},
		{"one without a name", "x a", func(l *directive.Line) { l.Args(2, 2, "a key") }, "argument missing"},
		{"one that is read", "x", func(l *directive.Line) { l.Size(l.Arg()) }, "a size such as 512B, 64KB or 10MB is missing"},
		{"one that is read and has a name", "x", func(l *directive.Line) { l.Path(l.Arg("a folder")) }, "a folder is missing"},
		{"one of several", "x", func(l *directive.Line) { l.OneOf(l.Arg(), "policy", "a", "b") }, "the policy, one of a, b, is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, tt.src)...)
			tt.read(c.Once())
			require.EqualError(t, c.Err(), "Caddyfile:1:1: x: "+tt.want)
		})
	}
}

// TestStopping checks that what lasts is told to end before what it needs is closed.
func TestStopping(t *testing.T) {
	isClosed := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	c := directive.NewController(directive.NewSite(), "d")
	var inTime bool
	stopping := c.Stopping()
	c.OnStop(func() error { inTime = isClosed(stopping); return nil })
	require.Equal(t, stopping, c.Stopping(), "there is one for all lines")
	require.False(t, isClosed(stopping))
	require.NoError(t, c.Stop(), "of what never started")
	require.True(t, inTime)

	ctx, cancel := context.WithCancel(t.Context())
	c = directive.NewController(directive.NewSite(), "d")
	stopping = c.Stopping()
	require.NoError(t, c.Start(ctx))
	require.True(t, c.Started(), "somebody has to be told yet")
	require.False(t, isClosed(stopping))
	cancel()
	<-stopping
	require.NoError(t, c.Stop(), "which has nobody told twice")
}

func TestStartStop(t *testing.T) {
	boom := errors.New("boom")
	var got []string
	c := directive.NewController(directive.NewSite(), "x")
	for _, name := range []string{"a", "b"} {
		c.OnStart(func(context.Context) error { got = append(got, "start "+name); return nil })
		c.OnStop(func() error { got = append(got, "stop "+name); return nil })
	}
	c.OnStart(func(context.Context) error { return boom })
	c.OnStart(func(context.Context) error { panic("after one has failed") })

	require.ErrorIs(t, c.Start(t.Context()), boom)
	require.NoError(t, c.Stop(), "again")
	require.Equal(t, []string{"start a", "start b", "stop b", "stop a"}, got)
}
