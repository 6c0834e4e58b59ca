package middleware

import (
	"io/fs"
	"os"
	"time"
)

// Unchanged reports whether a file is as it was, by what [os.Stat] said of it then and
// now; nil is of one that is not there. It is another file also if the size and the
// time are the same: one that takes its place may have both, as what cp -p has copied.
// The mode counts because what could not be read may have become readable. Where the
// file system cannot tell files apart, as an embed.FS, the rest decides.
func Unchanged(was, is fs.FileInfo) bool {
	if was == nil || is == nil {
		return was == nil && is == nil
	}
	return was.Size() == is.Size() && was.Mode() == is.Mode() && was.ModTime().Equal(is.ModTime()) &&
		(os.SameFile(was, is) || !os.SameFile(was, was) && !os.SameFile(is, is))
}

// Settled reports whether a change, after the time at, of a file that was modified
// before will show in its time of modification, whatever the file system: on FAT, two
// changes that are almost 2 s apart can have the same. A file without a time, as one
// of an embed.FS, never changes.
func Settled(modified, at time.Time) bool {
	return modified.IsZero() || at.Sub(modified) >= 2*time.Second
}
