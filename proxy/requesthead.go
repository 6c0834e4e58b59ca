package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// appendHead appends the head of r, whose body has that length.
func appendHead(b []byte, r *http.Request, length int64) ([]byte, error) {
	method := r.Method
	switch {
	case method == "":
		method = http.MethodGet
	case method == http.MethodConnect:
		return nil, errors.New("CONNECT cannot be sent on")
	case !isToken(method):
		return nil, fmt.Errorf("method %q", method)
	}
	b = append(append(b, method...), ' ')
	b, err := appendTarget(b, r.URL)
	if err != nil {
		return nil, err
	}
	b = append(b, " HTTP/1.1\r\nHost: "...)
	host, err := hostOf(r)
	if err != nil {
		return nil, err
	}
	b = append(append(b, host...), "\r\n"...)
	for name, values := range r.Header {
		switch name {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			continue // which are said by other fields of r
		}
		if !isToken(name) {
			return nil, fmt.Errorf("field name %q", name)
		}
		for _, value := range values {
			if !isValue(value) {
				return nil, fmt.Errorf("value of %s", name)
			}
			b = appendField(b, name, value)
		}
	}
	if r.Close && !closes(r.Header) {
		b = appendField(b, "Connection", "close")
	}
	switch {
	case length > 0 || length == 0 && (method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch):
		b = append(b, "Content-Length: "...)
		b = append(strconv.AppendInt(b, length, 10), "\r\n"...)
	case length < 0:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		for name := range r.Trailer {
			if !mayTrail(http.CanonicalHeaderKey(name)) {
				return nil, fmt.Errorf("trailer %q", name)
			}
			b = appendField(b, "Trailer", name)
		}
	}
	return append(b, "\r\n"...), nil
}

func closes(h http.Header) bool {
	return slices.ContainsFunc(h["Connection"], func(v string) bool { return hasToken(v, "close") })
}

func appendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), "\r\n"...)
}

// appendTarget appends the path as it was escaped, and the query byte for byte.
func appendTarget(b []byte, u *url.URL) ([]byte, error) {
	start := len(b)
	if u.Opaque != "" {
		b = append(b, u.RequestURI()...)
	} else {
		path := u.EscapedPath()
		if !strings.HasPrefix(path, "/") && path != "*" {
			b = append(b, '/')
		}
		b = append(b, path...)
		if u.ForceQuery || u.RawQuery != "" {
			b = append(append(b, '?'), u.RawQuery...)
		}
	}
	for _, c := range b[start:] {
		if c <= ' ' || c == 0x7f {
			return nil, fmt.Errorf("target %q", b[start:])
		}
	}
	return b, nil
}

// hostOf returns the value of Host. See also CVE-2023-29406.
func hostOf(r *http.Request) (string, error) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if isSocket(host) {
		host = "localhost"
	}
	if zone, end := strings.IndexByte(host, '%'), strings.LastIndexByte(host, ']'); host[:min(1, len(host))] == "[" && zone > 0 && zone < end {
		host = host[:zone] + host[end:] // it means something on this machine only
	}
	if !isHost(host) {
		return "", fmt.Errorf("host %q", host)
	}
	return host, nil
}

// isHost reports whether all bytes of s may be in a host, or a port.
func isHost(s string) bool {
	for i := range len(s) {
		if !hostBytes.has(s[i]) {
			return false
		}
	}
	return true
}
