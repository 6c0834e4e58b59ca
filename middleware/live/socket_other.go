//go:build !windows

package live

import (
	"path/filepath"

	"github.com/shallot-http/shallot/middleware/directive"
)

// longestSocket is what the address of a socket has room for on all systems, with
// what is added to its folder for a while.
const longestSocket = 90

// checkSocket reports a name that no socket can have.
func checkSocket(line *directive.Line, at directive.Word) {
	abs, err := filepath.Abs(at.Text)
	switch {
	case err != nil:
		line.Errorf(at, "%w", err)
	case len(filepath.Dir(abs)) > longestSocket-len("/.s1234567890/s"), len(abs) > longestSocket+10:
		line.Errorf(at, "the name of a socket can have no more than %d characters", longestSocket)
	}
}
