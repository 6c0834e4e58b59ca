//go:build unix

package fastcgi_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestLinks checks which links lead to scripts, and which files are left to the next
// handler, that may follow more of them: releases commonly have one to uploads that
// they share.
func TestLinks(t *testing.T) {
	root := site(t, "index.php", "lib/a.php", "lib/a.css", "docs/index.html")
	outside := site(t, "up.jpg", "evil.php", "pages/index.html")
	link := func(to, name string) {
		middlewaretest.Symlink(t, to, filepath.Join(root.Dir, name))
	}
	link("lib", "inside")
	link("lib/a.php", "b.php")
	link(filepath.Join(root.Dir, "lib"), "absolute")
	link(outside.Dir, "uploads")
	link(filepath.Join(outside.Dir, "evil.php"), "evil.php")
	link("nowhere.php", "dangling.php")
	link("loop.php", "loop.php")
	require.NoError(t, syscall.Mkfifo(filepath.Join(root.Dir, "pipe.php"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root.Dir, "pipe"), 0o644))
	cfg := fastcgi.PHP()
	cfg.Root, cfg.StaticIndex = root, []string{"index.html"}
	for _, tt := range []struct{ name, path, want string }{
		{"a script in a linked folder", "/inside/a.php", "/inside/a.php "},
		{"a linked script", "/b.php/x", "/b.php /x"},
		{"a file in a linked folder", "/inside/a.css", "next"},
		{"a file by an absolute link", "/absolute/a.css", "next"},
		{"an upload", "/uploads/up.jpg", "next"},
		{"a folder among uploads", "/uploads/pages/", "next"},
		{"a script among uploads", "/uploads/evil.php", "/index.php "},
		{"a script that is elsewhere", "/evil.php", "/index.php "},
		{"a link to nothing", "/dangling.php", "/index.php "},
		{"a link to itself", "/loop.php", "/index.php "},
		{"a pipe", "/pipe.php", "/index.php "},
		{"a pipe that is no script", "/pipe", "/index.php "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, fastcgi.RouteOf(cfg, asking(tt.path)))
		})
	}
}
