package proxy

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// responseHeader returns what a Transport is to add the fields of a response to:
// straight to the client's if there are none yet, which a backend could otherwise
// have removed by its Connection.
func (d *delivery) responseHeader() http.Header {
	h := d.w.Header()
	if d.direct = len(h) == 0; d.direct {
		return h
	}
	return nil
}

// respond sends the client a backend's response.
func (d *delivery) respond(resp *http.Response, pick *upstream.Pick, result upstream.Result) (int, error) {
	protocol := resp.Header["Upgrade"]
	strip(resp.Header)
	if answer := d.interceptor(resp); answer != nil {
		return answer(pick, result)
	}
	header := d.w.Header()
	if !d.direct {
		for name, values := range resp.Header {
			if !isSingle(name) {
				values = append(slices.Clip(header[name]), values...)
			}
			header[name] = values
		}
	}
	pick.Mark(header, d.r)
	d.relocate(header, pick.Upstream.Target)
	d.addVia(header, resp.ProtoMajor, resp.ProtoMinor)
	d.changeResponse(header, resp.StatusCode)
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return d.tunnel(resp, protocol)
	}
	switch resp.StatusCode {
	case http.StatusNoContent, http.StatusNotModified:
		// RFC 9110, section 8.6. With 304 it is allowed, but clients of HTTP/2 wait for as
		// much; with HTTP/1.1 net/http does not send it either.
		delete(header, "Content-Length")
	}
	if _, there := header["Content-Type"]; !there {
		header["Content-Type"] = nil // lest net/http makes one up
	}
	announced := len(resp.Trailer)
	for name := range resp.Trailer {
		if mayTrail(name) {
			header["Trailer"] = append(header["Trailer"], name)
			if d.r.ProtoMajor == 1 && d.r.ProtoMinor > 0 && d.r.Method != http.MethodHead {
				delete(header, "Content-Length") // HTTP/2 may have both
			}
		}
	}
	d.content.giveUp()
	d.w.WriteHeader(resp.StatusCode)
	if err := d.relay(resp); err != nil {
		return d.cutStatus(err), err
	}
	d.trail(resp.Trailer, announced)
	return 0, nil
}

// isSingle reports whether there can be only one field of a name, so that the
// backend's comes in place of what layers further out have set.
func isSingle(name string) bool {
	switch name {
	case "Content-Length", "Content-Type", "Date", "Etag", "Last-Modified":
		return true
	}
	return false
}

// changeResponse applies the operations of Config.Down to the header of a response.
func (d *delivery) changeResponse(header http.Header, status int) {
	if len(d.h.cfg.Down) == 0 {
		return
	}
	v := d.values()
	v.Status = status
	for i := range d.h.cfg.Down {
		d.h.cfg.Down[i].apply(header, v)
	}
}

// cutStatus returns the status of a response that was cut off.
func (d *delivery) cutStatus(err error) int {
	if _, ok := errors.AsType[*Error](err); !ok {
		return middleware.StatusClientClosed // it takes no more
	}
	return d.statusOf(err)
}

// relay sends the body. Events, and what the backend has not told the length of,
// go to the client piece by piece as they come.
func (d *delivery) relay(resp *http.Response) error {
	if resp.Body == http.NoBody {
		return nil
	}
	flush := resp.ContentLength < 0 && d.r.Method != http.MethodHead || isEventStream(resp.Header.Get("Content-Type"))
	if b, ok := resp.Body.(*body); ok && !flush {
		_, err := b.WriteTo(d.w)
		return err
	}
	t := d.h.cfg.Transport
	buf := t.copyBuffer()
	defer t.copying.Put(buf)
	if flush {
		if err := d.flush(); err != nil {
			return err
		}
	}
	for {
		n, rerr := resp.Body.Read(*buf)
		if n > 0 {
			if _, err := d.w.Write((*buf)[:n]); err != nil {
				return err
			}
			if flush {
				if err := d.flush(); err != nil {
					return err
				}
			}
		}
		switch _, known := errors.AsType[*Error](rerr); {
		case rerr == io.EOF:
			return nil
		case rerr != nil && !known: // of HTTP/2
			return &Error{Op: OpBody, Address: resp.Request.URL.Host, Sent: true, Answered: true, Err: rerr}
		case rerr != nil:
			return rerr
		}
	}
}

// flush has the client see what was written so far, if that can be had.
func (d *delivery) flush() error {
	if err := d.client().Flush(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

func isEventStream(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimRight(mediaType, " \t"), "text/event-stream")
}

// trail sends the fields behind the body. Those that were not announced have to be
// told from the header's.
func (d *delivery) trail(trailer http.Header, announced int) {
	if len(trailer) == 0 {
		return
	}
	header := d.w.Header()
	for name, values := range trailer {
		if !mayTrail(name) {
			continue
		}
		if len(trailer) != announced {
			name = http.TrailerPrefix + name
		}
		header[name] = values // rather than behind what the head had
	}
}

// Hints are the responses of status 1xx to one attempt. With HTTP/2, they may come
// in while nobody waits for them any more.
type hints struct {
	d     *delivery
	mu    sync.Mutex
	ended bool
}

// relay sends one to the client.
func (h *hints) relay(status int, fields http.Header) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || status == http.StatusContinue { // which net/http sends when the body is read
		return nil
	}
	header := h.d.w.Header()
	before := header.Clone()
	strip(fields)
	for name, values := range fields {
		header[name] = append(slices.Clip(header[name]), values...)
	}
	h.d.w.WriteHeader(status)
	clear(header)
	maps.Copy(header, before)
	return nil
}

// end has no more be sent.
func (h *hints) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
}
