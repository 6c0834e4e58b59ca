package static

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// A Folder is open to be listed. It may be used by several goroutines at once.
type Folder struct {
	tree Tree
	name string
	fact *fact    // nil if it is not in a Root
	root *os.Root // the folder itself; nil if it is not in a Root
	info fs.FileInfo
}

// OpenFolder opens a folder by a name as of [Files.Visible]. The error is
// [fs.ErrNotExist] for what is no folder, too; see [Tree.Open].
func (t Tree) OpenFolder(name string) (*Folder, error) {
	name, ok := nameOf(name)
	if !ok || !t.files.permits(name) {
		return nil, fs.ErrNotExist
	}
	f := &Folder{tree: t, name: name}
	err := f.open()
	if err == nil && !f.confirmed() {
		f.Close()
		t.files.forget(name)
		if err = f.open(); err == nil && !f.confirmed() {
			f.Close()
			err = fs.ErrNotExist
		}
	}
	if err == nil && (!f.info.IsDir() || t.hides(found{name: name, fact: f.fact}, f.info)) {
		f.Close()
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, failure(err)
	}
	return f, nil
}

func (f *Folder) open() (err error) {
	t := f.tree
	if t.fsys != nil {
		f.info, err = fs.Stat(t.fsys, f.name)
		return err
	}
	f.fact, err = t.reach(f.name, func(fact *fact) (err error) {
		switch dir := fact.real + "/"; { // with which it cannot be a pipe, see near.open
		case !fact.mode.IsDir():
			err = fs.ErrNotExist
		case fact.outside:
			f.root, err = os.OpenRoot(dir)
		default:
			f.root, err = t.root.OpenRoot(filepath.FromSlash(dir))
		}
		return err
	})
	if err != nil {
		return err
	}
	if f.info, err = f.root.Stat("."); err != nil {
		f.Close()
	}
	return err
}

// confirmed reports whether f is what its name leads to now, whatever was known. A
// link can have taken the place of a folder, and lead to one that is guarded.
func (f *Folder) confirmed() bool {
	if f.fact == nil || f.fact.outside {
		return true
	}
	now, err := f.tree.walk(&fact{name: f.name, real: "."}, f.name)
	if err != nil || now.outside || now.real != f.fact.real {
		return false
	}
	info, err := f.tree.root.Lstat(filepath.FromSlash(now.real))
	return err == nil && os.SameFile(info, f.info)
}

// Close closes f.
func (f *Folder) Close() error {
	if f.root == nil {
		return nil
	}
	return f.root.Close()
}

// Name returns the name that f was opened by, cleaned.
func (f *Folder) Name() string { return f.name }

// Info returns the info of the folder itself.
func (f *Folder) Info() fs.FileInfo { return f.info }

// Real returns the name of f that has no links in it, relative to the root; ""
// if it is outside of the root, where [SymlinksFollow] leads.
func (f *Folder) Real() string {
	switch {
	case f.fact == nil:
		return f.name
	case f.fact.outside:
		return ""
	}
	return f.fact.real
}

// Read calls visit with what is in f, in no particular order, but for what is
// hidden by its name and what can be no file, folder or link, until visit fails,
// which is the error then. Only the type is known of them: nothing has been looked
// at.
func (f *Folder) Read(visit func(name string, mode fs.FileMode) error) error {
	batch := func(entries []fs.DirEntry) error {
		for _, e := range entries {
			if t := e.Type(); (servable(t) || t&fs.ModeSymlink != 0) && f.visible(e.Name(), nil) {
				if err := visit(e.Name(), t); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if f.root == nil {
		entries, err := fs.ReadDir(f.tree.fsys, f.name)
		if err := batch(entries); err != nil {
			return err
		}
		return failure(err)
	}
	rooted, err := f.root.Open(".")
	if err != nil {
		return failure(err)
	}
	defer rooted.Close()
	dir, err := unrooted(rooted)
	if err != nil {
		return failure(err)
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(1024)
		if err := batch(entries); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return failure(err)
		}
	}
}

// Stat returns the info of something in f by its name there: of what a link
// leads to if it is one. The error is [fs.ErrNotExist] for whatever must not be
// seen.
func (f *Folder) Stat(base string) (info fs.FileInfo, link bool, err error) {
	if f.root == nil {
		info, err = f.tree.Stat(below(f.name, base))
		return info, false, err
	}
	if info, err = f.root.Lstat(base); err != nil {
		return nil, false, failure(err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		info, err = f.tree.Stat(below(f.name, base))
		return info, true, err
	}
	if !servable(info.Mode()) || !f.visible(base, info) {
		return nil, false, fs.ErrNotExist
	}
	return info, false, nil
}

// visible is [Files.Visible] of what is in f, by that name and by the one that is
// free of links.
func (f *Folder) visible(base string, info fs.FileInfo) bool {
	files := f.tree.files
	if !files.cfg.Dotfiles.permit(base) {
		return false
	}
	if files.cfg.Hide == nil {
		return true
	}
	if files.hidden(below(f.name, base), info) {
		return false
	}
	real := f.Real()
	return real == "" || real == f.name || !files.hidden(below(real, base), info)
}

// below is path.Join of what is clean.
func below(dir, base string) string {
	if dir == "." {
		return base
	}
	return dir + "/" + base
}

// Readlink returns where a link in f says it leads.
func (f *Folder) Readlink(base string) (string, error) {
	if f.root == nil {
		return fs.ReadLink(f.tree.fsys, path.Join(f.name, base))
	}
	return f.root.Readlink(base)
}

// IsFolder reports whether a name, as of [Files.Visible], is that of a folder. It
// is cheap, as it relies on what is remembered, so that only [Tree.OpenFolder]
// knows whether there still is one that may be seen.
func (t Tree) IsFolder(name string) bool {
	name, ok := nameOf(name)
	switch {
	case !ok || !t.files.permits(name):
		return false
	case t.fsys != nil:
		info, err := fs.Stat(t.fsys, name)
		return err == nil && info.IsDir()
	case t.root == nil:
		return false
	}
	f, _, err := t.look(name)
	return err == nil && f.mode.IsDir()
}
