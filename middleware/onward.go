package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// AccelRedirect is the field by which a handler has a request answered by another
// path of the site.
const AccelRedirect = "X-Accel-Redirect"

// AccelTarget returns what the values of [AccelRedirect] lead to: a path, which is
// escaped, and perhaps a query. It has to be written as it is compared with what is
// guarded: there is one value, without dots and doubled slashes once it is decoded.
func AccelTarget(values []string) (*url.URL, error) {
	if len(values) != 1 {
		return nil, fmt.Errorf("%d fields %s", len(values), AccelRedirect)
	}
	escaped, query, _ := strings.Cut(values[0], "?")
	p, err := url.PathUnescape(escaped)
	clean := path.Clean(p)
	switch {
	case err != nil:
	case !strings.HasPrefix(p, "/"):
		err = errors.New("not a path")
	case strings.ContainsFunc(p, isControl) || strings.ContainsFunc(query, func(c rune) bool { return c == ' ' || isControl(c) }):
		err = errors.New("a byte in it that no URL can have")
	case p != clean && (p != clean+"/" || clean == "/"):
		err = errors.New("another path once it is resolved")
	default:
		return &url.URL{Path: p, RawQuery: query}, nil
	}
	return nil, fmt.Errorf("%s %q: %w", AccelRedirect, values[0], err)
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// Onward is [Rewrite] for what answers in place of a response to r: it is asked by
// HEAD if r is, else by GET, and without the body and what describes it, which has been
// read for that response, if by anybody.
func Onward(w http.ResponseWriter, r *http.Request, u *url.URL) *http.Request {
	onward := Rewrite(w, r, u)
	if onward.Method != http.MethodHead {
		onward.Method = http.MethodGet
	}
	onward.Header = onward.Header.Clone()
	for _, name := range [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Expect", "Transfer-Encoding", "Trailer"} {
		onward.Header.Del(name)
	}
	onward.Body, onward.ContentLength, onward.TransferEncoding, onward.Trailer = http.NoBody, 0, nil, nil
	return onward
}
