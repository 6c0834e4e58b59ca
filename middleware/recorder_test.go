package middleware_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
)

// TestNote checks that a note goes all the way out, past other writers and
// their Recorders, and from there into the log.
func TestNote(t *testing.T) {
	var log logged
	h := middleware.Edge{Log: log.logger()}.Handler(middleware.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) (int, error) {
			inner := middleware.Record(wrapper{w})
			middleware.Note(inner, slog.String("user", "ada"))
			require.Equal(t, []slog.Attr{slog.String("user", "ada")}, middleware.Notes(w))
			require.Equal(t, middleware.Notes(w), middleware.Notes(inner))
			return http.StatusForbidden, errors.New("reason")
		}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Contains(t, log.String(), "error=reason user=ada\n")
}

func TestNoteForNobody(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.Note(w, slog.String("user", "ada"))
	require.Empty(t, middleware.Notes(w))
}

// TestReadFromNothing pins down that copying an empty body begins nothing, so
// that the error which made it empty can still be answered.
func TestReadFromNothing(t *testing.T) {
	rec := middleware.Record(httptest.NewRecorder())
	_, err := io.Copy(rec, io.LimitReader(strings.NewReader(""), 1))
	require.NoError(t, err)
	require.False(t, rec.Begun())
}

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }
