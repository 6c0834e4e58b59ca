// Package middlewaretest checks that middleware keeps the contract, and has what
// tests of it need of the system.
package middlewaretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Transparent checks that m, put in front of handlers that m has no reason to
// alter, alters nothing: neither the outcome they return nor what a client, or
// a handler that asks its writer for more than the three basic methods, sees.
// It is [Outcome] and [Writer] in one.
func Transparent(t *testing.T, m middleware.Middleware) {
	t.Helper()
	Outcome(t, m)
	Writer(t, m)
}

// Outcome checks that m returns what the handler behind it returned, writes
// nothing for it, and lets it panic.
func Outcome(t *testing.T, m middleware.Middleware) {
	t.Helper()
	reason := errors.New("reason")
	for _, tt := range []struct {
		status int
		err    error
	}{
		{0, nil}, {0, reason}, {http.StatusNoContent, nil}, {http.StatusNotFound, nil}, {http.StatusTeapot, reason},
		{http.StatusBadGateway, reason}, {middleware.StatusClientClosed, reason},
	} {
		t.Run(fmt.Sprintf("outcome (%d, %v)", tt.status, tt.err), func(t *testing.T) {
			h := m(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
				return tt.status, tt.err
			}))
			w := httptest.NewRecorder()
			rec := middleware.Record(w)
			status, err := h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
			if status != tt.status || !errors.Is(err, tt.err) {
				t.Errorf("got %d, %v; want %d, %v", status, err, tt.status, tt.err)
			}
			if rec.Begun() {
				t.Errorf("began a response with %d and %q for a handler that had not", rec.Status(), w.Body)
			}
		})
	}

	t.Run("panic", func(t *testing.T) {
		h := m(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
			panic(reason)
		}))
		defer func() {
			if got := recover(); got != reason {
				t.Errorf("recovered %v; want %v", got, reason)
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	})

	t.Run("request", func(t *testing.T) {
		form := new(multipart.Form)
		h := m(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
			r.MultipartForm = form
			return 0, nil
		}))
		r := httptest.NewRequest("GET", "/", nil)
		if h.ServeHTTP(httptest.NewRecorder(), r); r.MultipartForm != form {
			t.Error("net/http does not learn of files that a client has uploaded, and leaves them (a copy of a request needs middleware.CopyBack)")
		}
	})

	t.Run("twice", func(t *testing.T) {
		var handlers [2]middleware.Handler
		for i := range handlers {
			handlers[i] = m(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
				return 210 + i, nil
			}))
		}
		for i, h := range handlers {
			if status, _ := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)); status != 210+i {
				t.Errorf("call %d of the middleware leads to the handler of call %d", i+1, status-210+1)
			}
		}
	})
}

