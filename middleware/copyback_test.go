package middleware_test

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestCopyBack has a client upload a file through a layer that passes on a copy of
// the request, and checks that net/http removes it in the end.
func TestCopyBack(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR")) // on Windows
	copies := func(next middleware.Handler) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			seen := r.WithContext(r.Context())
			status, err := next.ServeHTTP(w, seen)
			middleware.CopyBack(r, seen)
			if r.Pattern != "POST /upload" {
				t.Errorf("it found the pattern %q", r.Pattern)
			}
			return status, err
		})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
		}
		if len(names(t)) != 1 {
			t.Error("nothing was uploaded")
		}
	})
	server := httptest.NewServer(middleware.Wrap(mux, copies, copies))
	var form strings.Builder
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "name")
	require.NoError(t, err)
	io.WriteString(file, strings.Repeat("contents ", 1000))
	require.NoError(t, parts.Close())
	resp, err := server.Client().Post(server.URL+"/upload", parts.FormDataContentType(), strings.NewReader(form.String()))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	server.Close() // after the last request has come to its end
	require.Empty(t, names(t))
}

func names(t *testing.T) []string {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
