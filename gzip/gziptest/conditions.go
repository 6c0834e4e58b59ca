package gziptest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// versioned is a handler as most are that know entity tags: of net/http.
func versioned(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Etag", `"v1"`)
	w.Header().Set("Content-Type", html)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(page))
}

// conditions is about entity tags.
func conditions() []Exchange {
	// again asks for what was got before, with the tag that came with it.
	again := func(name, source, method string, fields func(tag string) []string, checks ...check) Exchange {
		return Exchange{name, source, func(s *server) error {
			srv := s.start(versioned)
			first, err := send(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip")
			if err := all(first, err, is(200, page), in("gzip")); err != nil {
				return err
			}
			tag := first.Header.Get("Etag")
			if tag == "" {
				return errors.New("there is no tag to ask again with")
			}
			second, err := send(s.ctx, srv, method, nil, fields(tag)...)
			return all(second, err, append(checks, func(a *answer) error {
				if a.StatusCode == http.StatusNotModified && opaque(a.Header.Get("Etag")) != opaque(tag) {
					return fmt.Errorf("the tag was %s and is %s", tag, a.Header.Get("Etag"))
				}
				return nil
			})...)
		}}
	}
	const rfc = "RFC 9110, section 8.8.3.3"
	return []Exchange{
		{"a strong tag is of one encoding", rfc, func(s *server) error {
			srv := s.start(versioned)
			plain, err := send(s.ctx, srv, "GET", nil)
			if err != nil {
				return err
			}
			encoded, err := send(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip")
			if err := all(encoded, err, in("gzip")); err != nil {
				return err
			}
			tag := encoded.Header.Get("Etag")
			if plain.Header.Get("Etag") != `"v1"` {
				return fmt.Errorf("without encoding the tag is %s", plain.Header.Get("Etag"))
			}
			if tag == `"v1"` {
				return errors.New("two different bodies have one strong tag")
			}
			return nil
		}},
		again("If-None-Match", "klauspost/compress: gzhttp's suffix", "GET", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip", "If-None-Match", tag}
		}, is(304, "")),
		again("If-None-Match, in a list", rfc, "GET", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip", "If-None-Match", `"v0", ` + tag + `, "v2"`}
		}, is(304, "")),
		again("If-None-Match, made weak by a proxy", rfc, "HEAD", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip", "If-None-Match", "W/" + opaque(tag)}
		}, status(304)),
		again("If-None-Match, of another version", rfc, "GET", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip", "If-None-Match", strings.Replace(tag, "v1", "v2", 1)}
		}, is(200, page), in("gzip")),
		again("If-Match", "RFC 9110, section 13.1.1", "GET", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip", "If-Match", tag}
		}, is(200, page)),
		again("If-None-Match, by one who cannot decode it", rfc, "GET", func(tag string) []string {
			return []string{"Accept-Encoding", "gzip;q=0", "If-None-Match", tag}
		}, func(a *answer) error {
			if a.StatusCode == http.StatusNotModified && !strings.HasPrefix(a.Header.Get("Etag"), "W/") {
				return errors.New("what is stored is said to be good, and cannot be decoded")
			}
			return nil
		}),
		{"If-None-Match of what is not encoded", rfc, func(s *server) error {
			a, err := s.get(versioned, "If-None-Match", `"v1"`)
			return all(a, err, is(304, ""), has("Etag", `"v1"`))
		}},
	}
}

func opaque(tag string) string { return strings.TrimPrefix(tag, "W/") }

func status(want int) check {
	return func(a *answer) error {
		if a.StatusCode != want {
			return fmt.Errorf("the status is %d, not %d", a.StatusCode, want)
		}
		return nil
	}
}
