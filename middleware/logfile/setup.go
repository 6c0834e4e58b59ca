package logfile

import (
	"context"
	"path/filepath"
	"strings"
	"sync"

	"github.com/shallot-http/shallot/middleware/directive"
)

// Share returns the file that a line of c's names, which all lines of all sites
// that name it have in common; name is the word to blame if it cannot be had. It
// is opened before the first of the sites is started and closed after the last
// one. Neither it nor what is rotated of it is served by c's site.
//
// Lines may differ in how they have a file rotated only if all but one leave it
// at the defaults; on a reload, what the new ones say takes the place of what the
// old ones did.
func Share(c *directive.Controller, line *directive.Line, name directive.Word, r Rotation) *File {
	path := New(Config{Name: name.Text}).Name()
	f := directive.Share(c, path, func() *File { return New(Config{Name: path, Rotation: r}) })
	if f.isStream() {
		if r != (Rotation{}) {
			line.Errorf(name, "%s cannot be rotated", f.name)
		}
		return f
	}
	if !f.uses.add(c, r) {
		line.Errorf(name, "another line has %s rotated otherwise", name.Text)
	}
	c.OnKeep(func() func(bool) {
		f.uses.add(c, r)
		return func(loaded bool) {
			if next := f.uses.end(c); loaded {
				if err := f.rotate(context.Background(), next); err != nil {
					c.Site().Log.Error("log file cannot be rotated otherwise", "error", err)
				}
			}
		}
	})
	c.OnStart(func(ctx context.Context) error { return f.rotate(ctx, f.uses.end(c)) })
	c.OnStop(func() error { f.uses.end(c); return nil })
	c.Site().Hide(path)
	c.Site().Hide(rotated(path))
	return f
}

// rotate has f rotated as r says from now on.
func (f *File) rotate(ctx context.Context, r Rotation) error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if f.rotation == r {
		return nil
	}
	f.mu.Lock()
	f.rotation = r
	isOpen := f.w != nil
	f.mu.Unlock()
	if !isOpen {
		return nil
	}
	return f.open(ctx)
}

// rotated returns the pattern of the names of files that were called path.
func rotated(path string) string {
	dir, base := filepath.Split(path)
	ext := filepath.Ext(base)
	return dir + literally.Replace(strings.TrimSuffix(base, ext)) + "-????-??-??t??-??-??.???-*" + literally.Replace(ext) + "*"
}

var literally = strings.NewReplacer(`\`, `[\\]`, `*`, `[*]`, `?`, `[?]`, `[`, `[[]`) // in a pattern

// Properties returns the names of the properties that [Rotation.Read] reads, to
// be given to the Properties method of a line.
func Properties() []string {
	return []string{"rotate_size", "rotate_age", "rotate_keep", "rotate_compress", "rotate_disable"}
}

// Read reads a property of rotation, and reports whether it is one.
func (r *Rotation) Read(prop *directive.Line) bool {
	none := func(n int) int { // in the Caddyfile, 0 is no limit
		if n == 0 {
			return -1
		}
		return n
	}
	switch prop.Name() {
	case "rotate_size":
		r.MaxSizeMB = prop.Int(prop.Arg(), 1, 1<<20)
	case "rotate_age":
		r.MaxAgeDays = none(prop.Int(prop.Arg(), 0, 36500))
	case "rotate_keep":
		r.Keep = none(prop.Int(prop.Arg(), 0, 1<<20))
	case "rotate_compress":
		prop.Args(0, 0)
		r.Compress = true
	case "rotate_disable":
		prop.Args(0, 0)
		r.NoRotation = true
	default:
		return false
	}
	return true
}

// uses are the sites that have been set up with a file but not started, or that stay
// as they are while others are set up, and how they have it rotated. All sites of a
// Caddyfile are set up before one starts.
type uses struct {
	mu      sync.Mutex
	waiting map[*directive.Controller]bool
	next    Rotation
}

// add reports whether c's rotation agrees with that of the others.
func (u *uses) add(c *directive.Controller, r Rotation) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.waiting) == 0 {
		u.waiting, u.next = map[*directive.Controller]bool{}, Rotation{}
	}
	u.waiting[c] = true
	if r == (Rotation{}) || r == u.next {
		return true
	}
	agreed := u.next == (Rotation{})
	u.next = r
	return agreed
}

// end forgets c and returns how the file is to be rotated.
func (u *uses) end(c *directive.Controller) Rotation {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.waiting, c)
	return u.next
}
