package static

import (
	"os"
	"path/filepath"
	"strings"
)

// A near is the folder in which a request has had to look for something. There
// will be more to look for in it, and to walk there each time would take longer
// than everything else.
type near struct {
	dir  string // with a slash at its end
	root *os.Root
}

// open opens the folder dir of root. The slash at the end of dir has the system
// make sure that it is one: opening a pipe could take forever.
func (n *near) open(root *os.Root, dir string) (err error) {
	n.dir = dir
	n.root, err = root.OpenRoot(filepath.FromSlash(dir))
	return err
}

// inside returns the closest root to find a name in, and the name there.
func (n *near) inside(root *os.Root, name string) (closest *os.Root, rest string) {
	if n != nil && n.root != nil {
		if rest, ok := strings.CutPrefix(name, n.dir); ok {
			return n.root, rest
		}
	}
	return root, name
}

func (n *near) close() {
	if n.root != nil {
		n.root.Close()
	}
}
