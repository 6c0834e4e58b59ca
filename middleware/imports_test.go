package middleware_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/shallot-http/shallot"

// shared are the packages that a layer may build on; layers do not import one
// another, so that each brings as little as it can.
var shared = []string{
	"middleware", "middleware/accept", "middleware/directive", "middleware/logfile",
	"middleware/placeholder", "middleware/probe", "middleware/upstream",
}

// importRules say what the packages below a folder may import; the longest folder
// counts. The standard library is always allowed, but for what no package may
// touch.
var importRules = map[string]struct {
	std     []string // nil is all of it
	module  []string // packages of this module; "*" is all of them
	foreign []string // packages of other modules; "*" is any that no other package has
}{
	"middleware/probe":      {std: []string{"unsafe", "runtime", "sync/atomic"}},
	"middleware/probe/usdt": {module: []string{"middleware/probe"}},

	"middleware":                {module: []string{"middleware/probe"}},
	"middleware/directive":      {module: []string{"middleware"}},
	"middleware/placeholder":    {module: []string{"middleware"}},
	"middleware/accept":         {},
	"middleware/upstream":       {module: []string{"middleware", "middleware/probe"}},
	"middleware/logfile":        {module: []string{"middleware/directive"}, foreign: []string{"github.com/DeRuina/timberjack"}},
	"middleware/middlewaretest": {module: []string{"middleware"}},

	"middleware/*": {module: shared, foreign: []string{"*"}},
	"gzip":         {module: shared, foreign: []string{"*"}},
	"proxy":        {module: shared},
	"fastcgi":      {module: shared},
	"git":          {module: shared, foreign: []string{"*"}},
	"browse":       {module: append([]string{"middleware/static"}, shared...)},

	"caddyfile":               {module: []string{"middleware", "middleware/directive"}},
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

// TestSource checks, file by file, that nothing happens because a package is
// imported, and that nobody has to know whose libraries it uses.
func TestSource(t *testing.T) {
	for _, p := range packages(t) {
		t.Run(p.name, func(t *testing.T) {
			for _, name := range p.GoFiles {
				files := token.NewFileSet()
				file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
				require.NoError(t, err)
				for _, f := range inspect(file, p.Name == "main") {
					t.Errorf("%v: %s", files.Position(f.at), f.what)
				}
			}
		})
	}
}

// TestInspect checks that what TestSource looks for is found.
func TestInspect(t *testing.T) {
	const imports = `import (
		"net/http"
		"github.com/klauspost/compress/zstd"
		br "github.com/andybalholm/brotli"
		"github.com/shallot-http/shallot/middleware"
	)`
	for _, tt := range []struct{ name, src, want string }{
		{"an init function", "func init() {}", "an init function"},
		{"a method called init", "type t int; func (t) init() {}", ""},
		{"a blank import", `import _ "image/png"`, `a blank import of "image/png"`},
		{"a blank import that does nothing", `import _ "embed"`, ""},
		{"the mux of all", imports + "; var mux = http.DefaultServeMux", "http.DefaultServeMux"},
		{"a handler for all", imports + `; func f() { http.HandleFunc("/", nil) }`, "http.HandleFunc"},
		{"a handler for some", imports + `; func f(mux *http.ServeMux) { mux.HandleFunc("/", nil) }`, ""},
		{"a server of all", imports + `; func f() { http.ListenAndServe(":80", nil) }`, "http.ListenAndServe without a handler"},
		{"a server of some", imports + `; func f() { http.ListenAndServe(":80", http.NewServeMux()) }`, ""},
		{"a parameter", imports + "; func F(*zstd.Encoder) {}", "F mentions zstd.Encoder"},
		{"a result", imports + "; func F() (int, []br.Writer) { return 0, nil }", "F mentions br.Writer"},
		{"a method", imports + "; type T int; func (T) M(map[string]*zstd.Encoder) {}", "M mentions zstd.Encoder"},
		{"a method of what is not exported", imports + "; type t int; func (t) M(*zstd.Encoder) {}", ""},
		{"a function that is not exported", imports + "; func f(*zstd.Encoder) {}", ""},
		{"inside of a function", imports + "; func F() { var _ zstd.Encoder }", ""},
		{"a type parameter", imports + "; func F[T zstd.EOption]() {}", "F mentions zstd.EOption"},
		{"a field", imports + "; type T struct { F func(*zstd.Encoder) }", "T mentions zstd.Encoder"},
		{"a field that is not exported", imports + "; type T struct { f *zstd.Encoder }", ""},
		{"an embedded type", imports + "; type T struct { *zstd.Encoder }", "T mentions zstd.Encoder"},
		{"a method of an interface", imports + "; type T interface { M(zstd.Encoder) }", "T mentions zstd.Encoder"},
		{"an alias", imports + "; type T = zstd.Encoder", "T mentions zstd.Encoder"},
		{"a variable", imports + "; var V zstd.Encoder", "V mentions zstd.Encoder"},
		{"a variable by its value", imports + "; var V = zstd.NewWriter", "V mentions zstd.NewWriter"},
		{"a variable that is not exported", imports + "; var v = zstd.NewWriter", ""},
		{"a constant", imports + "; const C = zstd.SpeedFastest", "C mentions zstd.SpeedFastest"},
		{"our own types", imports + "; func F(middleware.Middleware, http.Handler) {}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; "+tt.src, parser.SkipObjectResolution)
			require.NoError(t, err)
			var found []string
			for _, f := range inspect(file, false) {
				found = append(found, f.what)
			}
			if tt.want == "" {
				require.Empty(t, found)
				return
			}
			require.Equal(t, []string{tt.want}, found)
		})
	}
}

