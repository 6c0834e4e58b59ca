package fastcgi

import (
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// respond sends the client an application's response.
func (d *delivery) respond(resp *Response, pick *upstream.Pick) (int, error) {
	if d.leave != nil {
		if d.leave.take(resp); d.leave.given {
			return 0, nil
		}
	}
	if resp.Local && d.leave == nil && isLocal(resp.Header) {
		d.onward = resp.Header.Get("Location")
		return 0, nil
	}
	redirects := resp.Header["X-Accel-Redirect"]
	own := takeOwn(resp.Header)
	if redirects != nil && d.h.cfg.Redirects && d.h.cfg.SendFile == nil {
		resp.Header["X-Accel-Redirect"] = redirects
	}
	if from := d.h.cfg.SendFile; from != nil && resp.Status < 300 {
		root := from.Now()
		if name, ok := own.file(root, from.Dir); ok {
			resp.Body.Close() // the file comes in place of it
			return d.sendFile(resp, pick, root.FS, name)
		}
	}
	header := d.w.Header()
	addTo(header, resp.Header)
	pick.Mark(header, d.r)
	if resp.Status == http.StatusNoContent {
		delete(header, "Content-Length") // RFC 9110, section 8.6
	}
	if _, there := header["Content-Type"]; !there {
		header["Content-Type"] = nil // lest net/http makes one up
	}
	d.w.WriteHeader(resp.Status)
	if err := d.relay(resp.Body, own.buffering == "yes"); err != nil {
		return d.cutStatus(err), err
	}
	d.noteEnd(resp.Body.End())
	return 0, nil
}

// addTo adds fields to the client's header, which may have some of layers further
// out.
func addTo(header, fields http.Header) {
	if len(header) == 0 {
		maps.Copy(header, fields)
		return
	}
	for name, values := range fields {
		if name == "Content-Type" || name == "Content-Length" {
			header[name] = values // of which there is one
			continue
		}
		header[name] = append(slices.Clip(header[name]), values...)
	}
}

// relay sends the body. What is to be buffered is not flushed when the application
// pauses.
func (d *delivery) relay(body *Body, buffered bool) error {
	var err error
	if buffered {
		_, err = io.Copy(struct{ io.Writer }{d.w}, struct{ io.Reader }{body})
	} else {
		_, err = body.WriteTo(d.w)
	}
	return err
}

// cutStatus returns the status of a response that was cut off.
func (d *delivery) cutStatus(err error) int {
	if _, ok := errors.AsType[*Error](err); !ok {
		return middleware.StatusClientClosed // it takes no more
	}
	return d.statusOf(err)
}

// noteEnd logs what an application did that is not seen in its response.
func (d *delivery) noteEnd(end End) {
	if end.AppStatus == 0 && !end.Excess {
		return
	}
	middleware.Logger(d.w).LogAttrs(d.r.Context(), slog.LevelWarn, "application ended oddly",
		slog.String("path", d.r.URL.Path), slog.Int("app_status", int(end.AppStatus)), slog.Bool("excess", end.Excess))
}

// inform sends the client a response of status 1xx.
func (d *delivery) inform(status int, fields http.Header) error {
	header := d.w.Header()
	before := header.Clone()
	takeOwn(fields)
	addTo(header, fields)
	d.w.WriteHeader(status)
	clear(header)
	maps.Copy(header, before)
	return nil
}

// own are the fields that an application means for the server in front of it.
type own struct {
	sendfile, redirect, buffering string
}

// takeOwn takes them from a header, so that no client sees what they tell of the
// file system.
func takeOwn(h http.Header) own {
	o := own{h.Get("X-Sendfile"), h.Get("X-Accel-Redirect"), strings.ToLower(h.Get("X-Accel-Buffering"))}
	for _, name := range [...]string{"X-Sendfile", "X-Lighttpd-Send-File", "X-Accel-Redirect", "X-Accel-Buffering",
		"X-Accel-Charset", "X-Accel-Expires", "X-Accel-Limit-Rate"} {
		delete(h, name)
	}
	return o
}
