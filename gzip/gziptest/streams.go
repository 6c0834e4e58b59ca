package gziptest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// streams is about what is sent when, and how it ends.
func streams() []Exchange {
	get := func(name, source string, h http.HandlerFunc, checks ...check) Exchange {
		return Exchange{name, source, func(s *server) error {
			a, err := s.get(h, "Accept-Encoding", "gzip")
			return all(a, err, checks...)
		}}
	}
	// aborted is an answer that must not look whole. That there is none is fine.
	aborted := func(name, source string, h http.HandlerFunc) Exchange {
		return Exchange{name, source, func(s *server) error {
			a, err := s.get(h, "Accept-Encoding", "gzip")
			if err != nil {
				return nil
			}
			return broken(a)
		}}
	}
	return []Exchange{
		seen("what is flushed, however little", "klauspost/compress#386", html, "<p>first</p>", "<p>second</p>"),
		seen("an event", "nytimes/gziphandler#74", "text/event-stream", "data: 1\n\n", "data: 2\n\n"),
		seen("an event after many", "CAFxX/httpcompression#58", "text/event-stream", strings.Repeat("data: 1\n\n", 1000), "data: 2\n\n"),
		seen("what is flushed of no type", "traefik#11509", "", "<p>first</p>", "<p>second</p>"),
		seen("what is flushed of a picture", "", "image/png", "\x89PNG", "more"),
		header("a header that is flushed", "caddy#6293", "text/event-stream"),
		header("a header that is flushed, of no type", "nytimes/gziphandler#87", ""),
		get("a coding after a flush", "caddy#4314", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			http.NewResponseController(w).Flush()
			io.WriteString(w, page)
		}, is(200, page)),
		get("many flushes", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			for line := range strings.Lines(page) {
				io.WriteString(w, line)
				http.NewResponseController(w).Flush()
			}
		}, is(200, page)),
		get("a large body", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			for range 100 {
				io.WriteString(w, page)
			}
		}, is(200, strings.Repeat(page, 100)), in("gzip")),
		get("trailers that were announced", "RFC 9110, section 6.6.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.Header().Set("Trailer", "Sum")
			io.WriteString(w, page)
			w.Header().Set("Sum", "42")
		}, is(200, page), has("Sum", ""), trailer("Sum", "42")),
		get("trailers of a small body", "RFC 9110, section 6.6.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.Header().Set("Trailer", "Sum")
			io.WriteString(w, "small")
			w.Header().Set("Sum", "42")
		}, is(200, "small"), has("Sum", ""), trailer("Sum", "42")),
		get("trailers of a body of no type", "RFC 9110, section 6.6.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Sum")
			io.WriteString(w, "small")
			w.Header().Set("Sum", "42")
		}, is(200, "small"), has("Sum", ""), trailer("Sum", "42")),
		get("trailers of no body", "RFC 9110, section 6.6.2", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			w.Header().Set("Trailer", "Sum")
			w.WriteHeader(http.StatusOK)
			w.Header().Set("Sum", "42")
		}, is(200, ""), has("Sum", ""), trailer("Sum", "42")),
		get("trailers that were not announced", "net/http.TrailerPrefix", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			io.WriteString(w, page)
			w.Header().Set(http.TrailerPrefix+"Sum", "42")
		}, is(200, page), trailer("Sum", "42")),
		get("hints", "RFC 8297", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			writes(html, page)(w, r)
		}, is(200, page), in("gzip"), func(a *answer) error {
			if len(a.hints) != 1 || a.hints[0].Get("Link") == "" || a.hints[0].Get("Content-Encoding") != "" {
				return fmt.Errorf("the hints are %v", a.hints)
			}
			return nil
		}),
		aborted("a panic before anything was written", "gin-contrib/gzip#140", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			panic(http.ErrAbortHandler)
		}),
		aborted("a panic after a little was written", "caddy#616", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			io.WriteString(w, page)
			panic(http.ErrAbortHandler)
		}),
		aborted("a panic after much was written", "gin-contrib/gzip#141", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			for range 100 {
				io.WriteString(w, page)
			}
			panic(http.ErrAbortHandler)
		}),
		aborted("a panic after a flush", "caddy#616", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", html)
			io.WriteString(w, page)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}),
		{"an error page in place of one that panicked", "gin-contrib/gzip#140", func(s *server) error {
			wrap := s.wrap
			s.wrap = func(h http.Handler) http.Handler { return recovers(wrap(h)) }
			a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", html)
				io.WriteString(w, "some of it")
				panic("on purpose")
			}, "Accept-Encoding", "gzip")
			return all(a, err, is(500, "sorry\n"), in(""))
		}},
	}
}

// recovers answers 500 for handlers that panic.
func recovers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "sorry", http.StatusInternalServerError)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// seen checks that a client sees what was flushed while the handler waits for it.
func seen(name, source, contentType, first, second string) Exchange {
	return Exchange{name, source, func(s *server) error {
		arrived := make(chan struct{})
		srv := s.start(func(w http.ResponseWriter, r *http.Request) {
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			io.WriteString(w, first)
			http.NewResponseController(w).Flush()
			select {
			case <-arrived:
			case <-r.Context().Done():
			}
			io.WriteString(w, second)
		})
		a, err := open(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip")
		if err != nil {
			return err
		}
		defer a.Body.Close()
		r, err := decoder(a.coding(), a.Body)
		if err != nil {
			return err
		}
		got := make([]byte, len(first))
		if _, err := io.ReadFull(r, got); err != nil {
			return fmt.Errorf("waiting for what was flushed: %w", err)
		}
		close(arrived)
		rest, err := io.ReadAll(r)
		if string(got)+string(rest) != first+second {
			return errors.New("something else has arrived")
		}
		return err
	}}
}

// header checks that a client sees a header that was flushed before there was a
// body.
func header(name, source, contentType string) Exchange {
	return Exchange{name, source, func(s *server) error {
		arrived := make(chan struct{})
		srv := s.start(func(w http.ResponseWriter, r *http.Request) {
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			http.NewResponseController(w).Flush()
			select {
			case <-arrived:
			case <-r.Context().Done():
			}
			io.WriteString(w, page)
		})
		a, err := open(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip")
		if err != nil {
			return fmt.Errorf("waiting for the header: %w", err)
		}
		close(arrived)
		defer a.Body.Close()
		a.raw, a.err = io.ReadAll(a.Body)
		return is(200, page)(a)
	}}
}

// trailer checks a field that follows the body.
func trailer(name, value string) check {
	return func(a *answer) error {
		if got := a.Trailer.Get(name); got != value {
			return fmt.Errorf("the trailer %s is %q, not %q", name, got, value)
		}
		return nil
	}
}
