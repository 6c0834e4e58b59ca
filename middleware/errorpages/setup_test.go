package errorpages_test

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/errorpages"
)

func TestDirective(t *testing.T) {
	const failed = `level=ERROR msg="request failed" status=500 method=GET path=/ error="a secret"` + "\n"
	const plain500, plain404 = "500 Internal Server Error\n", "404 Not Found\n"
	for _, tt := range []struct {
		name    string
		src     string
		on500   string
		on404   string
		logFile string // "" is the site's log
	}{
		{"no line", "", plain500, plain404, ""},
		{"bare", "errors", plain500, plain404, "error.log"},
		{"a file", "errors logs/site.log", plain500, plain404, "logs/site.log"},
		{"a file called visible", `errors "visible"`, plain500, plain404, "visible"},
		{"an empty block", "errors {\n}", plain500, plain404, "error.log"},
		{"a log", "errors { log site.log }", plain500, plain404, "site.log"},
		{"pages, and a block without a log", "errors {\n 404 404.html\n 500 errors/500.html\n}", "<p>broken", "<p>lost", "error.log"},
		{"pages from the root", "errors { 404 /404.html }", plain500, "<p>lost", "error.log"},
		{"one for all others", "errors site.log {\n 404 404.html\n * any.html\n}", "<p>sorry", "<p>lost", "site.log"},
		{"a page that is missing", "errors site.log { 404 missing.html }", plain500, plain404, "site.log"},
		{"rotation", "errors site.log {\n rotate_size 1\n rotate_keep 3\n * any.html\n}", "<p>sorry", "<p>sorry", "site.log"},
		{"visible", "errors visible { * any.html }", plain500 + "\na secret\n", "<p>sorry", ""},
		{"visible, with a log", "errors visible { log site.log }", plain500 + "\na secret\n", plain404, "site.log"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var siteLog logged
			s := directive.NewSite("localhost")
			s.Log = siteLog.logger()
			s.Root = site(t, map[string]string{"404.html": "<p>lost", "errors/500.html": "<p>broken", "any.html": "<p>sorry"})
			mw, err := caddyfiletest.SetupIn(t, s, errorpages.Directive, tt.src)
			require.NoError(t, err)
			siteLog.Reset()

			get := func(status int, err error) string {
				w := httptest.NewRecorder()
				middleware.Edge{Log: s.Log}.Handler(mw(returning(status, err))).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				return w.Body.String()
			}
			require.Equal(t, tt.on500, get(0, reason))
			log := siteLog.String()
			require.Equal(t, tt.on404, get(404, nil))
			if tt.logFile == "" {
				require.Equal(t, failed, log)
				return
			}
			require.Empty(t, log)
			text, err := os.ReadFile(filepath.FromSlash(tt.logFile))
			require.NoError(t, err)
			require.Contains(t, string(text), failed)
		})
	}
}

