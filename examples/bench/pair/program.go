package pair

import (
	"os/exec"
	"slices"
	"strings"
)

// A Program is one that a row needs to have installed, such as
// {"nginx", "-v"}.
type Program struct {
	Name    string // looked for in the PATH
	Version string // the argument that makes it print its version
}

func (p Program) find() error {
	_, err := exec.LookPath(p.Name)
	return err
}

// version returns the first line that says something of a version.
func (p Program) version() string {
	out, _ := exec.Command(p.Name, p.Version).CombinedOutput() // of which some have their status say that it was no work
	for line := range strings.Lines(string(out)) {
		if strings.ContainsAny(line, "0123456789") {
			return strings.TrimSpace(line)
		}
	}
	return "unknown"
}

// programsOf returns the versions of the programs that rows need and there are.
func programsOf(rows []Row) (versions []Version) {
	var seen []Program
	for _, row := range rows {
		for _, p := range row.Needs {
			if !slices.Contains(seen, p) && p.find() == nil {
				versions = append(versions, Version{p.Name, p.version()})
			}
			seen = append(seen, p)
		}
	}
	return versions
}
