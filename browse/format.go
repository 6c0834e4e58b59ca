package browse

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accept"
	"github.com/shallot-http/shallot/middleware/static"
)

// send answers r with a listing.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, l *listing) (int, error) {
	header := w.Header()
	accept.Vary(header, "Accept")
	accept.Vary(header, "Cookie")
	if _, set := header["Cache-Control"]; !set {
		header.Set("Cache-Control", "no-cache") // ask each time whether it is still so
	}
	h.cookie(w, r, l.query)
	etag := ""
	if l.rows != nil {
		etag = l.etag(w)
		header.Set("Etag", etag)
		modified := l.lastModified()
		if !modified.IsZero() {
			header.Set("Last-Modified", modified.Format(http.TimeFormat))
		}
		if status := static.Precondition(r, etag, modified); status != 0 {
			return status, nil
		}
	}
	header.Set("X-Total-Count", strconv.Itoa(len(l.names.entries)))
	l.links(header)
	contentType := mediaTypes[l.format]
	if l.format == formatHTML || l.format == formatText {
		contentType += "; charset=utf-8"
	}
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")

	if l.rows == nil {
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodHead {
			return http.StatusOK, nil
		}
		return outcome(r, l.stream(w))
	}
	room := h.rooms.Get().(*[]byte)
	defer h.rooms.Put(room)
	page, err := l.encode(w, slices.Grow((*room)[:0], 16<<10+len(l.rows)*usualRow))
	*room = page[:0]
	if err != nil {
		for _, name := range [...]string{"Content-Security-Policy", "Content-Type", "Link", "Referrer-Policy", "X-Total-Count"} {
			header.Del(name) // they are not those of an error page
		}
		return http.StatusInternalServerError, err
	}
	header.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return http.StatusOK, nil
	}
	_, err = w.Write(page)
	return outcome(r, err)
}

// usualRow is how long a row is, in whatever format, more or less.
const usualRow = 200

// encode appends all of the listing to dst, in its format.
func (l *listing) encode(w http.ResponseWriter, dst []byte) ([]byte, error) {
	if l.format == formatHTML {
		return l.html(w, dst)
	}
	dst = l.begin(dst)
	for i, r := range l.rows {
		dst = l.item(dst, r, i == 0)
	}
	return l.end(dst), nil
}

// stream sends what is too much to be made in memory.
func (l *listing) stream(w io.Writer) error {
	const enough = 64 << 10
	page, first := l.begin(make([]byte, 0, enough+4096)), true
	err := l.look(l.page, func(r row) (err error) {
		page = l.item(page, r, first)
		first = false
		if len(page) >= enough {
			_, err = w.Write(page)
			page = page[:0]
		}
		return err
	})
	if err == nil {
		_, err = w.Write(l.end(page))
	}
	return err
}

// outcome is what to return of a body that was begun.
func outcome(r *http.Request, err error) (int, error) {
	switch {
	case err == nil:
		return http.StatusOK, nil
	case r.Context().Err() != nil:
		return middleware.StatusClientClosed, err
	}
	return http.StatusInternalServerError, err
}

// etag returns the entity tag of a listing in memory: of everything that it is
// made from but for what does not change while the program runs, and the nonce.
func (l *listing) etag(w http.ResponseWriter) string {
	hash := sha256.New()
	room := make([]byte, 0, 1024)
	for _, r := range l.rows {
		room = append(room, r.name...)
		room = append(room, 0)
		room = append(room, r.target...)
		room = binary.BigEndian.AppendUint32(room, uint32(r.mode))
		room = binary.BigEndian.AppendUint64(room, uint64(r.size))
		room = binary.BigEndian.AppendUint64(room, uint64(r.modified.UnixNano()))
		if r.link {
			room = append(room, 1)
		}
		if len(room) > 512 {
			hash.Write(room)
			room = room[:0]
		}
	}
	room = fmt.Appendf(room, "\x00%d %d %d %d %d %d %d %d %q %t %t %q %q %q", len(l.names.entries), l.names.folders, l.format,
		l.sort, l.order, l.layout, l.limit, l.offset, l.find, l.truncated, l.up, l.path, l.readme.version(), l.h.version(w))
	hash.Write(room)
	return `W/"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:15]) + `"`
}

// version tells a page from what another release, or another template, makes of
// the same listing.
func (h *Handler) version(w http.ResponseWriter) string {
	c := &h.cfg
	formats := make([]string, len(c.Archives))
	for i, a := range c.Archives {
		formats[i] = a.format
	}
	paths := make([]middleware.Path, len(h.parts))
	for i, part := range h.parts {
		paths[i] = part.cfg.Path
	}
	return fmt.Sprint(assetsVersion, paths, c.SI, c.ShowTargets, c.Thumbnails, c.Search.Time > 0, formats, "\x00", c.Template.version(w))
}

// lastModified returns the time that tells one listing from the next; zero if none
// does. It is to the second, in which more may happen; and what was found in other
// folders, sorted by what files are like, chosen in a cookie or made by a template
// can change without any newer file. Of the formats of one URL only HTML has it: it
// does not tell them apart, and a client that has one would be told with 304 that it
// has another (RFC 9110, section 15.4.5).
func (l *listing) lastModified() time.Time {
	chosen := l.format != formatHTML && !l.given.Has("format")
	if chosen || l.find != "" || l.sort.looks() || l.remembered || l.h.cfg.Template != nil || !middleware.Settled(l.modified, time.Now()) {
		return time.Time{}
	}
	return l.modified
}

// links says where the other pages are.
func (l *listing) links(header http.Header) {
	for _, p := range l.pages() {
		if p.rel != "" {
			header.Add("Link", "<"+l.with("offset", strconv.Itoa(p.offset))+`>; rel="`+p.rel+`"`)
		}
	}
}

// A page is another part of the same listing.
type page struct {
	rel    string
	offset int
}

// pages returns the pages that there are besides the one that is sent. Before one
// that is past the end comes the last.
func (l *listing) pages() []page {
	total := len(l.names.entries)
	if l.limit == 0 || total <= l.limit && l.offset == 0 {
		return nil
	}
	last := (max(total, 1) - 1) / l.limit * l.limit
	if l.offset >= total {
		return []page{{"first", 0}, {"prev", last}, {"last", last}}
	}
	var all []page
	if l.offset > 0 {
		all = append(all, page{"first", 0}, page{"prev", max(l.offset-l.limit, 0)})
	}
	if l.offset+l.limit < total {
		all = append(all, page{"next", l.offset + l.limit}, page{"last", last})
	}
	return all
}
