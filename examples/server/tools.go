package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/directive"
)

// Tools are flags for working on a Caddyfile instead of serving what it says.
type tools struct {
	format, list, write *bool
	lint, migrate       *bool
	json                *string
}

func toolFlags() tools {
	return tools{
		format:  flag.Bool("fmt", false, "print the Caddyfile as it is usually laid out, and stop"),
		list:    flag.Bool("l", false, "with -fmt: print only its name, if that makes a difference; then the exit status is 1"),
		write:   flag.Bool("w", false, "with -fmt: write it to the file"),
		lint:    flag.Bool("lint", false, "print what the Caddyfile says that is hardly meant, and stop; if there is any, the exit status is 1"),
		migrate: flag.Bool("migrate", false, "print what each line is in Caddy 2, and stop"),
		json: flag.String("json", "", "print the Caddyfile as JSON of the given `form`, and stop: v1 is that of Caddy 1.0.5,\n"+
			"tree all there is to it, written the same before anything is imported or replaced;\n"+
			"caddyfile is the way back from v1: -conf is JSON, and a Caddyfile is printed"),
	}
}

// run does what the flags ask for, and returns what to exit with, unless it is none
// of it.
func (t tools) run(conf string) (status int, done bool) {
	name := cmp.Or(conf, "Caddyfile")
	var err error
	switch {
	case *t.lint:
		status, err = lint(name)
	case *t.migrate:
		err = migrate(name)
	case *t.format:
		status, err = t.formatFile(name)
	case *t.json != "":
		err = printJSON(name, *t.json)
	default:
		return 0, false
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return status, true
}

func (t tools) formatFile(name string) (status int, err error) {
	formatted, changed, err := caddyfile.FormatFile(name)
	if err != nil {
		return 1, err
	}
	if *t.list && changed {
		fmt.Println(name)
		status = 1
	}
	switch {
	case *t.write && changed:
		return 0, replace(name, formatted)
	case *t.list || *t.write:
		return status, nil
	}
	_, err = os.Stdout.Write(formatted)
	return 0, err
}

// replace gives a file other content, all at once, and leaves it its mode. If the
// name is that of a link, it stays one.
func replace(name string, content []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(info.Mode()&fs.ModePerm), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// maxJSON is as much as a Caddyfile may have.
const maxJSON = 16 << 20

// printJSON prints a Caddyfile in a form of JSON.
func printJSON(name, form string) error {
	if form == "caddyfile" {
		data, err := directive.ReadFile(name, maxJSON)
		if err != nil {
			return err
		}
		text, err := caddyfile.FromJSON(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err = os.Stdout.Write(text)
		return err
	}
	var out []byte
	f, err := caddyfile.ParseFile(name, caddyfile.ParseConfig{
		Directives: standard.Vocabulary().Names(),
		Unexpanded: form == "written",
	})
	if err != nil {
		return err
	}
	switch form {
	case "v1":
		out, err = caddyfile.ToJSON(f)
	case "tree", "written":
		out, err = json.Marshal(f)
	default:
		err = fmt.Errorf("-json %s: the forms are v1, tree, written and caddyfile", form)
	}
	var b bytes.Buffer
	if err == nil {
		err = json.Indent(&b, out, "", "\t")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Println(b.String())
	return err
}

func lint(name string) (status int, err error) {
	f, err := caddyfile.ParseFile(name, caddyfile.ParseConfig{Directives: standard.Vocabulary().Names()})
	if err != nil {
		return 1, err
	}
	found, err := standard.Lint(f, caddyfile.Config{AllowExec: true})
	for _, w := range found {
		fmt.Println(w)
		status = 1
	}
	return status, err
}

// migrate prints a table of lines here and lines there.
func migrate(name string) error {
	f, err := caddyfile.ParseFile(name, caddyfile.ParseConfig{Directives: standard.Vocabulary().Names()})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "at\there\tCaddy 2\tnote")
	for _, m := range standard.Migrate(f) {
		fmt.Fprintf(table, "%v\t%s\t%s\t%s\n", m.Pos, m.From, cmp.Or(m.To, "-"), m.Note)
	}
	return table.Flush()
}
