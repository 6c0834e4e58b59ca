package browse

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware/static"
)

// A packer writes the files of an archive, one after the other.
type packer interface {
	// add begins a file, or adds a folder. What is returned takes exactly as much
	// as the info says.
	add(name string, info fs.FileInfo) (io.Writer, error)
	Close() error
}

// portable makes of a name one that leads out of the folder on no system that may
// unpack it: on Windows a backslash separates, and a colon comes after a drive. No
// two names become the same.
func portable(name string) string { return escaper.Replace(name) }

var escaper = strings.NewReplacer(`\`, "%5C", ":", "%3A", "%5C", "%255C", "%3A", "%253A", "%25", "%2525")

type zipPacker struct{ *zip.Writer }

func (z zipPacker) add(name string, info fs.FileInfo) (io.Writer, error) {
	h := &zip.FileHeader{Name: strings.ToValidUTF8(name, "\ufffd"), Modified: info.ModTime(), Method: zip.Deflate}
	h.SetMode(permissions(info))
	if info.IsDir() {
		h.Name += "/"
		h.Method = zip.Store
	} else if static.Compressed(info.Name()) {
		h.Method = zip.Store
	}
	return z.CreateHeader(h)
}

type tarPacker struct {
	*tar.Writer
	encoder io.Closer // nil if there is none
}

func (t *tarPacker) add(name string, info fs.FileInfo) (io.Writer, error) {
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: int64(permissions(info).Perm()),
		ModTime: info.ModTime().Truncate(time.Second),
	}
	if info.IsDir() {
		h.Typeflag, h.Name, h.Size = tar.TypeDir, name+"/", 0
	}
	return t, t.WriteHeader(h)
}

func (t *tarPacker) Close() error {
	err := t.Writer.Close()
	if t.encoder != nil {
		err = cmp.Or(err, t.encoder.Close())
	}
	return err
}

// permissions are those of any file that was downloaded: who may do what here is
// no business of others.
func permissions(info fs.FileInfo) fs.FileMode {
	switch {
	case info.IsDir():
		return fs.ModeDir | 0o755
	case info.Mode()&0o100 != 0:
		return 0o755
	}
	return 0o644
}
