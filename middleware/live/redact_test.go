package live_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
)

// TestNothingIsShownThatIsSecret checks what is left of URIs and errors, and that HTML
// is not what a client has written.
func TestNothingIsShownThatIsSecret(t *testing.T) {
	recorder := open(t)
	h := middleware.Edge{Log: slog.New(slog.DiscardHandler)}.Handler(live.NewHandler(middleware.HandlerFunc(
		func(http.ResponseWriter, *http.Request) (int, error) {
			return 502, errors.New(`Get "http://me:pass@10.0.0.1/x?token=secret": it is <b>broken</b>`)
		}), live.Config{Recorder: recorder, Slow: 1}))
	r := httptest.NewRequest("GET", "/a?password=secret", nil)
	r.RequestURI = `/<script>alert(1)</script>?password=secret`
	r.Header.Set("Authorization", "Basic secret")
	r.Header.Set("Cookie", "session=secret")
	h.ServeHTTP(httptest.NewRecorder(), r)
	for _, sensitive := range []bool{false, true} {
		pages := live.Pages(live.PagesConfig{Recorder: recorder, Sensitive: sensitive})
		for _, path := range []string{"slow", "errors"} {
			for _, form := range []string{"html", "json"} {
				text := body(t, ask(pages, "GET", "/debug/"+path+"?format="+form))
				require.Equal(t, sensitive, strings.Contains(text, "password=secret"), text)
				require.Equal(t, sensitive, strings.Contains(text, "token=secret"), text)
				require.Equal(t, sensitive, strings.Contains(text, "me:pass@"), text)
				require.NotContains(t, text, "Basic")
				require.NotContains(t, text, "session")
				require.NotContains(t, text, "<script>")
				require.NotContains(t, text, "<b>")
			}
		}
	}
}

func TestWithoutQueries(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		"/a":                              "/a",
		"/a?":                             "/a?",
		"/a?b=c&d":                        "/a?…",
		`Get "http://h/x?k=1": refused`:   `Get "http://h/x?…": refused`,
		"http://u:p@h/x@y?k":              "http://…@h/x@y?…",
		"http://h/x?to=http://u:p@h why?": "http://h/x?… why?",
		"a@b is no URL":                   "a@b is no URL",
	} {
		require.Equal(t, want, live.WithoutQueries(in))
	}
}

// FuzzWithoutQueries checks that nothing is left of what follows a question mark.
func FuzzWithoutQueries(f *testing.F) {
	f.Add("/a?b", "x y?z")
	f.Fuzz(func(t *testing.T, before, after string) {
		got := live.WithoutQueries(before + "?SECRET" + after)
		require.NotContains(t, got, "?SECRET")
	})
}
