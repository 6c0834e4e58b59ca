package static

import (
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// content is a file as it is sent.
type content struct {
	found
	files     *Files
	mediaType mediaType
	coding    string // "" is none
	etag      string // "" is none
}

// serve answers r, a GET or HEAD, with c or a part of it.
func (c *content) serve(w http.ResponseWriter, r *http.Request) (int, error) {
	h := fields{header: w.Header(), values: make([]string, 0, 8)}
	modified := lastModified(c.info)
	status := Precondition(r, c.etag, modified)
	if status == http.StatusPreconditionFailed {
		return status, nil
	}
	if c.etag != "" {
		h.set("Etag", c.etag)
	}
	if status == http.StatusNotModified {
		if c.etag == "" {
			h.setLastModified(modified)
		}
		delete(h.header, "Content-Type")
		return status, nil
	}
	h.setLastModified(modified)

	size := c.info.Size()
	var ranges []byteRange
	seeker, seekable := c.File.(io.Seeker)
	if seekable {
		h.set("Accept-Ranges", "bytes")
		if field := r.Header.Get("Range"); field != "" && r.Method == http.MethodGet && wantsRange(r, c.etag, modified) {
			var err error
			if ranges, err = parseRanges(field, size); err != nil {
				return unsatisfiable(w, size)
			}
		}
	}
	if c.coding != "" && len(ranges) > 1 {
		ranges = nil
	}
	if _, set := h.header["Content-Type"]; !set {
		h.set("Content-Type", c.mediaType.name)
		if c.mediaType.unknown {
			h.set("X-Content-Type-Options", "nosniff")
		}
	}
	switch len(ranges) {
	case 0:
		h.set("Content-Length", strconv.FormatInt(size, 10))
		if r.Method == http.MethodHead {
			c.begin(w, http.StatusOK)
			return http.StatusOK, nil
		}
		return c.send(w, r, http.StatusOK, size)
	case 1:
		part := ranges[0]
		if _, err := seeker.Seek(part.start, io.SeekStart); err != nil {
			return http.StatusInternalServerError, err
		}
		h.set("Content-Range", part.contentRange(size))
		h.set("Content-Length", strconv.FormatInt(part.length(), 10))
		return c.send(w, r, http.StatusPartialContent, part.length())
	}
	return c.sendParts(w, r, h, seeker, ranges)
}

// begin sends the header. Only now is it certain that no error page takes the
// place of what is encoded.
func (c *content) begin(w http.ResponseWriter, status int) {
	if c.coding != "" {
		w.Header()["Content-Encoding"] = []string{c.coding}
	}
	w.WriteHeader(status)
}

// unsatisfiable answers a Range that is of no use. The page is written here,
// since those that are made of a bare status have no Content-Range.
func unsatisfiable(w http.ResponseWriter, size int64) (int, error) {
	h := w.Header()
	h.Del("Etag")
	h.Del("Last-Modified")
	h.Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
	const status = http.StatusRequestedRangeNotSatisfiable
	http.Error(w, strconv.Itoa(status)+" "+http.StatusText(status), status)
	return status, nil
}

// send answers with the next n bytes of the file. If they are few they are
// written together with the header, which takes half the time; if not, the
// connection may well get them from the file by itself, for which it needs to
// see an *os.File.
func (c *content) send(w http.ResponseWriter, r *http.Request, status int, n int64) (int, error) {
	if n > few {
		c.begin(w, status)
		_, err := io.CopyN(w, c.File, n)
		return outcome(r, status, err)
	}
	room := c.files.rooms.Get().(*[few]byte)
	defer c.files.rooms.Put(room)
	if _, err := io.ReadFull(c.File, room[:n]); err != nil {
		return outcome(r, status, err)
	}
	c.begin(w, status)
	_, err := w.Write(room[:n])
	return outcome(r, status, err)
}

// few is as many bytes as are not worth a sendfile(2), which goes out after the
// header, in a packet of its own.
const few = 8 << 10

// sendParts answers with several ranges, in the form of RFC 9110, section 14.6.
func (c *content) sendParts(w http.ResponseWriter, r *http.Request, h fields, seeker io.Seeker, ranges []byteRange) (int, error) {
	mediaType := h.header.Get("Content-Type")
	boundary, size := rand.Text(), c.info.Size()
	parts := func(w io.Writer, send func(io.Writer, byteRange) error) error {
		mw := multipart.NewWriter(w)
		if err := mw.SetBoundary(boundary); err != nil {
			return err
		}
		for _, b := range ranges {
			part, err := mw.CreatePart(textproto.MIMEHeader{
				"Content-Range": {b.contentRange(size)},
				"Content-Type":  {mediaType},
			})
			if err == nil {
				err = send(part, b)
			}
			if err != nil {
				return err
			}
		}
		return mw.Close()
	}

	var length counter
	if err := parts(&length, func(_ io.Writer, b byteRange) error {
		length += counter(b.length())
		return nil
	}); err != nil {
		return http.StatusInternalServerError, err
	}
	h.set("Content-Type", "multipart/byteranges; boundary="+boundary)
	h.set("Content-Length", strconv.FormatInt(int64(length), 10))
	c.begin(w, http.StatusPartialContent)
	err := parts(w, func(part io.Writer, b byteRange) error {
		if _, err := seeker.Seek(b.start, io.SeekStart); err != nil {
			return err
		}
		_, err := io.CopyN(part, c.File, b.length())
		return err
	})
	return outcome(r, http.StatusPartialContent, err)
}

// outcome is what to return of a body that is under way. What the server had no
// part in is no failure of its own: the client left, or was too slow.
func outcome(r *http.Request, status int, err error) (int, error) {
	switch {
	case err == nil:
		return status, nil
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return http.StatusInternalServerError, errShrunk
	case r.Context().Err() != nil, isClientGone(err), errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return middleware.StatusClientClosed, err
	}
	return http.StatusInternalServerError, err
}

var errShrunk = errors.New("static: the file has become shorter while it was sent")

// fields sets fields of a header whose values share one allocation. Names have
// to be in canonical form.
type fields struct {
	header http.Header
	values []string
}

func (f *fields) set(name, value string) {
	f.values = append(f.values, value)
	last := len(f.values)
	f.header[name] = f.values[last-1 : last : last]
}

// setLastModified leaves out times to come, as RFC 9110, section 8.8.2.1, has
// it: a client whose clock is right could not compare them.
func (f *fields) setLastModified(t time.Time) {
	if !t.IsZero() && !t.After(time.Now()) {
		f.set("Last-Modified", t.UTC().Format(http.TimeFormat))
	}
}

// A counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
