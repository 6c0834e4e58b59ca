package directive_test

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestValues reads one word each, as what the name of the case says.
func TestValues(t *testing.T) {
	duration := func(l *directive.Line, w directive.Word) any { return l.Duration(w) }
	interval := func(l *directive.Line, w directive.Word) any { return l.Interval(w) }
	limit := func(l *directive.Line, w directive.Word) any { return l.Limit(w) }
	size := func(l *directive.Line, w directive.Word) any { return l.Size(w) }
	path := func(l *directive.Line, w directive.Word) any { return l.Path(w) }
	extension := func(l *directive.Line, w directive.Word) any { return l.Extension(w, ".html", []string{".md"}) }
	network := func(l *directive.Line, w directive.Word) any { return l.Network(w) }
	integer := func(min, max int) func(*directive.Line, directive.Word) any {
		return func(l *directive.Line, w directive.Word) any { return l.Int(w, min, max) }
	}
	status := func(min, max int) func(*directive.Line, directive.Word) any {
		return func(l *directive.Line, w directive.Word) any { return l.Status(w, min, max) }
	}
	policy := func(l *directive.Line, w directive.Word) any {
		return l.OneOf(w, "policy", "random", "least_conn", "first")
	}
	for _, tt := range []struct {
		name string
		read func(*directive.Line, directive.Word) any
		word string
		want any
		err  string // what follows the place
	}{
		{"a policy", policy, "least_conn", "least_conn", ""},
		{"a policy, mistyped", policy, "rnadom", "random", `unknown policy "rnadom" (did you mean "random"?)`},
		{"no policy", policy, "roulette", "random", `unknown policy "roulette" (it is one of random, least_conn, first)`},
		{"a policy in capitals", policy, "FIRST", "random", `unknown policy "FIRST" (did you mean "first"?)`},

		{"a number", integer(1, 9), "5", 5, ""},
		{"the least number", integer(1, 9), "1", 1, ""},
		{"the greatest number", integer(1, 9), "9", 9, ""},
		{"a number too small", integer(1, 9), "0", 1, `"0" is not a number from 1 to 9`},
		{"a number too great", integer(1, 9), "10", 1, `"10" is not a number from 1 to 9`},
		{"a number too great for a machine", integer(1, math.MaxInt), "9999999999999999999", 1, `"9999999999999999999" is not a number from 1`},
		{"a negative number", integer(-5, 5), "-3", -3, ""},
		{"a fraction", integer(0, math.MaxInt), "1.5", 0, `"1.5" is not a number from 0`},
		{"no number", integer(0, 9), "many", 0, `"many" is not a number from 0 to 9`},

		{"a time span", duration, "1m30s", 90 * time.Second, ""},
		{"no time at all", duration, "0", time.Duration(0), ""},
		{"a time span without a unit", duration, "10", time.Duration(0), `"10" is not a duration such as 10s or 1m30s (did you mean "10s"?)`},
		{"a time span backwards", duration, "-10s", time.Duration(0), `"-10s" is a negative duration`},
		{"days", duration, "7d", time.Duration(0), `"7d" is not a duration such as 10s or 1m30s`},

		{"an interval", interval, "5s", 5 * time.Second, ""},
		{"an interval of nothing", interval, "0s", time.Duration(0), `"0s" is no time at all`},
		{"an interval that is none", interval, "often", time.Duration(0), `"often" is not a duration such as 10s or 1m30s`},
		{"a limit", limit, "5s", 5 * time.Second, ""},
		{"without limit", limit, "none", time.Duration(-1), ""},
		{"a limit of nothing", limit, "0", time.Duration(0), `"0" is no time at all`},

		{"bytes", size, "512", int64(512), ""},
		{"bytes that say so", size, "512B", int64(512), ""},
		{"kilobytes", size, "64KB", int64(64 << 10), ""},
		{"kilobytes, in short", size, "64k", int64(64 << 10), ""},
		{"megabytes, in small letters", size, "10mb", int64(10 << 20), ""},
		{"gigabytes", size, "1GB", int64(1 << 30), ""},
		{"the largest size", size, "8589934591GB", int64(8589934591 << 30), ""},
		{"a size too large", size, "8589934592GB", int64(1), `"8589934592GB" is not a size such as 512B, 64KB or 10MB`},
		{"no bytes", size, "0", int64(1), `"0" is not a size such as 512B, 64KB or 10MB`},
		{"fewer than none", size, "-1KB", int64(1), `"-1KB" is not a size such as 512B, 64KB or 10MB`},
		{"a unit alone", size, "KB", int64(1), `"KB" is not a size such as 512B, 64KB or 10MB`},
		{"a unit of somebody else's", size, "1KiB", int64(1), `"1KiB" is not a size such as 512B, 64KB or 10MB`},
		{"a fraction of a unit", size, "1.5MB", int64(1), `"1.5MB" is not a size such as 512B, 64KB or 10MB`},

		{"an extension", extension, ".HTML", ".html", ""},
		{"an extension that there is", extension, ".MD", ".md", ".md is there already"},
		{"an extension of two", extension, ".tar.gz", ".tar.gz", `".tar.gz" is not an extension such as .html`},
		{"an extension without a dot", extension, "html", "html", `"html" is not an extension such as .html`},
		{"a dot alone", extension, ".", ".", `"." is not an extension such as .html`},

		{"a path", path, "/a", middleware.Path("/a"), ""},
		{"a folder's path", path, "/a/", middleware.Path("/a/"), ""},
		{"a path with a star", path, "/a*", middleware.Path("/a*"), ""},
		{"all paths", path, "/", middleware.Path("/"), ""},
		{"a path with slashes doubled", path, "/a//b", middleware.Path("/a//b"), `"/a//b" has to be written "/a/b"`},
		{"nothing but slashes", path, "//", middleware.Path("//"), `"//" has to be written "/"`},
		{"a path with dots", path, "/a/../b", middleware.Path("/a/../b"), `"/a/../b" has to be written "/b"`},
		{"a path encoded", path, "/%61", middleware.Path("/%61"), `"/%61" has to be written without %-escapes, and without a query`},
		{"a path with a query", path, "/a?b", middleware.Path("/a?b"), `"/a?b" has to be written without %-escapes, and without a query`},
		{"a path with a star within", path, "/a*/b", middleware.Path("/a*/b"), `"/a*/b" can have a * only at the end`},
		{"no path", path, "a", middleware.Path("a"), `"a" is not a path: a path begins with /`},

		{"a status", status(400, 599), "404", 404, ""},
		{"a status too small", status(400, 599), "399", 400, `"399" is not a status from 400 to 599`},
		{"a status too great", status(400, 599), "600", 400, `"600" is not a status from 400 to 599`},
		{"a status in other words", status(100, 599), "+40", 100, `"+40" is not a status from 100 to 599`},
		{"a status of four digits", status(100, 599), "0404", 100, `"0404" is not a status from 100 to 599`},

		{"a network", network, "10.0.0.0/8", netip.MustParsePrefix("10.0.0.0/8"), ""},
		{"a network, by one of its hosts", network, "10.1.2.3/8", netip.MustParsePrefix("10.0.0.0/8"), ""},
		{"an address", network, "10.1.2.3", netip.MustParsePrefix("10.1.2.3/32"), ""},
		{"an IPv6 network", network, "2001:db8::/32", netip.MustParsePrefix("2001:db8::/32"), ""},
		{"an IPv6 address", network, "::1", netip.MustParsePrefix("::1/128"), ""},
		{"a mapped address", network, "::ffff:10.1.2.3", netip.MustParsePrefix("10.1.2.3/32"), ""},
		{"a mapped network", network, "::ffff:10.0.0.0/104", netip.MustParsePrefix("10.0.0.0/8"), ""},
		{"a network of mapped and other addresses", network, "::ffff:10.0.0.0/80", netip.Prefix{}, `"::ffff:10.0.0.0/80" is not a network such as 10.0.0.0/8`},
		{"an address with a zone", network, "fe80::1%eth0", netip.Prefix{}, `"fe80::1%eth0" is not a network such as 10.0.0.0/8`},
		{"a network too small", network, "10.0.0.0/33", netip.Prefix{}, `"10.0.0.0/33" is not a network such as 10.0.0.0/8`},
		{"a host", network, "localhost", netip.Prefix{}, `"localhost" is not a network such as 10.0.0.0/8`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := directive.NewController(directive.NewSite(), "x", caddyfiletest.Parse(t, "x "+tt.word)...)
			line := c.Once()
			require.Equal(t, tt.want, tt.read(line, line.Arg()))
			if tt.err == "" {
				require.NoError(t, c.Err())
				return
			}
			require.EqualError(t, c.Err(), "Caddyfile:1:3: x: "+tt.err)
		})
	}
}

// FuzzSize checks that no size is taken for another: what is read is what was
// written, or an error.
func FuzzSize(f *testing.F) {
	for _, s := range []string{"1", "64KB", "10mb", "9223372036854775807", "8589934592GB", "KB", "+1", "1 K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := directive.NewController(directive.NewSite(), "x", &directive.Line{Words: []directive.Word{{Text: "x"}, {Text: text}}})
		line := c.Once()
		if n := line.Size(line.Arg()); n < 1 {
			t.Errorf("%q is %d bytes", text, n)
		}
	})
}