type finding struct {
	at   token.Pos
	what string
}

// inspect returns what is wrong with a file that is no test. A command has no API.
func inspect(file *ast.File, command bool) (found []finding) {
	report := func(at token.Pos, what string) { found = append(found, finding{at, what}) }
	var foreign []string // names by which packages of other modules are known here
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "_" && imported != "embed" && imported != "unsafe" { // which are for the compiler
			report(spec.Pos(), "a blank import of "+spec.Path.Value)
		}
		if !isStandard(imported) && !strings.HasPrefix(imported, module) {
			foreign = append(foreign, name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if name := selector(n); slices.Contains([]string{"http.DefaultServeMux", "http.Handle", "http.HandleFunc"}, name) {
				report(n.Pos(), name)
			}
		case *ast.CallExpr:
			name := selector(n.Fun)
			if slices.Contains([]string{"http.ListenAndServe", "http.ListenAndServeTLS", "http.Serve", "http.ServeTLS"}, name) {
				if last, ok := n.Args[len(n.Args)-1].(*ast.Ident); ok && last.Name == "nil" {
					report(n.Pos(), name+" without a handler")
				}
			}
		}
		return true
	})
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
			report(f.Pos(), "an init function")
		}
		if command {
			continue
		}
		for name, node := range exported(decl) {
			ast.Inspect(node, func(n ast.Node) bool {
				if list, ok := n.(*ast.StructType); ok {
					list.Fields.List = slices.DeleteFunc(list.Fields.List, private)
				}
				if s, ok := n.(*ast.SelectorExpr); ok {
					if pkg, _, _ := strings.Cut(selector(s), "."); slices.Contains(foreign, pkg) {
						report(s.Pos(), name+" mentions "+selector(s))
					}
				}
				return true
			})
		}
	}
	return found
}

// exported calls yield with the parts of a declaration that others can see, under
// the names of what they are part of.
func exported(decl ast.Decl) func(yield func(string, ast.Node) bool) {
	return func(yield func(string, ast.Node) bool) {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
				yield(d.Name.Name, d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() && !yield(s.Name.Name, s) {
						return
					}
				case *ast.ValueSpec:
					if i := slices.IndexFunc(s.Names, (*ast.Ident).IsExported); i >= 0 && !yield(s.Names[i].Name, s) {
						return
					}
				}
			}
		}
	}
}

// private reports whether a field of a struct has only names that nobody else can
// use. One that is embedded has none.
func private(f *ast.Field) bool {
	return len(f.Names) > 0 && !slices.ContainsFunc(f.Names, (*ast.Ident).IsExported)
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// selector returns "pkg.Name" for that.
func selector(n ast.Node) string {
	if s, ok := n.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
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
