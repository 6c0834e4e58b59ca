package caddyfile_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestJSON checks what becomes of a Caddyfile as JSON and of that as a Caddyfile.
func TestJSON(t *testing.T) {
	for _, tt := range []struct{ name, src, json, want string }{
		{"a site", "a.com\ngzip\nlog a b", `[{"keys":["a.com"],"body":[["gzip"],["log","a","b"]]}]`, "a.com {\n\tgzip\n\tlog a b\n}\n"},
		{"a site without directives", "a.com", `[{"keys":["a.com"],"body":[]}]`, "a.com {\n}\n"},
		{"several sites and addresses", "a.com, b.com {\n}\n:80 /x {\nlog\ngzip\nlog\n}", `[{"keys":["a.com","b.com"],"body":[]},{"keys":[":80","/x"],"body":[["log"],["gzip"],["log"]]}]`,
			"a.com, b.com {\n}\n\n:80, /x {\n\tlog\n\tgzip\n\tlog\n}\n"},
		{"blocks", "a.com\na b {\n c {\n  d\n }\n e\n}\nf {\n}", `[{"keys":["a.com"],"body":[["a","b",[["c",[["d"]]],["e"]]],["f",[]]]}]`, "a.com {\n\ta b {\n\t\tc {\n\t\t\td\n\t\t}\n\t\te\n\t}\n\tf {\n\t}\n}\n"},
		{"words in quotes that need none", "a.com\n\"log\" `a`", `[{"keys":["a.com"],"body":[["log","a"]]}]`, "a.com {\n\tlog a\n}\n"},
		{"words in quotes that need them", "a.com\nlog \"\" \"a b\" \"{\" `\"` \"# c\" \"<<d\"", `[{"keys":["a.com"],"body":[["log","","a b","{","\"","# c","<<d"]]}]`, "a.com {\n\tlog \"\" \"a b\" \"{\" \"\\\"\" \"# c\" \"<<d\"\n}\n"},
		{"words of several lines", "a.com\nlog \"a\nb\" c {\nd\n}", `[{"keys":["a.com"],"body":[["log","a\nb","c",[["d"]]]]}]`, "a.com {\n\tlog \"a\nb\" c {\n\t\td\n\t}\n}\n"},
		{"backslashes", "a.com\nlog C:\\a\\b C:\\a\\ `C:\\a\\\" b` \"\\\\\"", `[{"keys":["a.com"],"body":[["log","C:\\a\\b","C:\\a\\","C:\\a\\\" b","\\\\"]]}]`,
			"a.com {\n\tlog C:\\a\\b `C:\\a\\` `C:\\a\\\" b` \"\\\\\"\n}\n"},
		{"what no quotes can hold", "a.com\nlog <<X\n\t`\\\"\n\tEND\n\n\tX {\na\n}", `[{"keys":["a.com"],"body":[["log","` + "`" + `\\\"\nEND\n",[["a"]]]]}]`, "a.com {\n\tlog <<END2\n`\\\"\nEND\n\nEND2 {\n\t\ta\n\t}\n}\n"},
		{"addresses that could be something else", "\"import\" \"/a,b\" localhost \"log\" {\n}", `[{"keys":["import","/a,b","localhost","log"],"body":[]}]`, "\"import\" \"/a,b\" localhost, \"log\" {\n}\n"},
		{"names that could be something else", "a.com {\n \"(s)\" {\n }\n \"//x\" //y\n}", `[{"keys":["a.com"],"body":[["(s)",[]],["//x","//y"]]}]`, "a.com {\n\t\"(s)\" {\n\t}\n\t\"//x\" \"//y\"\n}\n"},
		{"what is imported", "(s) {\nlog {args[0]}\n}\na.com {\nimport s b\n}", `[{"keys":["a.com"],"body":[["log","b"]]}]`, "a.com {\n\tlog b\n}\n"},
		{"values of the environment", "{$HOST}\nlog {$LIST} {$LINES} {args[0]} {block} {host}", `[{"keys":["a.com"],"body":[["log"," a  b\t\"c d\" ","gzip\nlog","{args[0]}","{block}","{host}"]]}]`,
			"a.com {\n\tlog \" a  b\t\\\"c d\\\" \" \"gzip\nlog\" {args[0]} {block} {host}\n}\n"},
		{"letters of all kinds", "bücher.example\nlog <a&b> ☺", `[{"keys":["bücher.example"],"body":[["log","<a&b>","☺"]]}]`, "bücher.example {\n\tlog <a&b> ☺\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := caddyfile.Parse("", []byte(tt.src), caddyfile.ParseConfig{Env: environment})
			require.NoError(t, err)
			got, err := caddyfile.ToJSON(f)
			require.NoError(t, err)
			require.Equal(t, tt.json, string(got))
			text, err := caddyfile.FromJSON(got)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(text))
			checkJSON(t, f, caddyfile.ParseConfig{})
		})
	}
}

