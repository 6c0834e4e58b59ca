package accesslog_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/logfile"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestDirective sends GET /api/x from 192.0.2.1 through what a Caddyfile says, and
// then has a look at the files; stamps are replaced by NOW.
func TestDirective(t *testing.T) {
	const common = "192.0.2.1 - ada [NOW] \"GET /api/x HTTP/1.1\" 200 5"
	for _, tt := range []struct {
		name, src string
		want      map[string]string
	}{
		{"nothing said", "log", map[string]string{"access.log": common}},
		{"a file", "log ./a.log", map[string]string{"a.log": common}},
		{"a file with a path that looks like a scope", "log DIR/a.log", map[string]string{"a.log": common}},
		{"a path", "log /api a.log", map[string]string{"a.log": common}},
		{"another path", "log /other a.log", map[string]string{"a.log": ""}},
		{"a path, which is a prefix", "log /ap a.log", map[string]string{"a.log": common}},
		{"common", "log / a.log {common}", map[string]string{"a.log": common}},
		{"combined", "log / a.log {combined}", map[string]string{"a.log": common + ` "-" "curl/8"`}},
		{"combined without braces", "log / a.log combined", map[string]string{"a.log": common + ` "-" "curl/8"`}},
		{"a format of one's own", `log / a.log "{status} {common} {>User-Agent}"`, map[string]string{"a.log": "200 " + common + " curl/8"}},
		{"a format in the block", "log a.log {\n format combined\n}", map[string]string{"a.log": common + ` "-" "curl/8"`}},
		{"a format of one's own in the block", "log a.log {\n format \"{method} \\{}\"\n}", map[string]string{"a.log": "GET {}"}},
		{"an unknown placeholder", "log / a.log \"{method} {status_code}\"", map[string]string{"a.log": "GET {status_code}"}},
		{"a path left out", "log a.log {\n except /static /api\n}", map[string]string{"a.log": ""}},
		{"other paths left out", "log a.log {\n except /static\n except /health 404 5xx\n}", map[string]string{"a.log": common}},
		{"a status left out", "log a.log {\n except 200\n}", map[string]string{"a.log": ""}},
		{"a class of statuses left out", "log a.log {\n except 404 2xx\n}", map[string]string{"a.log": ""}},
		{"a masked address", "log a.log {\n ipmask 255.255.0.0\n}", map[string]string{"a.log": "192.0.0.0" + common[len("192.0.2.1"):]}},
		{"two masks", "log a.log {\n ipmask 255.255.255.255 ffff::\n}", map[string]string{"a.log": common}},
		{"the first path that matches", "log /api a.log\nlog /other b.log\nlog c.log", map[string]string{"a.log": common, "b.log": "", "c.log": ""}},
		{"the last path", "log /other a.log\nlog b.log", map[string]string{"a.log": "", "b.log": common}},
		{"several logs of one path", "log a.log\nlog / b.log {status}", map[string]string{"a.log": common, "b.log": "200"}},
		{"several logs of the first path that matches", "log /api a.log\nlog b.log\nlog /api c.log", map[string]string{"a.log": common, "b.log": "", "c.log": common}},
		{"several logs in one file", "log a.log\nlog / ./a.log {common}", map[string]string{"a.log": common + "\n" + common}},
		{"rotation", "log a.log {\n rotate_size 1\n rotate_age 1\n rotate_keep 1\n rotate_compress\n}\nlog b.log { rotate_disable }",
			map[string]string{"a.log": common, "b.log": common}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			site := quietSite()
			mw, err := caddyfiletest.SetupIn(t, site, accesslog.Directive, strings.ReplaceAll(tt.src, "DIR", filepath.ToSlash(dir)))
			require.NoError(t, err)
			serve(mw)
			got := map[string]string{}
			for _, f := range list(t, dir) {
				text := read(t, f)
				for line := range strings.Lines(text) {
					if before, after, ok := strings.Cut(line, "["); ok {
						_, after, _ = strings.Cut(after, "]")
						text = strings.Replace(text, line, before+"[NOW]"+after, 1)
					}
				}
				got[f] = strings.TrimSuffix(text, "\n")
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestDirectiveJSON(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		agent     any // of the header
		secret    any
	}{
		{"json", "log / a.log json", nil, nil},
		{"json in braces", "log / a.log {json}", nil, nil},
		{"json in the block", "log a.log { format json }", nil, nil},
		{"headers", "log a.log {\n format json\n headers\n}", "curl/8", "REDACTED"},
		{"secrets", "log / a.log json {\n headers secrets\n}", "curl/8", "a=b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			mw, err := caddyfiletest.Setup(t, accesslog.Directive, tt.src)
			require.NoError(t, err)
			serve(mw)
			var record map[string]any
			require.NoError(t, json.Unmarshal([]byte(read(t, "a.log")), &record))
			require.Equal(t, "/api/x", record["uri"])
			require.Equal(t, "ada", record["user"])
			header, _ := record["request_header"].(map[string]any)
			require.Equal(t, tt.agent, header["User-Agent"])
			require.Equal(t, tt.secret, header["Cookie"])
		})
	}
}

func TestDirectiveTrustsTheSitesProxies(t *testing.T) {
	t.Chdir(t.TempDir())
	site := directive.NewSite("localhost")
	site.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	mw, err := caddyfiletest.SetupIn(t, site, accesslog.Directive, "log / a.log {remote}")
	require.NoError(t, err)
	serve(mw)
	require.Equal(t, "203.0.113.7\n", read(t, "a.log"))
}

// TestDirectiveHidesAndSharesItsFile looks at what others see of a log.
func TestDirectiveHidesAndSharesItsFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	site := directive.NewSite("localhost")
	site.Root = middleware.NewRoot(dir)
	_, err := caddyfiletest.SetupIn(t, site, accesslog.Directive, "log\nlog / b.log")
	require.NoError(t, err)
	require.True(t, site.Hidden("access.log", nil))
	require.True(t, site.Hidden("access-2026-01-02T03-04-05.678-size.log.gz", nil))
	require.False(t, site.Hidden("access.html", nil))

	var names []string
	site.Shared.Each(func(r directive.Resource) {
		if f, ok := r.(*logfile.File); ok {
			names = append(names, filepath.Base(f.Name()))
		}
	})
	require.ElementsMatch(t, []string{"access.log", "b.log"}, names)
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"a file and a format", `log a.log "{remote} {uri}"`,
			`Caddyfile:1:5: log: "a.log" is not a path: a file with a format is log / a.log "{remote} {uri}"`},
		{"a format for a file", "log {combined}",
			`Caddyfile:1:5: log: "{combined}" is a format, not a file: with both it is log / access.log "{combined}"`},
		{"a format without braces for a file", "log json",
			`Caddyfile:1:5: log: "json" is a format, not a file: with both it is log / access.log "json"`},
		{"a path and a format", "log / {common}",
			`Caddyfile:1:7: log: "{common}" is a format, not a file: with both it is log / access.log "{common}"`},
		{"a path without a slash", "log api a.log",
			`Caddyfile:1:5: log: "api" is not a path: a path begins with /`},
		{"a sign of equality", "log = a.log",
			`Caddyfile:1:5: log: "=" is not a path: a path begins with /`},
		{"a file and a format, mistyped", `log a.log comon`,
			`Caddyfile:1:5: log: "a.log" is not a path: a file with a format is log / a.log "comon"`},
		{"a shell's variable in a file", "log ${HOME}/a.log",
			`Caddyfile:1:5: log: "${HOME}/a.log" is not the name of a file: it has braces`},
		{"a brace in a file", "log a{.log",
			`Caddyfile:1:5: log: "a{.log" is not the name of a file: it has braces`},
		{"old properties of rotation", "log a.log {\n rotate {\n  size 50\n }\n size 50\n}",
			"Caddyfile:2:2: log: unknown property \"rotate\" (there are rotate_size, rotate_age, rotate_keep, rotate_compress, rotate_disable)\n" +
				"Caddyfile:5:2: log: unknown property \"size\" (did you mean \"rotate_size\"?)"},
		{"a path that is none", "log api a.log {common}",
			`Caddyfile:1:5: log: "api" is not a path: a path begins with /`},
		{"four words", "log / a.log {common} {combined}",
			`Caddyfile:1:22: log: unexpected "{combined}"`},
		{"a format that is not quoted", "log / a.log {remote} - {user}",
			`Caddyfile:1:22: log: unexpected "-"`},
		{"no name", `log ""`,
			`Caddyfile:1:5: log: a file needs a name`},
		{"a format nobody knows", "log / a.log combind",
			`Caddyfile:1:13: log: "combind" is not a format such as common, combined, json or "{remote} {uri}" (did you mean "combined"?)`},
		{"no format", "log a.log { format }",
			`Caddyfile:1:13: log: format: a format is missing`},
		{"two formats", "log / a.log common {\n format combined\n}",
			`Caddyfile:2:2: log: format: already given at Caddyfile:1:13`},
		{"two formats in the block", "log a.log {\n format common\n format combined\n}",
			`Caddyfile:3:2: log: format: already given at Caddyfile:2:2`},
		{"syslog", "log syslog",
			`Caddyfile:1:5: log: there is no output to syslog: log to stdout, which systemd, or logger(1) behind a pipe, hands on to it`},
		{"syslog elsewhere", "log / syslog+udp://localhost:514",
			`Caddyfile:1:7: log: there is no output to syslog: log to stdout, which systemd, or logger(1) behind a pipe, hands on to it`},
		{"another URL", "log tcp://localhost:514",
			`Caddyfile:1:5: log: "tcp://localhost:514" is not a file`},
		{"except nothing", "log a.log { except }",
			`Caddyfile:1:13: log: except: a path or a status is missing`},
		{"except what is no path", "log a.log { except api 2x }",
			"Caddyfile:1:20: log: except: \"api\" is neither a path, which begins with /, nor a status such as 304 or 2xx\n" +
				"Caddyfile:1:24: log: except: \"2x\" is neither a path, which begins with /, nor a status such as 304 or 2xx"},
		{"except what is no status", "log a.log { except 200 600 }",
			`Caddyfile:1:24: log: except: "600" is not a status from 100 to 599`},
		{"a mask of a length", "log a.log { ipmask 24 }",
			`Caddyfile:1:20: log: ipmask: "24" is not a mask such as 255.255.255.0`},
		{"a mask with holes", "log a.log { ipmask 255.0.255.0 }",
			`Caddyfile:1:20: log: ipmask: "255.0.255.0" is not a mask such as 255.255.255.0: its ones do not all come first`},
		{"masks in the wrong order", "log a.log { ipmask ffff:: 255.0.0.0 }",
			"Caddyfile:1:20: log: ipmask: \"ffff::\" is not a mask such as 255.255.255.0\n" +
				"Caddyfile:1:27: log: ipmask: \"255.0.0.0\" is not a mask such as ffff:ffff:ffff::"},
		{"three masks", "log a.log { ipmask 255.0.0.0 ffff:: ff:: }",
			`Caddyfile:1:37: log: ipmask: unexpected "ff::"`},
		{"headers in lines", "log a.log { headers }",
			`Caddyfile:1:13: log: headers are for the format json`},
		{"headers and what", "log / a.log json { headers all }",
			`Caddyfile:1:28: log: headers: unknown word "all" (it is one of secrets)`},
		{"rotation twice", "log a.log {\n rotate_size 1\n rotate_size 2\n}",
			`Caddyfile:3:2: log: rotate_size: already given at Caddyfile:2:2`},
		{"rotation of a stream", "log stdout {\n rotate_size 1\n}",
			`Caddyfile:1:5: log: stdout cannot be rotated`},
		{"one file, rotated in two ways", "log a.log { rotate_size 1 }\nlog / ./a.log { rotate_size 2 }",
			`Caddyfile:2:7: log: another line has ./a.log rotated otherwise`},
		{"an unknown property", "log a.log { exept /x }",
			`Caddyfile:1:13: log: unknown property "exept" (did you mean "except"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := caddyfiletest.Setup(t, accesslog.Directive, tt.src)
			require.EqualError(t, err, tt.want)
			require.Empty(t, list(t, "."), "a file was made")
		})
	}
}

func TestDirectiveFailsToStart(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("a.log", 0o700))
	_, err := caddyfiletest.Setup(t, accesslog.Directive, "log a.log")
	require.ErrorContains(t, err, "opening log file: ")
	require.ErrorContains(t, err, "a.log")
}

// TestDirectiveDoubts checks what is said of lines that are no mistake for sure.
func TestDirectiveDoubts(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing doubtful", "log / a.log {combined}\nlog / b.log\n", ""},
		{"an unknown placeholder", "log / a.log \"{uri} {stauts}\"",
			`level=WARN msg="log: unknown placeholder {stauts} stays as it is (did you mean \"{status}\"?)" at=Caddyfile:1:13` + "\n"},
		{"a path after a shorter one", "log a.log\nlog /api b.log",
			`level=WARN msg="log: never written to: what is under /api is logged by the line for /" at=Caddyfile:2:1` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var doubts strings.Builder
			site := directive.NewSite("localhost")
			site.Log = plainLogger(&doubts)
			_, err := caddyfiletest.SetupIn(t, site, accesslog.Directive, tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.want, doubts.String())
		})
	}
}

func TestDirectiveTransparent(t *testing.T) {
	t.Chdir(t.TempDir())
	mw, err := caddyfiletest.Setup(t, accesslog.Directive, "log /none a.log\nlog b.log\nlog / c.log json")
	require.NoError(t, err)
	middlewaretest.Transparent(t, mw)
}

func serve(mw middleware.Middleware) {
	r := httptest.NewRequest("GET", "/api/x", nil)
	r.Header = http.Header{"User-Agent": {"curl/8"}, "X-Forwarded-For": {"203.0.113.7"}, "Cookie": {"a=b"}}
	mw(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		middleware.Note(w, slog.String(middleware.NoteUser, "ada"))
		io.WriteString(w, "hello")
		return 0, nil
	})).ServeHTTP(middleware.Record(httptest.NewRecorder()), r)
}

func quietSite() *directive.Site {
	site := directive.NewSite("localhost")
	site.Log = slog.New(slog.DiscardHandler)
	return site
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}
