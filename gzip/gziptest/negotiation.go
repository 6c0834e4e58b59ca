package gziptest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// page is a text that gets smaller in every coding.
var page = strings.Repeat("<p>The quick brown fox jumps over the lazy dog, again and again.</p>\n", 150)

const html = "text/html; charset=utf-8"

// writes returns a handler that writes text as a type.
func writes(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write([]byte(text))
	}
}

// negotiation is about Accept-Encoding.
func negotiation() (list []Exchange) {
	accepting := func(name, source string, lines []string, want check) {
		var fields []string
		for _, line := range lines {
			fields = append(fields, "Accept-Encoding", line)
		}
		list = append(list, Exchange{"accepting " + name, source, func(s *server) error {
			a, err := s.get(writes(html, page), fields...)
			return all(a, err, is(200, page), want)
		}})
	}
	const rfc = "RFC 9110, section 12.5.3"
	accepting("gzip", rfc, []string{"gzip"}, in("gzip"))
	accepting("what browsers do", rfc, []string{"gzip, deflate, br, zstd"}, isEncoded)
	accepting("nothing, for there is no field", "traefik#9734", nil, in(""))
	accepting("nothing, by an empty field", rfc, []string{""}, in(""))
	accepting("identity only", rfc, []string{"identity"}, in(""))
	accepting("gzip with a weight of zero", rfc, []string{"gzip;q=0"}, in(""))
	accepting("gzip with a weight of zero in three decimals", rfc, []string{"gzip;q=0.000, identity"}, in(""))
	accepting("gzip with the least weight", rfc, []string{"gzip;q=0.001"}, in("gzip"))
	accepting("GZIP in capitals, and its weight", "klauspost/compress#1149", []string{"GZIP;Q=0.8"}, in("gzip"))
	accepting("a weight between blanks", "RFC 9110, section 5.6.6", []string{"gzip ;\tq=0.5"}, in("gzip"))
	accepting("gzip by its old name", "RFC 9110, section 8.4.1.3", []string{"x-gzip"}, in("gzip", "x-gzip"))
	accepting("what is only called much like gzip", rfc, []string{"x-gzip-not, gzipped, bzip"}, in(""))
	accepting("anything", rfc, []string{"*"}, isEncoded)
	accepting("anything but gzip", rfc, []string{"gzip;q=0, *"}, in("br", "zstd", ""))
	accepting("gzip, and nothing else", rfc, []string{"gzip, *;q=0"}, in("gzip"))
	accepting("gzip on a second line", "RFC 9110, section 5.3", []string{"deflate", "gzip"}, in("gzip"))
	accepting("gzip more than others", rfc, []string{"br;q=0.5, zstd;q=0.4, gzip"}, in("gzip"))
	accepting("identity more than gzip", rfc, []string{"gzip;q=0.5, identity"}, in(""))
	accepting("gzip more than identity", rfc, []string{"identity;q=0.5, gzip"}, in("gzip"))
	accepting("dictionaries, without having one", "RFC 9842, section 6", []string{"dcb, dcz"}, in(""))
	return append(list, Exchange{"refusing identity, for a small body", rfc, func(s *server) error {
		a, err := s.get(writes(html, "small"), "Accept-Encoding", "gzip, identity;q=0")
		return all(a, err, is(200, "small"), in("gzip"))
	}})
}

// variation is about Vary.
func variation() []Exchange {
	const rfc = "RFC 9110, section 12.5.5"
	vary := func(name, source, before, want string) Exchange {
		return Exchange{"Vary " + name, source, func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, r *http.Request) {
				if before != "" {
					w.Header().Set("Vary", before)
				}
				writes(html, page)(w, r)
			}, "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in("gzip"), varies, func(a *answer) error {
				if got := strings.Join(a.Header["Vary"], ", "); !strings.Contains(got, want) {
					return fmt.Errorf("Vary was %q and is %q", before, got)
				}
				return nil
			})
		}}
	}
	plain := func(name, source string, fields ...string) Exchange {
		return Exchange{"Vary " + name, source, func(s *server) error {
			a, err := s.get(writes(html, page), fields...)
			return all(a, err, is(200, page), in(""), varies)
		}}
	}
	return []Exchange{
		vary("added", rfc, "", ""),
		vary("added to others", "chi#418", "Origin, Cookie", "Origin, Cookie"),
		vary("not added twice", rfc, "accept-encoding", ""),
		vary("not added to *", rfc, "*", "*"),
		{"Vary added to lines", "RFC 9110, section 5.3", func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Vary"] = []string{"Origin", "Cookie"}
				writes(html, page)(w, r)
			}, "Accept-Encoding", "gzip")
			return all(a, err, in("gzip"), varies, func(a *answer) error {
				if got := strings.Join(a.Header["Vary"], ", "); !strings.Contains(got, "Origin, Cookie") {
					return fmt.Errorf("Vary is %q", got)
				}
				return nil
			})
		}},
		plain("without the field", "aspnetcore#48008"),
		plain("with gzip refused", "hapi#2641", "Accept-Encoding", "gzip;q=0"),
		{"Vary not on what is never encoded", rfc, func(s *server) error {
			a, err := s.get(writes("image/png", page), "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in(""), has("Vary", ""))
		}},
		{"Vary on HEAD", rfc, func(s *server) error {
			a, err := s.ask("HEAD", writes(html, page), "Accept-Encoding", "gzip")
			return all(a, err, varies)
		}},
		{"Vary on 304", "caddy#5849", func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Etag", `"v1"`)
				w.WriteHeader(http.StatusNotModified)
			}, "Accept-Encoding", "gzip", "If-None-Match", `"v1"`)
			return all(a, err, is(304, ""), varies)
		}},
	}
}

// types is about what is encoded.
func types() (list []Exchange) {
	typed := func(contentType, source string, want check) {
		list = append(list, Exchange{"type " + contentType, source, func(s *server) error {
			a, err := s.get(writes(contentType, page), "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), want, has("Content-Type", contentType))
		}})
	}
	typed("application/json", "", in("gzip"))
	typed("application/problem+json", "RFC 6839, section 3.1", in("gzip"))
	typed("image/svg+xml", "RFC 6839, section 3.1", in("gzip"))
	typed("TEXT/HTML;charset=UTF-8", "RFC 9110, section 8.3.1", in("gzip"))
	typed("image/jpeg", "", in(""))
	typed("video/mp4", "caddy#5031", in(""))
	typed("application/grpc", "", in(""))
	typed("not a type; at=all;;", "traefik#11519", in("", "gzip"))
	sniffed := func(name, text, contentType string, want check) {
		list = append(list, Exchange{"type found out: " + name, "", func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }, "Accept-Encoding", "gzip")
			return all(a, err, is(200, text), want, has("Content-Type", contentType))
		}})
	}
	sniffed("HTML", "<!DOCTYPE html>"+page, html, in("gzip"))
	sniffed("a picture", "\x89PNG\x0D\x0A\x1A\x0A"+page, "image/png", in(""))
	return append(list, Exchange{"type not to be found out", "golang/go#31753", func(s *server) error {
		a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			w.Write([]byte(page))
		}, "Accept-Encoding", "gzip")
		return all(a, err, is(200, page), has("Content-Type", ""))
	}}, Exchange{"a picture with gzip behind it", "chi#923", func(s *server) error {
		a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.WriteHeader(http.StatusOK)
			w.Write([]byte("tiny"))
		}, "Accept-Encoding", "gzip")
		if err == nil && string(a.raw) != "tiny" {
			return errors.New("there is more than was written")
		}
		return err
	}})
}