// checkJSON checks that f comes back from JSON, but for its quotes.
func checkJSON(t *testing.T, f *caddyfile.File, c caddyfile.ParseConfig) {
	t.Helper()
	asJSON, err := caddyfile.ToJSON(f)
	require.NoError(t, err)
	text, err := caddyfile.FromJSON(asJSON)
	require.NoError(t, err)
	formatted, err := caddyfile.Format(text)
	require.NoError(t, err)
	require.Equal(t, string(formatted), string(text))
	c.FS = fstest.MapFS{}
	again, err := caddyfile.Parse("", text, c)
	if len(f.Sites) == 0 {
		require.Empty(t, text)
		return
	}
	require.NoError(t, err, string(text))
	require.Equal(t, showBare(f), showBare(again))
	sameJSON, err := caddyfile.ToJSON(again)
	require.NoError(t, err)
	require.Equal(t, string(asJSON), string(sameJSON))
}

// showBare is showFile, as if all words were in quotes.
func showBare(f *caddyfile.File) string {
	bare := &caddyfile.File{}
	for _, s := range f.Sites {
		bare.Sites = append(bare.Sites, &caddyfile.Site{Addrs: s.Addrs, Lines: quoted(s.Lines)})
	}
	return showFile(bare)
}

func quoted(lines []*directive.Line) (all []*directive.Line) {
	for _, l := range lines {
		line := &directive.Line{}
		for _, w := range l.Words {
			line.Words = append(line.Words, directive.Word{Text: w.Text, Quoted: true})
		}
		if l.Block != nil {
			line.Block = append([]*directive.Line{}, quoted(l.Block)...)
		}
		all = append(all, line)
	}
	return all
}

// TestJSONOfCaddy reads what Caddy 1.0.5 makes of a Caddyfile, and what people write
// by hand.
func TestJSONOfCaddy(t *testing.T) {
	for _, tt := range []struct{ name, json, want string }{
		{"nothing", "[]", ""},
		{"a site of 1.0.5", `[{"keys":["host1","host2"],"body":[["dir1","a",[["sub","x y"]]],["dir2"]]}]`, "\"host1\" \"host2\" {\n\tdir1 a {\n\t\tsub \"x y\"\n\t}\n\tdir2\n}\n"},
		{"numbers and booleans", `[{"keys":["a.com"],"body":[["x",10,1.50,true,false,12345678901234567890]]}]`, "a.com {\n\tx 10 1.50 true false 12345678901234567890\n}\n"},
		{"no body", `[{"keys":["a.com"]}]`, "a.com {\n}\n"},
		{"placeholders and imports", `[{"keys":["{$HOST}"],"body":[["import","x","{$A b}"]]}]`, "{$HOST} {\n\timport x \"{$A b}\"\n}\n"},
		{"a definition among addresses", `[{"keys":["(a.b)"],"body":[]}]`, "\"(a.b)\" {\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := caddyfile.FromJSON([]byte(tt.json))
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestToJSONErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"global options", "{\ndebug\n}\na.com", "2:1: JSON has no place for global options"},
		{"a route", "&(r) {\n}\na.com", "1:1: JSON has no place for named routes"},
		{"a value that would be a placeholder", "a.com\nlog {$LOOP}", `2:5: "{$LOOP}{$HOST}" would be a placeholder if it were read again`},
		{"a default that would be a placeholder", "a.com\nlog {$NOPE:x{%HOST%}}", `2:5: "x{%HOST%}" would be a placeholder if it were read again`},
		{"a line called import", "a.com\nx {\n\"import\" x\n}", "3:1: in JSON a line called import would be an import"},
		{"a value that is no text", "a.com\nlog {$LATIN}", `2:5: "\xe4" is not UTF-8, which JSON consists of`},
		{"a value with carriage returns", "a.com\nlog {$RETURN}", `2:5: "a\r\n" has a byte that no Caddyfile can have`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := caddyfile.Parse("", []byte(tt.src), caddyfile.ParseConfig{Env: func(name string) (string, bool) {
				switch name {
				case "LATIN":
					return "\xe4", true
				case "RETURN":
					return "a\r\n", true
				}
				return environment(name)
			}})
			require.NoError(t, err)
			got, err := caddyfile.ToJSON(f)
			require.Nil(t, got)
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, "Caddyfile:"+tt.want, first)
		})
	}
}

// TestToJSONUnexpanded checks that what is as it was written comes back so, but for
// what JSON has no place for.
func TestToJSONUnexpanded(t *testing.T) {
	c := caddyfile.ParseConfig{Unexpanded: true}
	f, err := caddyfile.Parse("", []byte("{$A} {\nimport x {$B*} \"{$C:d e}\" {\n{block}\n}\n}"), c)
	require.NoError(t, err)
	text, err := caddyfile.ToJSON(f)
	require.NoError(t, err)
	require.Equal(t, `[{"keys":["{$A}"],"body":[["import","x","{$B*}","{$C:d e}",[["{block}"]]]]}]`, string(text))
	checkJSON(t, f, c)
	f, err = caddyfile.Parse("", []byte("(s) {\n}\nimport x\na.com {\n}"), c)
	require.NoError(t, err)
	_, err = caddyfile.ToJSON(f)
	require.EqualError(t, err, "Caddyfile:1:1: JSON has no place for snippets\n\t(s) {\n\t^\n"+
		"Caddyfile:3:1: JSON has no place for an import outside of sites\n\timport x\n\t^")
}

