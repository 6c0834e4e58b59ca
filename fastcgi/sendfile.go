package fastcgi

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// file returns the name, in root, of the file that an application wants to be sent.
// The folder may be known to it as dir, too.
func (o own) file(root *middleware.Root, dir string) (name string, ok bool) {
	switch {
	case o.redirect != "":
		// It is the path of a URL: nginx, module ngx_http_core, internal.
		name, _, _ = strings.Cut(o.redirect, "?")
		if decoded, err := url.PathUnescape(name); err == nil {
			name = decoded
		}
		return strings.TrimPrefix(path.Clean("/"+name), "/"), true
	case o.sendfile == "":
		return "", false
	case !filepath.IsAbs(o.sendfile):
		return filepath.ToSlash(filepath.Clean(o.sendfile)), true
	}
	for _, dir := range [...]string{dir, root.Dir} { // the latter is free of links
		if rel, err := filepath.Rel(dir, o.sendfile); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), true
		}
	}
	return "", true // it lies elsewhere, and so does not exist
}

// sendFile answers with a file in place of the body of resp, whose header counts but
// for what describes that body.
func (d *delivery) sendFile(resp *Response, pick *upstream.Pick, root *os.Root, name string) (int, error) {
	f, info, err := open(root, name)
	if err != nil {
		status := http.StatusNotFound // which file that is, only the application has known
		if s := middleware.StatusOf(d.r, err); s != http.StatusForbidden && s != http.StatusInternalServerError {
			status = s
		}
		return status, fmt.Errorf("fastcgi: sending a file: %w", err)
	}
	defer f.Close()
	fields := resp.Header
	for _, name := range [...]string{"Content-Length", "Content-Range", "Content-Encoding", "Accept-Ranges", "Last-Modified"} {
		delete(fields, name)
	}
	header := d.w.Header()
	addTo(header, fields)
	pick.Mark(header, d.r)
	if header.Get("Content-Type") == "" {
		// What may be uploaded is not to be guessed at.
		header.Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
		header.Set("X-Content-Type-Options", "nosniff")
	}
	http.ServeContent(d.w, d.r, "", info.ModTime(), f)
	return 0, nil
}
