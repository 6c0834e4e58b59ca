package errorpages_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/errorpages"
)

// TestWire checks what a client gets of a response that fails after so many bytes
// of its body: all of the page, or visibly not all of the response, but never one
// after the other.
func TestWire(t *testing.T) {
	root := site(t, map[string]string{"any.html": "<p>sorry"})
	failures := map[string]func() (int, error){
		"an error":   func() (int, error) { return 502, errors.New("reason") },
		"a panic":    func() (int, error) { panic("reason") },
		"a throw-up": func() (int, error) { panic(http.ErrAbortHandler) },
	}
	for _, tt := range []struct {
		name  string
		begin func(w http.ResponseWriter)
		page  bool
	}{
		{"nothing", func(http.ResponseWriter) {}, true},
		{"a field of the header", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100") }, true},
		{"an informational header", func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) }, true},
		{"the header", func(w http.ResponseWriter) { w.WriteHeader(200) }, false},
		{"a flush", func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, false},
		{"a chunk", func(w http.ResponseWriter) { io.WriteString(w, "half") }, false},
		{"a chunk, flushed", func(w http.ResponseWriter) { io.WriteString(w, "half"); w.(http.Flusher).Flush() }, false},
		{"part of a length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "8")
			io.WriteString(w, "half")
		}, false},
		{"part of a length, flushed", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "8")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}, false},
		{"more than is held back", func(w http.ResponseWriter) { w.Write(make([]byte, 1<<20)) }, false},
	} {
		for name, fail := range failures {
			for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
				t.Run(tt.name+", then "+name+", "+protocol, func(t *testing.T) {
					h := middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
						tt.begin(w)
						return fail()
					})
					quiet := slog.New(slog.DiscardHandler)
					layer := errorpages.New(errorpages.Config{Root: root, Default: "any.html", Log: quiet})
					srv := httptest.NewUnstartedServer(middleware.Edge{Log: quiet}.Handler(layer(h)))
					srv.EnableHTTP2 = protocol == "HTTP/2.0"
					srv.Config.ErrorLog = log.New(t.Output(), "", 0)
					if srv.EnableHTTP2 {
						srv.StartTLS()
					} else {
						srv.Start()
					}
					defer srv.Close()

					got, err := fetch(srv)
					if tt.page && name != "a throw-up" {
						want := "502 <p>sorry"
						if name == "a panic" {
							want = "500 <p>sorry"
						}
						require.NoError(t, err)
						require.Equal(t, want, got)
						return
					}
					require.Error(t, err, "it looks complete")
					require.NotContains(t, got, "sorry")
				})
			}
		}
	}
}

// TestHeadOnTheWire checks that the header of a page is that of the page itself.
func TestHeadOnTheWire(t *testing.T) {
	root := site(t, map[string]string{"any.html": "<p>sorry"})
	layer := errorpages.New(errorpages.Config{Root: root, Default: "any.html"})
	srv := httptest.NewServer(middleware.Wrap(middleware.AppHandler(returning(404, nil).ServeHTTP), layer))
	defer srv.Close()
	var headers []http.Header
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL, nil)
		require.NoError(t, err)
		resp, err := srv.Client().Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, 404, resp.StatusCode)
		require.EqualValues(t, 8, resp.ContentLength)
		resp.Header.Del("Date")
		headers = append(headers, resp.Header)
	}
	require.Equal(t, headers[0], headers[1])
}

// fetch returns the status and body of a response, as far as they came.
func fetch(srv *httptest.Server) (string, error) {
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body), err
}
