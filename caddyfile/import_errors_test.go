package caddyfile_test

import "testing"

// TestImportErrors checks every message about imports, snippets and arguments.
func TestImportErrors(t *testing.T) {
	checkParseErrors(t, []parseError{
		{"a snippet without a block", "(s)\na.com {\n}", `
Caddyfile:1:1: a name in parentheses is followed by a block, and is in no other block
>(s)
>^`},
		{"a snippet in a site", "a.com {\n\t(s) {\n\t\tgzip\n\t}\n}", `
Caddyfile:2:2: a snippet or route is defined outside of all blocks
>(s) {
>^`},
		{"a snippet in a snippet", "(s) {\n\t(r) {\n\t\tgzip\n\t}\n}\na.com {\n\timport s\n}", `
Caddyfile:2:2: a snippet or route is defined outside of all blocks
>(r) {
>^
>imported at Caddyfile:7:2`},
		{"a snippet of sites in a snippet", "(s) {\n\t(r) {\n\t\tgzip\n\t}\n\ta.com {\n\t}\n}\nimport s", `
Caddyfile:2:2: a name in parentheses is followed by a block, and is in no other block
>(r) {
>^
>imported at Caddyfile:8:1`},
		{"a snippet twice", "(s) {\n}\n(s) {\n}\na.com", `
Caddyfile:3:1: the snippet "s" is defined already at Caddyfile:1:1
>(s) {
>^`},
		{"a snippet without a name", "() {\n}\na.com", `
Caddyfile:1:1: a name is missing between ( and )
>() {
>^`},
		{"a route twice", "&(s) {\n}\n&(s) {\n}\na.com", `
Caddyfile:3:1: the route "s" is defined already at Caddyfile:1:1
>&(s) {
>^`},

		{"an import of nothing", "a.com\nimport\ngzip", `
Caddyfile:2:1: import what? A file, a pattern such as sites/*, or a snippet
>import
>^`},
		{"an import of nothing, outside of sites", "import", `
Caddyfile:1:1: import what? A file, a pattern such as sites/*, or a snippet
>import
>^`},
		{"an argument too many for files", "a.com\nimport d/* 1 2\n-- d/x --\nlog {args[0]}\n-- d/y --\ngzip", `
Caddyfile:2:14: unexpected "2": what is imported makes no use of such an argument
>import d/* 1 2
>             ^`},
		{"an import of an empty word", "a.com\nimport {$NOPE}", `
Caddyfile:2:8: import what? A file, a pattern such as sites/*, or a snippet (the environment variable NOPE is not set)
>import {$NOPE}
>       ^`},
		{"an import of an unknown snippet", "(common) {\n}\na.com {\n\timport comon\n}", `
Caddyfile:4:9: there is neither a snippet nor a file "comon" (did you mean "common"?)
>import comon
>       ^`},
		{"an import of too many patterns", "a.com\nimport */*.conf", `
Caddyfile:2:8: cannot import "*/*.conf": a pattern must not have more than one * (caddy#2096)
>import */*.conf
>       ^`},
		{"an import of a folder", "a.com\nimport d\n-- d/x --\n", `
Caddyfile:2:8: cannot import "d": it is a directory
>import d
>       ^`},
		{"an import of sites with a block", "import x {\n}\n-- x --\n{block}", `
Caddyfile:1:1: sites cannot be imported with a {block}
>import x {
>^`},
		{"an argument that is missing", "(s) {\n\tlog {args[0]} x{args[1]}\n}\na.com {\n\timport s a\n\timport s\n}", `
Caddyfile:2:6: {args[0]}: the import gives no arguments
>log {args[0]} x{args[1]}
>    ^
>imported at Caddyfile:6:2
Caddyfile:2:17: {args[1]}: the import gives only one argument
>log {args[0]} x{args[1]}
>               ^
>imported at Caddyfile:5:2`},
		{"an argument too many", "(s) {\n\tlog {args[0]}\n}\na.com {\n\timport s a b\n}", `
Caddyfile:5:13: unexpected "b": what is imported makes no use of such an argument
>import s a b
>           ^`},
		{"an argument that is none", "(s) {\n\ta {args[x]} {args[1:0:2]} {args.x} {args[-]}\n}\na.com {\n\timport s\n}", `
Caddyfile:2:4: "{args[x]}" is none of {args[0]}, {args[1:]} and {args[:]}
>a {args[x]} {args[1:0:2]} {args.x} {args[-…
>  ^
>imported at Caddyfile:5:2
Caddyfile:2:14: "{args[1:0:2]}" is none of {args[0]}, {args[1:]} and {args[:]}
>a {args[x]} {args[1:0:2]} {args.x} {args[-]}
>            ^
>imported at Caddyfile:5:2
Caddyfile:2:28: "{args.x}" is none of {args[0]}, {args[1:]} and {args[:]}
>a {args[x]} {args[1:0:2]} {args.x} {args[-]}
>                          ^
>imported at Caddyfile:5:2
Caddyfile:2:37: "{args[-]}" is none of {args[0]}, {args[1:]} and {args[:]}
>a {args[x]} {args[1:0:2]} {args.x} {args[-]}
>                                   ^
>imported at Caddyfile:5:2`},
		{"arguments within a word", "(s) {\n\tlog a{args[:]}\n}\na.com {\n\timport s x\n}", `
Caddyfile:2:7: {args[:]} stands for any number of words, and has to be a word of its own
>log a{args[:]}
>     ^
>imported at Caddyfile:5:2`},
		{"a block too many", "(s) {\n}\na.com {\n\timport s {\n\t}\n}", `
Caddyfile:4:2: what is imported makes no use of a {block}
>import s {
>^`},
		{"a block among words", "(s) {\n\tlog {block}\n}\na.com {\n\timport s {\n\t}\n}", `
Caddyfile:2:6: {block} stands for lines, and has to be a line of its own
>log {block}
>    ^
>imported at Caddyfile:5:2`},
		{"a block by its name among words", "(s) {\n\tlog {blocks.a}\n}\na.com {\n\timport s\n}", `
Caddyfile:2:6: {blocks.a} stands for lines, and has to be a line of its own
>log {blocks.a}
>    ^
>imported at Caddyfile:5:2`},
		{"a block by the wrong name", "(s) {\n\t{blocks.header}\n}\na.com {\n\timport s {\n\t\theadr {\n\t\t}\n\t}\n}", `
Caddyfile:6:3: what is imported makes no use of a block "headr" (did you mean "header"?)
>headr {
>^`},
		{"blocks of the same name", "(s) {\n\t{blocks.a}\n}\na.com {\n\timport s {\n\t\ta b\n\t\ta c\n\t}\n}", `
Caddyfile:7:3: "a": already given at Caddyfile:6:3
>a c
>^`},
		{"a block of a name that stands for nothing", "(s) {\n\t{args[:]} {\n\t}\n}\na.com {\n\timport s\n}", `
Caddyfile:2:2: a block has to belong to something: this stands for no words at all
>{args[:]} {
>^
>imported at Caddyfile:6:2`},
		{"a snippet that imports itself", "(s) {\n\timport s\n}\na.com {\n\timport s\n}", `
Caddyfile:2:2: "s" imports itself: s → s
>import s
>^
>imported at Caddyfile:5:2`},
		{"snippets that import each other", "(s) {\n\timport r {args[:]}\n}\n(r) {\n\tlog {args[0]}\n\timport s x\n}\na.com {\n\timport s a\n}", `
Caddyfile:6:2: "s" imports itself: s → r → s
>import s x
>^
>imported at Caddyfile:2:2
>imported at Caddyfile:9:2`},
		{"files that import each other", "import x\n-- x --\na.com {\n\timport y\n}\n-- y --\nlog\nimport Caddyfile", `
y:2:1: "Caddyfile" imports itself: Caddyfile → x → y → Caddyfile
>import Caddyfile
>^
>imported at x:2:2
>imported at Caddyfile:1:1`},
		{"a pattern that is of the file itself", "import *\n", `
Caddyfile:1:1: "Caddyfile" imports itself: Caddyfile → Caddyfile
>import *
>^`},
		{"an error in an imported file", "a.com {\n\timport x\n}\nb.com {\n\timport x\n}\n-- x --\ngzip\n\tlog \"a\"b\n", `
x:2:9: a space is missing after the closing quote
>log "a"b
>       ^
>imported at Caddyfile:2:9`},
	})
}
