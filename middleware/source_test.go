package middleware_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
