package middleware_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

func TestReads(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "POST": false, "PUT": false, "OPTIONS": false, "get": false, "PROPFIND": false} {
		require.Equal(t, want, middleware.Reads(httptest.NewRequest(method, "/", nil)), method)
	}
}

func TestMethodNotAllowed(t *testing.T) {
	w := httptest.NewRecorder()
	status, err := middleware.MethodNotAllowed(w, "GET", "HEAD")
	require.NoError(t, err)
	require.Equal(t, 405, status)
	require.Equal(t, []string{"GET, HEAD"}, w.Result().Header["Allow"])
}
