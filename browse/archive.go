package browse

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware/accept"
	"github.com/shallot-http/shallot/middleware/static"
)

// An Archive is a format that a folder can be downloaded in, with all below it. It
// is made while it is sent, of what a listing would show.
type Archive struct {
	format    string // as in a query, and the extension without a dot
	mediaType string
	open      func(w io.Writer) packer
}

// Zip is the archive that every system can open. What is compressed already, as
// images are, is stored as it is.
func Zip() Archive {
	return Archive{"zip", "application/zip", func(w io.Writer) packer { return zipPacker{zip.NewWriter(w)} }}
}

// Tar is an archive that is not compressed.
func Tar() Archive {
	return Archive{"tar", "application/x-tar", func(w io.Writer) packer { return &tarPacker{Writer: tar.NewWriter(w)} }}
}

// TarGzip is a tar.gz.
func TarGzip() Archive {
	return TarWith("gz", "application/gzip", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

// TarWith is a tar that is compressed by other means: "zst" and
// "application/zstd" with a function that encodes zstd make a tar.zst.
func TarWith(extension, mediaType string, compress func(io.Writer) io.WriteCloser) Archive {
	return Archive{"tar." + extension, mediaType, func(w io.Writer) packer {
		encoder := compress(w)
		return &tarPacker{tar.NewWriter(encoder), encoder}
	}}
}

// Format returns what a client calls a, such as "tar.gz".
func (a Archive) Format() string { return a.format }

// archive answers r with the archive of a folder.
func (h *Handler) archive(w http.ResponseWriter, r *http.Request, tree static.Tree, folder *static.Folder, q query) (int, error) {
	i := slices.IndexFunc(h.cfg.Archives, func(a Archive) bool { return a.format == q.archive })
	if i < 0 {
		return http.StatusNotFound, fmt.Errorf("browse: there is no archive %q", q.archive)
	}
	a := h.cfg.Archives[i]
	select {
	case h.packing <- struct{}{}:
		defer func() { <-h.packing }()
	default:
		return static.Fail(w, r, errBusy)
	}
	ctx, cancel := h.archiveContext(r)
	defer cancel()
	if err := h.measure(ctx, tree, folder.Name()); err != nil {
		if err == errTooMuch || err == errEnough {
			return h.tooMuch(w)
		}
		return static.Fail(w, r, reason(ctx, err))
	}
	name := base(displayed(r))
	if name == "/" {
		name = "files"
	}
	header := w.Header()
	header.Set("Content-Type", a.mediaType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Disposition", attachment(name+"."+a.format))
	header.Set("Cache-Control", "no-store") // it is never the same, and large
	accept.Vary(header, "Accept")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return http.StatusOK, nil
	}
	defer cutOff(ctx, w, r)()
	out := &valve{w: w}
	p := a.open(out)
	err := h.pack(ctx, p, tree, folder.Name(), strings.Trim(name, "/"))
	if err != nil {
		out.w = io.Discard // what is cut off must not get an end that makes it look whole
	}
	err = cmp.Or(err, p.Close()) // which frees what a coding holds, in any case
	return outcome(r, reason(ctx, err))
}

// A valve leads to where its writer says at the time.
type valve struct{ w io.Writer }

func (v *valve) Write(p []byte) (int, error) { return v.w.Write(p) }

// tooMuch answers a request for an archive that there is not, for it would be too
// large. It says how large one may be, which an error page could not.
func (h *Handler) tooMuch(w http.ResponseWriter) (int, error) {
	text := []byte("This folder is too large to be downloaded: an archive has at most ")
	text = appendSize(text, h.cfg.ArchiveBytes, h.cfg.SI)
	text = append(text, " in "+grouped(h.cfg.ArchiveEntries)+" files and folders.\n"...)
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(text)))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, err := w.Write(text)
	return http.StatusForbidden, err
}

// attachment returns the field that has a client save a file under this name.
func attachment(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if field := mime.FormatMediaType("attachment", map[string]string{"filename": name}); field != "" {
		return field
	}
	return "attachment"
}

var errTooMuch = errors.New("the folder is larger than an archive may be")

// mostArchives is how many are made at a time: each takes a processor.
const mostArchives = 16

// measure reports whether what is in a folder is too much, before anything is
// sent of it.
func (h *Handler) measure(ctx context.Context, tree static.Tree, from string) error {
	done, err := h.takeTurn(ctx, usualSearch)
	if err != nil {
		return err
	}
	defer done()
	left := h.cfg.ArchiveBytes
	k := walk{h: h, tree: tree, entries: h.cfg.ArchiveEntries}
	k.visit = func(folder *static.Folder, _ string, e entry) error {
		if e.folder {
			return nil
		}
		if info, _, err := folder.Stat(e.name); err == nil && !h.of(folder.Name()).unlisted(folder.Name(), e.name, info) {
			left -= info.Size()
		}
		if left < 0 {
			return errTooMuch
		}
		return nil
	}
	return k.run(ctx, from)
}

// pack sends an archive of a folder, all of whose names begin with top. Links to
// files become files; links to folders are left out, for they may lead in circles.
func (h *Handler) pack(ctx context.Context, p packer, tree static.Tree, from, top string) error {
	left, room := h.cfg.ArchiveBytes, make([]byte, 64<<10)
	k := walk{h: h, tree: tree, entries: h.cfg.ArchiveEntries}
	k.visit = func(folder *static.Folder, name string, e entry) error {
		if e.folder && e.link {
			return nil
		}
		file, info, err := tree.Open(path.Join(from, name))
		if err != nil {
			return nil // it is gone, or nobody may read it
		}
		defer file.Close()
		seen, _, err := folder.Stat(e.name)
		switch {
		case err != nil || info.IsDir() != e.folder || os.SameFile(seen, seen) && !os.SameFile(seen, info):
			return nil // it has become something else just now
		case h.of(folder.Name()).unlisted(folder.Name(), e.name, seen):
			return nil
		}
		if !info.IsDir() {
			if left -= info.Size(); left < 0 {
				return errTooMuch // by now
			}
		}
		w, err := p.add(portable(path.Join(top, name)), info)
		if err != nil || info.IsDir() {
			return err
		}
		return copyFile(ctx, w, file, info.Size(), room)
	}
	return k.run(ctx, from)
}

// copyFile copies size bytes of a file, which fails if there are less. What has
// been appended since is left out.
func copyFile(ctx context.Context, w io.Writer, file io.Reader, size int64, room []byte) error {
	for size > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := file.Read(room[:min(size, int64(len(room)))])
		size -= int64(n)
		if _, err := w.Write(room[:n]); err != nil {
			return err
		}
		if err == io.EOF && size > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}