// TestHiddenPage checks that no script, or what else a site hides, is shown as it is
// written.
func TestHiddenPage(t *testing.T) {
	t.Chdir(t.TempDir())
	var log logged
	s := directive.NewSite("localhost")
	s.Log = log.logger()
	s.Root = site(t, map[string]string{"404.php": "<?php echo 'lost';"})
	s.HideIf(func(name string, _ fs.FileInfo) bool { return name == "404.php" })
	mw, err := caddyfiletest.SetupIn(t, s, errorpages.Directive, "errors {\n 404 404.php\n}")
	require.NoError(t, err)
	w := httptest.NewRecorder()
	_, err = mw(middleware.Status(404)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.Equal(t, "404 Not Found\n", w.Body.String())
	require.Contains(t, log.String(), "reading 404.php: it is a script, or hidden for another reason")
}

// TestMissingPageIsAWarning checks that it keeps no site from being started.
func TestMissingPageIsAWarning(t *testing.T) {
	t.Chdir(t.TempDir())
	var log logged
	s := directive.NewSite("localhost")
	s.Log = log.logger()
	s.Root = site(t, map[string]string{"404.html": "<p>lost"})
	_, err := caddyfiletest.SetupIn(t, s, errorpages.Directive, "errors {\n 404 404.html\n 500 500.html\n 502 500.html\n}")
	require.NoError(t, err)
	require.Equal(t, 1, log.lines())
	require.Contains(t, log.String(), `level=WARN msg="error page cannot be shown" sites=[localhost] error=`)
	require.Contains(t, log.String(), "500.html")
}

// TestLogIsOfTheWholeChain checks that a failure which the layer leaves to the edge
// gets into the file like any other.
func TestLogIsOfTheWholeChain(t *testing.T) {
	t.Chdir(t.TempDir())
	var siteLog logged
	s := directive.NewSite("localhost")
	s.Log = siteLog.logger()
	mw, err := caddyfiletest.SetupIn(t, s, errorpages.Directive, "errors site.log")
	require.NoError(t, err)
	h := middleware.Edge{Log: s.Log}.Handler(mw(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		middleware.Logger(w).LogAttrs(t.Context(), slog.LevelWarn, "from further in")
		w.WriteHeader(200)
		return 502, reason
	})))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	})
	require.Empty(t, siteLog.String())
	text, err := os.ReadFile("site.log")
	require.NoError(t, err)
	require.Contains(t, string(text), `level=WARN msg="from further in"`)
	require.Contains(t, string(text), `status=502 method=GET path=/ error="a secret" aborted=true`)
	require.True(t, s.Hidden("site.log", nil), "below the root, but not to be served")
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"two files", "errors a.log b.log",
			`Caddyfile:1:14: errors: unexpected "b.log"`},
		{"visible and a file", "errors visible a.log",
			`Caddyfile:1:16: errors: unexpected "a.log"`},
		{"a file without a name", `errors ""`,
			`Caddyfile:1:8: errors: the name of the log file is empty`},
		{"a log without a name", `errors { log "" }`,
			`Caddyfile:1:14: errors: the name of the log file is empty`},
		{"syslog", "errors syslog+tcp://localhost:514",
			`Caddyfile:1:8: errors: errors go to a file, stdout or stderr, not to syslog+tcp://localhost:514`},
		{"rotation of older versions", "errors {\n  log a.log {\n    size 50\n  }\n}",
			"Caddyfile:2:3: errors: log: takes no block: rotate_size and the like stand beside it"},
		{"a log nowhere", "errors {\n  log\n}",
			`Caddyfile:2:3: errors: log: a file is missing`},
		{"two logs", "errors a.log {\n  log b.log\n}",
			`Caddyfile:2:3: errors: log: already given at Caddyfile:1:8`},
		{"two logs, in the block", "errors {\n  log a.log\n  log b.log\n}",
			`Caddyfile:3:3: errors: log: already given at Caddyfile:2:3`},
		{"a page without a name", "errors {\n  404\n}",
			`Caddyfile:2:3: errors: 404: a file is missing`},
		{"two pages for one status", "errors {\n  404 a.html\n  404 b.html\n}",
			`Caddyfile:3:3: errors: 404: already given at Caddyfile:2:3`},
		{"a status that is no failure", "errors { 304 a.html }",
			`Caddyfile:1:10: errors: 304: "304" is not a status from 400 to 599`},
		{"a status there cannot be", "errors { 4040 a.html }",
			`Caddyfile:1:10: errors: 4040: "4040" is not a status from 400 to 599`},
		{"a page outside", "errors { * ../a.html }",
			`Caddyfile:1:12: errors: *: "../a.html" is not a file below the site's root`},
		{"two words for a page", "errors { 404 not found.html }",
			`Caddyfile:1:18: errors: 404: unexpected "found.html"`},
		{"rotation of what", "errors visible {\n  rotate_size 5\n}",
			`Caddyfile:2:3: errors: rotate_size: there is no log file to rotate`},
		{"rotation of a stream", "errors stderr { rotate_size 5 }",
			`Caddyfile:1:8: errors: stderr cannot be rotated`},
		{"unknown property", "errors { lgo a.log }",
			`Caddyfile:1:10: errors: unknown property "lgo" (did you mean "log"?)`},
		{"given twice", "errors\nerrors visible",
			`Caddyfile:2:1: errors: already given at Caddyfile:1:1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, err := caddyfiletest.Setup(t, errorpages.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
