package middleware_test

import (
	"go/build"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/shallot-http/shallot"

// shared are the packages that a layer may build on; layers do not import one
// another, so that each brings as little as it can.
var shared = []string{
	"middleware", "middleware/accept", "middleware/command", "middleware/condition", "middleware/directive",
	"middleware/logfile", "middleware/page", "middleware/placeholder", "middleware/probe",
	"middleware/upstream", "middleware/upstream/properties",
}

// importRules say what the packages below a folder may import; the longest folder
// counts. The standard library is always allowed, but for what no package may
// touch.
var importRules = map[string]struct {
	std     []string // nil is all of it
	module  []string // packages of this module; "*" is all of them
	foreign []string // packages of other modules; "*" is any that no other package has
}{
	"middleware/probe":          {std: []string{"unsafe", "runtime", "sync/atomic"}},
	"middleware/probe/generate": {module: []string{"middleware/probe"}},
	"middleware/probe/probelog": {module: []string{"middleware/probe"}},
	"middleware/probe/script":   {module: []string{"middleware/probe"}},
	"middleware/probe/usdt":     {module: []string{"middleware/probe", "middleware/probe/script"}},

	"middleware":                {module: []string{"middleware/probe"}},
	"middleware/directive":      {module: []string{"middleware"}},
	"middleware/placeholder":    {module: []string{"middleware"}},
	"middleware/accept":         {},
	"middleware/condition":      {module: []string{"middleware/directive", "middleware/placeholder"}},
	"middleware/upstream":       {module: []string{"middleware", "middleware/probe"}},
	"middleware/logfile":        {module: []string{"middleware/directive"}, foreign: []string{"github.com/DeRuina/timberjack"}},
	"middleware/middlewaretest": {module: []string{"middleware"}},

	// Not a part of upstream, which programs without a Caddyfile use, too.
	"middleware/upstream/properties": {module: []string{"middleware", "middleware/directive", "middleware/upstream"}},

	"middleware/page":       {module: []string{"middleware", "middleware/static"}},
	"middleware/live":       {module: append([]string{"middleware/probe/script"}, shared...)},
	"middleware/templates":  {module: append([]string{"middleware/static"}, shared...)},
	"middleware/extensions": {module: append([]string{"middleware/static"}, shared...)},
	"middleware/rewrite":    {module: append([]string{"middleware/static"}, shared...)},
	"middleware/autohttps":  {module: append([]string{"middleware/certificates"}, shared...), foreign: []string{"*"}},
	"middleware/markdown":   {module: append([]string{"middleware/static"}, shared...), foreign: []string{"*"}},

	"middleware/*": {module: shared, foreign: []string{"*"}},
	"gzip":         {module: shared, foreign: []string{"*"}},
	"proxy":        {module: shared},
	"fastcgi":      {module: shared},
	"git":          {module: shared, foreign: []string{"*"}},
	"browse":       {module: append([]string{"middleware/static"}, shared...)},

	"caddyfile":               {module: []string{"middleware", "middleware/directive", "middleware/probe"}},
	"caddyfile/caddyfiletest": {module: []string{"caddyfile", "middleware", "middleware/directive"}},
	"caddyfile/standard":      {module: []string{"*"}, foreign: []string{"*"}},

	"examples": {module: []string{"*"}, foreign: []string{"*"}},
}

// core are the packages of other modules that several packages may import.
var core = []string{"github.com/andybalholm/brotli", "github.com/klauspost/compress"}

// unwanted are what no package may import, because it registers itself with
// http.DefaultServeMux.
var unwanted = []string{"expvar", "net/http/pprof"}

// TestImports keeps the packages of this module in their order, and what they
// bring into a program small.
func TestImports(t *testing.T) {
	importers := map[string]string{} // by foreign package
	for _, p := range packages(t) {
		t.Run(p.name, func(t *testing.T) {
			rule, ok := importRules[ruleFor(p.name)]
			require.True(t, ok, "there is no rule for what is below %q", p.name)
			for _, imported := range p.Imports {
				own, isOwn := strings.CutPrefix(imported, module+"/")
				switch {
				case slices.Contains(unwanted, imported):
					t.Errorf("imports %s, which registers handlers for everybody", imported)
				case isOwn:
					if !slices.Contains(rule.module, own) && !slices.Contains(rule.module, "*") {
						t.Errorf("imports %s", own)
					}
				case isStandard(imported):
					if rule.std != nil && !slices.Contains(rule.std, imported) {
						t.Errorf("imports %s", imported)
					}
				case strings.HasPrefix(imported, "github.com/stretchr/testify"):
					t.Errorf("imports %s, which is for tests", imported)
				case slices.Contains(rule.foreign, imported):
				case !slices.Contains(rule.foreign, "*"):
					t.Errorf("imports %s", imported)
				case slices.ContainsFunc(core, func(c string) bool { return strings.HasPrefix(imported+"/", c+"/") }):
				case importers[imported] != "":
					t.Errorf("imports %s, as does %s", imported, importers[imported])
				default:
					importers[imported] = p.name
				}
			}
			for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
				require.NotContains(t, unwanted, imported)
			}
		})
	}
}

// TestDependencies looks for what is unwanted behind what is imported.
func TestDependencies(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("without the go command:", err)
	}
	cmd := exec.CommandContext(t.Context(), tool, "list", "-deps", module+"/...")
	cmd.Dir = moduleRoot(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		require.NotContains(t, unwanted, strings.TrimSpace(line))
	}
}

// A pkg is a package of this module, for all systems.
type pkg struct {
	*build.Package
	name string // without the module
}

// packages returns the packages of this module, but not of those nested in it.
func packages(t *testing.T) (found []pkg) {
	t.Helper()
	root := moduleRoot(t)
	all := build.Default
	all.UseAllFiles = true
	require.NoError(t, filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && dir != root {
			return filepath.SkipDir
		}
		if base := d.Name(); dir != root && (base == "testdata" || base[0] == '.' || base[0] == '_') {
			return filepath.SkipDir
		}
		p, err := all.ImportDir(dir, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, dir)
		found = append(found, pkg{p, filepath.ToSlash(name)})
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	require.NoError(t, err)
	_, err = os.Stat(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	return dir
}

// ruleFor returns the folder whose rule counts for a package.
func ruleFor(name string) string {
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if _, ok := importRules[dir]; ok && (dir != "middleware" || name == dir) {
			return dir
		}
		if path.Dir(dir) == "middleware" {
			return "middleware/*"
		}
	}
	return ""
}

func isStandard(imported string) bool {
	host, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(host, ".")
}