// Writer checks that a handler behind m can do with its writer, and read of its
// request, whatever it could without m.
func Writer(t *testing.T, m middleware.Middleware) {
	t.Helper()

	t.Run("informational", func(t *testing.T) {
		var hints []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				hints = append(hints, fmt.Sprint(code, header["Link"]))
				return nil
			},
		})
		resp := get(ctx, t, m, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		})
		if resp.StatusCode != http.StatusAccepted {
			t.Errorf("got %d after 103; want 202", resp.StatusCode)
		}
		if got := strings.Join(hints, ", "); got != "103 [</style.css>]" {
			t.Errorf("got the informational responses %q; want one 103", got)
		}
	})

	t.Run("flush", func(t *testing.T) {
		seen := make(chan struct{})
		resp := get(t.Context(), t, m, func(w http.ResponseWriter, r *http.Request) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("Flush: %v (a writer of your own needs the method FlushError, Flush or Unwrap)", err)
				return
			}
			select {
			case <-seen: // the client got the header while we were here
			case <-r.Context().Done():
			}
		})
		close(seen)
		io.Copy(io.Discard, resp.Body)
	})

	t.Run("flush between", func(t *testing.T) {
		seen := make(chan struct{})
		resp := get(t.Context(), t, m, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "first")
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			} else {
				t.Error("the writer is no http.Flusher (one of your own needs the method Flush)")
			}
			select {
			case <-seen:
			case <-r.Context().Done():
			}
			io.WriteString(w, " second")
		})
		first := make([]byte, len("first"))
		if _, err := io.ReadFull(resp.Body, first); err != nil {
			t.Errorf("reading what was flushed: %v", err)
		}
		close(seen)
		rest, err := io.ReadAll(resp.Body)
		if got := string(first) + string(rest); got != "first second" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})

	t.Run("hijack", func(t *testing.T) {
		resp := get(t.Context(), t, m, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("Hijack: %v (a writer of your own needs the method Hijack or Unwrap)", err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 299 Own\r\nContent-Length: 0\r\n\r\n")
		})
		if resp.StatusCode != 299 {
			t.Errorf("got %d from a hijacked connection; want 299", resp.StatusCode)
		}
	})

	t.Run("deadlines", func(t *testing.T) {
		get(t.Context(), t, m, func(w http.ResponseWriter, _ *http.Request) {
			control := http.NewResponseController(w)
			err := errors.Join(
				control.SetReadDeadline(time.Now().Add(time.Minute)),
				control.SetWriteDeadline(time.Now().Add(time.Minute)),
				control.EnableFullDuplex())
			if err != nil {
				t.Errorf("%v (a writer of your own needs the method Unwrap)", err)
			}
		})
	})

	t.Run("trailers", func(t *testing.T) {
		resp := get(t.Context(), t, m, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Announced")
			io.WriteString(w, "body")
			w.Header().Set("Announced", "1")
			w.Header().Set(http.TrailerPrefix+"Unannounced", "2")
		})
		io.Copy(io.Discard, resp.Body)
		if got := resp.Trailer; got.Get("Announced") != "1" || got.Get("Unannounced") != "2" {
			t.Errorf("got the trailers %v", got)
		}
	})

	t.Run("length", func(t *testing.T) {
		resp := get(t.Context(), t, m, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			w.Write(make([]byte, 10000)) // so many that net/http would not work it out itself
		})
		if resp.ContentLength != 10000 {
			t.Errorf("got a length of %d; want 10000", resp.ContentLength)
		}
	})

	t.Run("request body", func(t *testing.T) {
		const sent = "sent as chunks of a length that is not known"
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
		resp := send(t, m, echo, request(t.Context(), t, http.MethodPost, io.MultiReader(strings.NewReader(sent))))
		if got, err := io.ReadAll(resp.Body); string(got) != sent || err != nil {
			t.Errorf("the handler read %q, %v", got, err)
		}
	})

	t.Run("copy", func(t *testing.T) {
		const body = "straight through"
		w := &readerFrom{ResponseRecorder: httptest.NewRecorder()}
		middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, io.LimitReader(strings.NewReader(body), int64(len(body))))
		}), m).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if !w.used {
			t.Error("io.Copy did not get to the ReadFrom of net/http, which has the kernel copy (a writer of your own needs the method ReadFrom, which hands on what it is given)")
		}
		if w.Body.String() != body {
			t.Errorf("copied %q; want %q", w.Body, body)
		}
	})

	t.Run("abort", func(t *testing.T) {
		panics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "first half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		resp, err := try(t, m, panics, request(t.Context(), t, http.MethodGet, nil))
		if err == nil {
			_, err = io.ReadAll(resp.Body)
		}
		if err == nil {
			t.Error("an aborted response looked complete to the client")
		}
	})

	t.Run("failure half way", func(t *testing.T) {
		fails := middleware.AppHandler(func(w http.ResponseWriter, _ *http.Request) (int, error) {
			io.WriteString(w, "first half")
			http.NewResponseController(w).Flush()
			return http.StatusBadGateway, errors.New("the other half is missing")
		})
		resp, err := try(t, m, fails, request(t.Context(), t, http.MethodGet, nil))
		if err == nil {
			_, err = io.ReadAll(resp.Body)
		}
		if err == nil {
			t.Error("half a response looked complete to the client")
		}
	})
}

func request(ctx context.Context, t *testing.T, method string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://to.be.set/", body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func get(ctx context.Context, t *testing.T, m middleware.Middleware, h http.HandlerFunc) *http.Response {
	t.Helper()
	return send(t, m, h, request(ctx, t, http.MethodGet, nil))
}

// send is try for a request that must succeed.
func send(t *testing.T, m middleware.Middleware, h http.Handler, r *http.Request) *http.Response {
	t.Helper()
	resp, err := try(t, m, h, r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// try sends r to h, behind m, over a real connection.
func try(t *testing.T, m middleware.Middleware, h http.Handler, r *http.Request) (*http.Response, error) {
	t.Helper()
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)} // what fails here is meant to
	srv := httptest.NewUnstartedServer(quiet.Handler(m(middleware.FromHTTP(h))))
	srv.Config.ErrorLog = log.New(t.Output(), "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	client := srv.Client()
	client.Timeout = 5 * time.Second // for what m might withhold
	client.Transport.(*http.Transport).DisableCompression = true
	r.URL.Host = srv.Listener.Addr().String()
	resp, err := client.Do(r)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

// readerFrom is a response recorder that notes whether ReadFrom was used.
type readerFrom struct {
	*httptest.ResponseRecorder
	used bool
}

func (w *readerFrom) ReadFrom(src io.Reader) (int64, error) {
	w.used = true
	return w.Body.ReadFrom(src)
}
