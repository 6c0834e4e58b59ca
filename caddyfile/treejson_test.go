package caddyfile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// showTree is showFile for the JSON of a File.
func showTree(tree map[string]any) string {
	var all []string
	if options, ok := tree["options"].([]any); ok {
		all = append(all, fmt.Sprintf("{%s}", showTreeLines(options)))
	}
	for _, kind := range []struct{ field, form string }{{"snippets", "(%s) {%s}"}, {"routes", "&(%s) {%s}"}} {
		for _, block := range list(tree[kind.field]) {
			b := block.(map[string]any)
			all = append(all, fmt.Sprintf(kind.form, b["name"], showTreeLines(list(b["lines"]))))
		}
	}
	for _, line := range list(tree["imports"]) {
		all = append(all, showTreeLines([]any{line}))
	}
	for _, site := range list(tree["sites"]) {
		s := site.(map[string]any)
		var addrs []string
		for _, a := range s["addresses"].([]any) {
			addrs = append(addrs, a.(map[string]any)["text"].(string))
		}
		all = append(all, fmt.Sprintf("%s {%s}", strings.Join(addrs, ", "), showTreeLines(list(s["lines"]))))
	}
	return strings.Join(all, "\n")
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func showTreeLines(lines []any) string {
	var all []string
	for _, line := range lines {
		l := line.(map[string]any)
		var words []string
		for _, word := range l["words"].([]any) {
			w := word.(map[string]any)
			text := w["text"].(string)
			if w["quoted"] == true {
				text = fmt.Sprintf("%q", text)
			}
			words = append(words, text)
		}
		if block, ok := l["block"].([]any); ok {
			words = append(words, fmt.Sprintf("{%s}", showTreeLines(block)))
		}
		all = append(all, strings.Join(words, " "))
	}
	return strings.Join(all, "; ")
}

// TestTreeJSON checks the form of the JSON, and that places and imports are in it.
func TestTreeJSON(t *testing.T) {
	f, err := parseFiles("{\n}\n&(r) {\n}\nhttps://a.com:8443/x [::1] {\n\tlog \"a\" {\n\t}\n\timport x\n}\nimport y\n-- x --\nimport z\n-- y --\nb.com {\n}\n-- z --\ngzip\n")
	require.NoError(t, err)
	f.Files = nil
	text, err := json.Marshal(f)
	require.NoError(t, err)
	require.Equal(t, strings.NewReplacer("\n", "", "\t", "").Replace(`{
		"name":"Caddyfile",
		"options":[],
		"routes":[{"name":"r","at":"3:1","lines":[]}],
		"sites":[
			{
				"addresses":[
					{"text":"https://a.com:8443/x","at":"5:1","scheme":"https","host":"a.com","port":"8443","path":"/x"},
					{"text":"[::1]","at":"5:22","host":"::1"}
				],
				"at":"5:1",
				"lines":[
					{"words":[{"text":"log","at":"6:2"},{"text":"a","at":"6:6","quoted":true}],"block":[]},
					{"words":[{"text":"gzip","at":"z:1:1"}],"from":["x:1:1","8:2"]}
				]
			},
			{"addresses":[{"text":"b.com","at":"y:1:1","host":"b.com"}],"at":"y:1:1","from":["10:1"],"lines":[]}
		]
	}`), string(text))
}

// TestUnexpanded checks what is as it is written, and that no server is made of it.
func TestUnexpanded(t *testing.T) {
	c := caddyfile.ParseConfig{Unexpanded: true, Env: func(string) (string, bool) {
		t.Error("the environment is looked at")
		return "", false
	}}
	f, err := parseFilesWith("(s) {\n}\nimport missing {$A} {\n x\n}\n{$A?}, b{%C%}.com {\n x {$B} {args[0]}\n import s\n}\n", c)
	require.NoError(t, err)
	require.Equal(t, "(s) {}\nimport missing {$A} {x}\n{$A?}, b{%C%}.com {x {$B} {args[0]}; import s}", showFile(f))
	require.Equal(t, caddyfile.Address{Text: "{$A?}", Pos: f.Sites[0].Pos}, f.Sites[0].Addrs[0])
	require.Equal(t, "Caddyfile:1:1", f.Snippets[0].Pos.String())
	require.Empty(t, f.Warnings)
	_, err = caddyfile.Build(f, caddyfile.Config{})
	require.ErrorContains(t, err, "Caddyfile:1:1: the Caddyfile was parsed Unexpanded, which is not for building")

	_, err = parseFilesWith("(s) {\n}\n(s) {\n}\na..b", c)
	require.ErrorContains(t, err, `Caddyfile:3:1: the snippet "s" is defined already at Caddyfile:1:1`)
	require.ErrorContains(t, err, `Caddyfile:5:1: "a..b" is not the address of a site`)
	lines, err := caddyfile.ParseLines("", []byte("import x {$A}"), c)
	require.NoError(t, err)
	require.Equal(t, "import x {$A}", show(lines))
	f, err = parseFilesWith("# nothing", c)
	require.NoError(t, err)
	require.Empty(t, f.Sites)
}
