package live_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/probe"
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
				require.Equal(t, sensitive && probe.Watchable, strings.Contains(text, "token=secret"), text)
				require.Equal(t, sensitive && probe.Watchable, strings.Contains(text, "me:pass@"), text)
				require.NotContains(t, text, "Basic")
				require.NotContains(t, text, "session")
				require.NotContains(t, text, "<script>")
				require.NotContains(t, text, "<b>")
			}
		}
	}
}

func TestWithoutQuery(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"*":                             "*",
		"/a":                            "/a",
		"/a?":                           "/a?",
		"/a?b=c&d":                      "/a?…",
		"/a?name=O'Brien&token=secret":  "/a?…", // as Python's requests sends it
		`/a?q="x"&token=secret`:         "/a?…",
		"/a?q=<x>&token=secret":         "/a?…",
		"/a?q=x y&token=secret":         "/a?…", // as HTTP/2 allows
		"/a b?token=secret":             "/a b?…",
		"/a#token=secret":               "/a#…", // which no client is to send
		"http://u:p@h/x@y?k":            "http://…@h/x@y?…",
		"http://o'u:p@h/x":              "http://…@h/x",
		"http://u:p@h:80//x@y":          "http://…@h:80//x@y",
		"http://u:p@a,http://u:p@b/x@y": "http://…@a,http://…@b/x@y",
	} {
		require.Equal(t, want, live.WithoutQuery(in))
	}
}

// TestNothingIsShownThatHides checks that what turns text round, or is not to be seen,
// is spelt out in HTML, and that JSON is JSON all the same.
func TestNothingIsShownThatHides(t *testing.T) {
	recorder := open(t)
	h := live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder, Slow: 1})
	r := httptest.NewRequest("GET", "/", nil)
	r.RequestURI, r.Host = "/\u202egpj.exe\xff\x01\u200b\ufffd{{.}}'\"`é", "\u2066evil\u2069"
	middleware.AppHandler(h.ServeHTTP).ServeHTTP(httptest.NewRecorder(), r)
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	text := body(t, ask(pages, "GET", "/debug/slow?format=html"))
	require.NotContains(t, text, "\u202e")
	require.True(t, utf8.ValidString(text))
	require.Contains(t, text, `GET \u2066evil\u2069/\u202egpj.exe\xff\x01\u200b`+"\ufffd{{.}}&#39;&#34;`é</div>")
	require.True(t, json.Valid([]byte(body(t, ask(pages, "GET", "/debug/slow?format=json")))))
}

func TestWithoutQueries(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		`Get "http://h/x?k=1": refused`: `Get "http://h/x?…": refused`,
		`Get "http://h/x?k='1'&token=secret": refused`:   `Get "http://h/x?…": refused`,
		`Get "http://h/x?k=\"1\"&token=secret": refused`: `Get "http://h/x?…": refused`,
		"http://h/x?to=http://u:p@h why?":                "http://h/x?… why?",
		"(http://u:p@h/x), no. 3":                        "(http://…@h/x), no. 3",
		"attempt #3 of http://h/#token":                  "attempt #3 of http://h/#…",
		"a@b is no URL":                                  "a@b is no URL",
	} {
		require.Equal(t, want, live.WithoutQueries(in))
	}
}

// FuzzWithoutQuery checks that nothing is left of what follows a question mark, nor of
// the user of a URL.
func FuzzWithoutQuery(f *testing.F) {
	f.Add("/a", "b'c d")
	f.Add("http://h/x y", "z?")
	f.Fuzz(func(t *testing.T, before, after string) {
		require.NotContains(t, live.WithoutQuery(before+"?"+after+"SECRET"+after), "SECRET"+after)
		if !strings.ContainsAny(before, "/?#") {
			require.NotContains(t, live.WithoutQuery("http://"+before+"SECRET@h/"), "SECRET")
		}
	})
}

// FuzzWithoutQueries checks that nothing is left of what follows a question mark, up to
// the next blank.
func FuzzWithoutQueries(f *testing.F) {
	f.Add("/a?b", "x")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.ContainsAny(after, " \t\r\n") {
			return
		}
		require.NotContains(t, live.WithoutQueries(before+"?"+after+"SECRET"), "SECRET")
	})
}

// TestWhatIsCutOffCannotBeGuessed asks for requests by what is not shown of them.
func TestWhatIsCutOffCannotBeGuessed(t *testing.T) {
	recorder := open(t)
	h := middleware.AppHandler(live.NewHandler(middleware.Status(500), live.Config{Recorder: recorder}).ServeHTTP)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a?token=secret", nil))
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	require.Contains(t, body(t, ask(pages, "GET", "/debug/errors?path=/a")), `"/a?`)
	require.NotContains(t, body(t, ask(pages, "GET", "/debug/errors?path=/a%3ftoken=s")), `"/a?`)
}

// TestLongOnesInFlight lists requests whose URIs are as long as a server takes them.
func TestLongOnesInFlight(t *testing.T) {
	recorder := open(t)
	pages := live.Pages(live.PagesConfig{Recorder: recorder, Sensitive: true})
	h := live.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		for _, form := range []string{"json", "html"} {
			text := body(t, ask(pages, "GET", "/debug/requests?format="+form))
			require.Contains(t, text, "/xxx")
			require.Less(t, len(text), 10_000)
		}
		return 204, nil
	}), live.Config{Recorder: recorder})
	_, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/"+strings.Repeat("x", 1<<20), nil))
	require.NoError(t, err)
}

// TestTerminalsAreToldNothing reads, as on a terminal, what a client has sent that
// net/http takes for a path.
func TestTerminalsAreToldNothing(t *testing.T) {
	recorder := open(t)
	h := middleware.AppHandler(live.NewHandler(middleware.Status(500), live.Config{Recorder: recorder}).ServeHTTP)
	r := httptest.NewRequest("GET", "/", nil)
	r.RequestURI = "/ä\u009b31m\u202e\U000e0001\xff\x7f\x1b"
	h.ServeHTTP(httptest.NewRecorder(), r)
	pages := live.Pages(live.PagesConfig{Recorder: recorder, Sensitive: true})
	text := body(t, ask(pages, "GET", "/debug/errors"))
	require.Contains(t, text, `"/ä\u009b31m\u202e\udb40\udc01\ufffd\u007f\u001b"`)
	require.True(t, json.Valid([]byte(text)))
}
