package fastcgi_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

// TestSplits checks where scripts may end.
func TestSplits(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		fold       bool
		suffixes   []string
		want       []string
	}{
		{"a script", "/a.php", false, []string{".php"}, []string{"/a.php"}},
		{"with more behind it", "/a.php/b", false, []string{".php"}, []string{"/a.php"}},
		{"with a slash behind it", "/a.php/", false, []string{".php"}, []string{"/a.php"}},
		{"several", "/a.php/b.php/c", false, []string{".php"}, []string{"/a.php", "/a.php/b.php"}},
		{"in the midst of a name", "/a.php.txt/b.phpx", false, []string{".php"}, nil},
		{"no more than an extension", "/.php", false, []string{".php"}, []string{"/.php"}},
		{"in other letters", "/a.PHP", false, []string{".php"}, nil},
		{"in other letters, where that is the same", "/a.PhP/x", true, []string{".php"}, []string{"/a.PhP"}},
		{"letters that grow in lower case", "/ȺȺȺȺshell.php.txt.php", true, []string{".php"}, []string{"/ȺȺȺȺshell.php.txt.php"}},
		{"fullwidth letters", "/a.ｐｈｐ", true, []string{".php"}, nil},
		{"a long s", "/a.ſh", true, []string{".sh"}, nil},
		{"a Kelvin sign", "/a.\u212a", true, []string{".k"}, nil},
		{"two extensions", "/a.html/b.php", false, []string{".php", ".html"}, []string{"/a.html", "/a.html/b.php"}},
		{"dots", "/x/../a.php/./b", false, []string{".php"}, []string{"/a.php"}},
		{"nothing", "/", false, []string{".php"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clean, ends := fastcgi.Splits(tt.path, tt.fold, tt.suffixes...)
			var got []string
			for _, end := range ends {
				got = append(got, clean[:end])
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// FuzzSplits checks that a script always is whole segments of the path, ends in the
// suffix byte by byte, and that nothing is lost.
func FuzzSplits(f *testing.F) {
	for _, p := range []string{"/", "", "a", "/a.php", "/a.php/b.php/../c", "/ȺȺ.php.txt.php", "/a.ｐｈｐ/x", "//a//b.php//", "/a\x00.php", "/.php", "/..php", "/.", "/a.php/..", "/\xff.php"} {
		f.Add(p, false)
		f.Add(p, true)
	}
	f.Fuzz(func(t *testing.T, p string, fold bool) {
		clean, ends := fastcgi.Splits(p, fold, ".php", ".x")
		if clean == "" {
			if !strings.ContainsFunc(p, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				t.Fatalf("%q is refused", p)
			}
			return
		}
		if clean[0] != '/' || path.Clean(clean) != path.Clean("/"+p) {
			t.Fatalf("%q becomes %q", p, clean)
		}
		for segment := range strings.SplitSeq(clean, "/") {
			if segment == "." || segment == ".." {
				t.Fatalf("%q becomes %q", p, clean)
			}
		}
		if !slices.IsSorted(ends) {
			t.Fatalf("%q: %v", clean, ends)
		}
		for _, end := range ends {
			if end < len(clean) && clean[end] != '/' {
				t.Fatalf("%q is cut within a segment, behind %q", clean, clean[:end])
			}
			script := clean[:end]
			if fold {
				script = strings.Map(func(c rune) rune {
					if 'A' <= c && c <= 'Z' {
						c += 'a' - 'A'
					}
					return c
				}, script)
			}
			if !strings.HasSuffix(script, ".php") && !strings.HasSuffix(script, ".x") {
				t.Fatalf("%q is no script", clean[:end])
			}
		}
	})
}

// FuzzRoute checks that nothing is run but a script that is there, and no source
// left to others.
func FuzzRoute(f *testing.F) {
	cfg := fastcgi.PHP()
	cfg.Root = site(f, "index.php", "a/b.php", "up.jpg", "d.php/index.php", ".x.php")
	for _, p := range []string{"/", "/a/b.php/c", "/up.jpg/x.php", "/d.php", "/d.php/", "/.x.php", "/a/../.x.php", "/a/b.PHP", "/a/b.php.", "/a/b.php%20"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		got := fastcgi.RouteOf(cfg, asking(p))
		script, _, _ := strings.Cut(got, " ")
		switch script {
		case "/index.php", "/a/b.php", "/d.php/index.php", "308", "400", "404":
		case "next":
			p, _, _ := strings.Cut(p, "?")
			if base := path.Base(path.Clean("/" + p)); strings.HasSuffix(strings.ToLower(base), ".php") {
				t.Fatalf("%q is left to others", p)
			}
		default:
			if !fastcgi.IgnoresCase {
				t.Fatalf("%q runs %q", p, got)
			}
		}
	})
}
