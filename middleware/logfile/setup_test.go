package logfile_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/logfile"
)

// log is a directive of one argument and the properties of rotation; it hands
// out the files it was given.
func log(files *[]*logfile.File) directive.Directive {
	return directive.Directive{Name: "log", Setup: func(c *directive.Controller) (middleware.Middleware, error) {
		for _, line := range c.Lines() {
			name := line.Arg()
			var r logfile.Rotation
			for _, prop := range line.Properties(logfile.Properties()...) {
				if !r.Read(prop) {
					return nil, fmt.Errorf("%s was not read", prop.Name())
				}
			}
			*files = append(*files, logfile.Share(c, line, name, r))
		}
		return nil, c.Err()
	}}
}

func TestShare(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var files []*logfile.File
	site := directive.NewSite()
	site.Root = middleware.NewRoot(dir)
	_, err := caddyfiletest.SetupIn(t, site, log(&files), `log a[1].log {
		rotate_size 1
		rotate_age 0
		rotate_keep 0
		rotate_compress
	}
	log ./a[1].log
	log stdout
	log b.log { rotate_disable }`)
	require.NoError(t, err)
	require.Len(t, files, 4)
	require.Same(t, files[0], files[1])

	fill(t, files[0], 13) // more than would be kept
	require.NoError(t, files[0].Close())
	texts := readAll(t, dir)
	require.Len(t, texts, 13+1)
	for name := range texts {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.True(t, site.Hidden(name, nil), name)
		require.True(t, site.Hidden(name, info), name)
	}
	require.False(t, site.Hidden("a[1]-guide.log", nil))
}

func TestReload(t *testing.T) {
	t.Chdir(t.TempDir())
	var files []*logfile.File
	pool := new(directive.Pool)
	start := func(t *testing.T, src string) (*directive.Controller, error) {
		site := directive.NewSite()
		site.Shared = pool
		c := directive.NewController(site, "log", caddyfiletest.Parse(t, src)...)
		_, err := log(&files).Setup(c)
		return c, err
	}
	before, err := start(t, "log a.log { rotate_disable }")
	require.NoError(t, err)
	require.NoError(t, before.Start(t.Context()))
	fill(t, files[0], 2)
	require.Len(t, readAll(t, "."), 1, "not rotated")

	broken, err := start(t, "log a.log { rotate_size 7 }\nlog")
	require.Error(t, err)
	require.NoError(t, broken.Stop())

	after, err := start(t, "log a.log { rotate_size 1 }")
	require.NoError(t, err)
	fill(t, files[0], 1)
	require.Len(t, readAll(t, "."), 1, "not in force yet")
	require.NoError(t, after.Start(t.Context()))
	require.NoError(t, before.Stop())
	fill(t, files[0], 1)
	require.Greater(t, len(readAll(t, ".")), 1, "in force")
	require.NoError(t, after.Stop())
	_, err = io.WriteString(files[0], "closed")
	require.ErrorIs(t, err, os.ErrClosed)
}

// TestKept checks that the line of a site that stays as it is counts for those that
// are set up beside it, and that what they say of rotation is in force if they are.
func TestKept(t *testing.T) {
	t.Chdir(t.TempDir())
	var files []*logfile.File
	pool := new(directive.Pool)
	set := func(src string) (*directive.Controller, error) {
		site := directive.NewSite()
		site.Shared = pool
		c := directive.NewController(site, "log", caddyfiletest.Parse(t, src)...)
		t.Cleanup(func() { require.NoError(t, c.Stop()) })
		_, err := log(&files).Setup(c)
		return c, err
	}
	settle := func(fs []func(bool), loaded bool) {
		for _, f := range fs {
			f(loaded)
		}
	}
	kept, err := set("log a.log { rotate_disable }")
	require.NoError(t, err)
	require.NoError(t, kept.Start(t.Context()))

	was := kept.Keep()
	other, err := set("log a.log { rotate_size 7 }")
	require.EqualError(t, err, "Caddyfile:1:5: log: another line has a.log rotated otherwise")
	require.NoError(t, other.Stop())
	settle(was, false)

	was = kept.Keep()
	same, err := set("log a.log")
	require.NoError(t, err)
	require.NoError(t, same.Start(t.Context()))
	settle(was, true)
	fill(t, files[0], 2)
	require.Len(t, readAll(t, "."), 1, "as the kept one says")

	was = same.Keep()
	_, err = set("log a.log { rotate_size 1 }")
	require.NoError(t, err)
	settle(was, true)
	fill(t, files[0], 2)
	require.Greater(t, len(readAll(t, ".")), 1, "as the new one says")
}

func TestShareErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("dir", 0o700))
	here, err := filepath.Abs("dir")
	require.NoError(t, err)
	for _, tt := range []struct{ name, src, want string }{
		{"size of nothing", "log a.log { rotate_size 0 }",
			`Caddyfile:1:25: log: rotate_size: "0" is not a number from 1 to 1048576`},
		{"age without days", "log a.log { rotate_age }",
			`Caddyfile:1:13: log: rotate_age: a number from 0 to 36500 is missing`},
		{"keep fewer than none", "log a.log { rotate_keep -1 }",
			`Caddyfile:1:25: log: rotate_keep: "-1" is not a number from 0 to 1048576`},
		{"compress with what", "log a.log { rotate_compress zstd }",
			`Caddyfile:1:29: log: rotate_compress: unexpected "zstd"`},
		{"disable partly", "log a.log { rotate_disable size }",
			`Caddyfile:1:28: log: rotate_disable: unexpected "size"`},
		{"rotation of a stream", "log stderr { rotate_keep 1 }",
			`Caddyfile:1:5: log: stderr cannot be rotated`},
		{"two rotations of one file", "log a.log { rotate_keep 1 }\nlog b.log\nlog ./a.log { rotate_keep 2 }",
			`Caddyfile:3:5: log: another line has ./a.log rotated otherwise`},
		{"a folder", "log dir", "opening log file: open " + here + ": is a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var files []*logfile.File
			_, err := caddyfiletest.Setup(t, log(&files), tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
