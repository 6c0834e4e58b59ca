package standard_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestTypos makes every mistake of one letter in every name that a Caddyfile may
// have, but for short ones, and sees that nearly all lead to the right name.
func TestTypos(t *testing.T) {
	families := nameFamilies(t)
	families["directives"] = standard.Vocabulary().Names()
	families["proxy"], families["fastcgi"] = propertiesOf(t, "proxy"), propertiesOf(t, "fastcgi")
	require.Greater(t, len(families), 20, "they are found in the source")
	var all, right int
	for family, names := range families {
		var wrong []string
		n := 0
		for _, name := range names {
			if len(name) < 4 {
				continue
			}
			for _, typo := range typosOf(name) {
				if slices.Contains(names, typo) {
					continue
				}
				n++
				if directive.Suggest(typo, names...) != fmt.Sprintf(" (did you mean %q?)", name) {
					wrong = append(wrong, typo+" for "+name)
				}
			}
		}
		all, right = all+n, right+n-len(wrong)
		if len(wrong)*20 > n {
			t.Logf("%s: of %d typos %d are not recognized, such as %q", family, n, len(wrong), wrong[:min(len(wrong), 5)])
		}
	}
	t.Logf("%d typos, %.2f %% recognized", all, 100*float64(right)/float64(all))
	require.Greater(t, 100*right, 95*all)
}

// typosOf returns name with a letter left out, put in, replaced, or exchanged with
// the next.
func typosOf(name string) (typos []string) {
	const letters = "abcdefghijklmnopqrstuvwxyz_"
	for i := range len(name) + 1 {
		for _, c := range letters {
			typos = append(typos, name[:i]+string(c)+name[i:])
			if i < len(name) {
				typos = append(typos, name[:i]+string(c)+name[i+1:])
			}
		}
		if i < len(name) {
			typos = append(typos, name[:i]+name[i+1:])
		}
		if i+1 < len(name) {
			typos = append(typos, name[:i]+name[i+1:i+2]+name[i:i+1]+name[i+2:])
		}
	}
	return slices.DeleteFunc(typos, func(typo string) bool { return typo == name })
}

// nameFamilies returns the names that each call of Properties and OneOf in this
// module chooses from.
func nameFamilies(t *testing.T) map[string][]string {
	families := map[string][]string{}
	fset := token.NewFileSet()
	require.NoError(t, filepath.WalkDir("../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "Properties" && method.Sel.Name != "OneOf" {
				return true
			}
			args := call.Args
			if method.Sel.Name == "OneOf" {
				args = args[min(2, len(args)):]
			}
			var names []string
			for _, arg := range args {
				if lit, ok := arg.(*ast.BasicLit); ok {
					text, _ := strconv.Unquote(lit.Value)
					names = append(names, strings.TrimSuffix(text, "..."))
				}
			}
			if len(names) > 0 {
				families[fset.Position(call.Pos()).String()] = names
			}
			return true
		})
		return nil
	}))
	return families
}

// propertiesOf returns the names that a directive has for directive.Line.ReadBlock: its
// own and those of package properties.
func propertiesOf(t *testing.T, name string) (names []string) {
	for _, dir := range []string{"../../" + name, "../../middleware/upstream/properties"} {
		before := len(names)
		files, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok {
					names = append(names, propertyOf(lit)...)
				}
				return true
			})
		}
		require.Greater(t, len(names), before+12, "they are found in the source")
	}
	return names
}

// propertyOf returns the Name of a composite literal that has a Read, too.
func propertyOf(lit *ast.CompositeLit) (name []string) {
	reads := false
	for _, element := range lit.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return nil
		}
		switch key, _ := field.Key.(*ast.Ident); {
		case key == nil:
			return nil
		case key.Name == "Read":
			reads = true
		case key.Name == "Name":
			if value, ok := field.Value.(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(value.Value)
				name = append(name, strings.TrimSuffix(text, "..."))
			}
		}
	}
	if !reads {
		return nil
	}
	return name
}