func TestFromJSONErrors(t *testing.T) {
	deep := strings.Repeat(`["x",[`, 65) + strings.Repeat("]]", 65)
	for _, tt := range []struct{ name, json, want string }{
		{"no JSON", "a.com {\n}", "JSON:1:1: invalid character 'a' looking for beginning of value"},
		{"JSON that ends early", "[\n{", "JSON:2:2: unexpected EOF"},
		{"JSON of something else", `{"apps": {}}`, "JSON:1:1: unexpected object"},
		{"an unknown field", `[{"keys":["a"],"boby":[]}]`, `JSON:1:27: json: unknown field "boby"`},
		{"more than one value", "[]\n[]", "JSON:2:1: there is more after its end"},
		{"no keys", `[{"keys":["a.com"]},{"body":[]}]`, "JSON: site 2: it has no keys"},
		{"a line without words", `[{"keys":["a.com"],"body":[["x"],[]]}]`, "JSON: site 1, line 2: it has no words"},
		{"a block that is not last", `[{"keys":["a.com"],"body":[["x",[["y",[["z"]],"w"]]]]}]`, "JSON: site 1, line 1, line 1: a block is the last element of a line, and not the first"},
		{"nothing but a block", `[{"keys":["a.com"],"body":[[[]]]}]`, "JSON: site 1, line 1: a block is the last element of a line, and not the first"},
		{"a block of words", `[{"keys":["a.com"],"body":[["x",["y"]]]}]`, "JSON: site 1, line 1: a block consists of lines, which are lists, but y is not"},
		{"null", `[{"keys":["a.com"],"body":[["x",null]]}]`, "JSON: site 1, line 1: <nil> is neither a word nor a block"},
		{"an object", `[{"keys":["a.com"],"body":[["x",{}]]}]`, "JSON: site 1, line 1: map[] is neither a word nor a block"},
		{"a zero byte", `[{"keys":["a.com"],"body":[["x","a\u0000"]]}]`, `JSON: site 1, line 1: the word "a\x00" cannot be written in a Caddyfile`},
		{"a carriage return", `[{"keys":["a.com"],"body":[["x","a\r\n"]]}]`, `JSON: site 1, line 1: the word "a\r\n" cannot be written in a Caddyfile`},
		{"blocks too deep", `[{"keys":["a.com"],"body":[` + deep + `]}]`, "JSON: site 1" + strings.Repeat(", line 1", 64) + ": blocks are more than 64 deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := caddyfile.FromJSON([]byte(tt.json))
			require.Nil(t, got)
			require.EqualError(t, err, tt.want)
		})
	}
}

// FuzzJSON checks that a Caddyfile comes back from JSON, or is refused.
func FuzzJSON(f *testing.F) {
	for _, src := range samples {
		f.Add(src)
	}
	f.Add("{$LIST} a.com {\n x {$LINES} `\\\"` \"{\" <<X\n\t`\\\"\n\tX y\\ {\n \"(s)\" //x\n }\n}\n\"import\" b,c {\n}")
	f.Fuzz(func(t *testing.T, src string) {
		for _, c := range []caddyfile.ParseConfig{{}, {Unexpanded: true}} {
			c.FS, c.Env = fstest.MapFS{}, environment
			file, err := caddyfile.Parse("", []byte(src), c)
			if err != nil {
				continue
			}
			if _, err := caddyfile.ToJSON(file); err == nil {
				checkJSON(t, file, c)
			}
		}
	})
}

// FuzzFromJSON checks that a Caddyfile that JSON has become says what that did.
func FuzzFromJSON(f *testing.F) {
	f.Add(`[{"keys":["a.com","import"],"body":[["x","{","a b",1,true,"\\",[["y","\"` + "`" + `\\\"",[]]]],["import","z"]]}]`)
	f.Fuzz(func(t *testing.T, src string) {
		text, err := caddyfile.FromJSON([]byte(src))
		if err != nil {
			require.Nil(t, text)
			return
		}
		c := caddyfile.ParseConfig{FS: fstest.MapFS{}, Unexpanded: true}
		file, err := caddyfile.Parse("", text, c)
		if err == nil { // or else what it says was wrong, such as its addresses
			checkJSON(t, file, c)
		}
	})
}

func ExampleToJSON() {
	f, err := caddyfile.Parse("Caddyfile", []byte(`example.com {
		proxy / localhost:9000 {
			policy random
		}
	}`), caddyfile.ParseConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	asJSON, err := caddyfile.ToJSON(f)
	if err != nil {
		fmt.Println(err) // what JSON has no place for
		return
	}
	fmt.Println(string(asJSON))
	text, err := caddyfile.FromJSON(asJSON)
	if err != nil {
		fmt.Println(err)
		return
	}
	os.Stdout.Write(text)
	// Output:
	// [{"keys":["example.com"],"body":[["proxy","/","localhost:9000",[["policy","random"]]]]}]
	// example.com {
	// 	proxy / localhost:9000 {
	// 		policy random
	// 	}
	// }
}
