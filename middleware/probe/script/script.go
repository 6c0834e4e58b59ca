// Package script has ready scripts for bpftrace, which answer what is asked most of a
// program that has the probes of package probe: what "usdt -script" prints.
package script

import (
	"embed"
	"strings"
)

//go:embed *.bt
var files embed.FS

// Names returns the names of the scripts, in order.
func Names() (names []string) {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".bt"))
	}
	return names
}

// Text returns the script of a name, and whether there is one. What it needs of the
// Header comes with it, so that it is one file.
func Text(name string) (text string, ok bool) {
	b, err := files.ReadFile(name + ".bt")
	if err != nil {
		return "", false
	}
	if text = string(b); strings.Contains(text, "struct ") {
		text = Header() + text
	}
	return text, true
}
