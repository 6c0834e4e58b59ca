package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
)

// alone has what each flag that asks for something else than to serve goes with.
var alone = []struct {
	name string
	with []string
}{
	{"fmt", []string{"conf", "l", "w"}},
	{"json", []string{"conf"}},
	{"lint", []string{"conf"}},
	{"migrate", []string{"conf"}},
	{"validate", []string{"addr", "conf", "root"}},
}

// contradiction returns what is wrong with flags that are given together.
func contradiction() error {
	var given []string
	flag.Visit(func(f *flag.Flag) {
		if f.Value.String() != f.DefValue {
			given = append(given, f.Name)
		}
	})
	is := func(name string) bool { return slices.Contains(given, name) }
	simple := is("root") || is("addr")
	for _, a := range alone {
		if !is(a.name) {
			continue
		}
		for _, name := range given {
			if name != a.name && !slices.Contains(a.with, name) {
				return fmt.Errorf("-%s and -%s do not go together", a.name, name)
			}
		}
	}
	switch {
	case (is("l") || is("w")) && !is("fmt"):
		return errors.New("-l and -w go with -fmt")
	case simple && is("conf"):
		return errors.New("-root and -addr are for going without a Caddyfile; leave out -conf or them")
	case simple && is("watch"):
		return errors.New("-root and -addr are for going without a Caddyfile, so that there is none to -watch")
	}
	return nil
}
