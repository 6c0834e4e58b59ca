package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// ask asks pages on this machine.
func ask(pages http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	r.RequestURI, r.RemoteAddr, r.Host = target, "127.0.0.1:5000", "localhost:8080"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(b)
}

// TestUnauthorised checks that nobody sees a page, or changes something, who is not
// to: what package middleware calls private is tested there, in more cases.
func TestUnauthorised(t *testing.T) {
	recorder := open(t)
	var level middleware.LogLevel
	live.New(live.Config{Recorder: recorder, Site: "s", Level: &level})
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	standard := quiet.Handler(middleware.FromHTTP(live.Pages(live.PagesConfig{Recorder: recorder})))
	public := quiet.Handler(middleware.FromHTTP(live.Pages(live.PagesConfig{Recorder: recorder, Allow: everybody})))
	for _, tt := range []struct {
		name       string
		pages      http.Handler
		method     string
		peer, host string
		header     []string
	}{
		{"another machine", standard, "GET", "192.0.2.1:5000", "localhost", nil},
		{"another machine in the same network", standard, "GET", "10.0.0.1:5000", "10.0.0.2", nil},
		{"DNS rebinding", standard, "GET", "127.0.0.1:5000", "evil.example:8080", nil},
		{"no host", standard, "GET", "127.0.0.1:5000", "", nil},
		{"nobody knows from where", standard, "GET", "", "localhost", nil},
		{"X-Forwarded-For", standard, "GET", "127.0.0.1:5000", "localhost", []string{"X-Forwarded-For", "127.0.0.1"}},
		{"X-Forwarded-Host", standard, "GET", "127.0.0.1:5000", "localhost", []string{"X-Forwarded-Host", "localhost"}},
		{"X-Forwarded-Proto", standard, "GET", "127.0.0.1:5000", "localhost", []string{"X-Forwarded-Proto", "https"}},
		{"Forwarded", standard, "GET", "127.0.0.1:5000", "localhost", []string{"Forwarded", "for=127.0.0.1"}},
		{"Via", standard, "GET", "127.0.0.1:5000", "localhost", []string{"Via", "1.1 proxy"}},
		{"X-Real-IP", standard, "GET", "127.0.0.1:5000", "localhost", []string{"X-Real-Ip", "127.0.0.1"}},
		{"a page of another site", standard, "GET", "127.0.0.1:5000", "localhost", []string{"Sec-Fetch-Site", "cross-site"}},
		{"a change by another machine", standard, "PUT", "192.0.2.1:5000", "localhost", nil},
		{"a change by the page of another site", public, "PUT", "127.0.0.1:5000", "localhost", []string{"Sec-Fetch-Site", "cross-site"}},
		{"a change by a page of the same site", public, "PUT", "127.0.0.1:5000", "localhost", []string{"Sec-Fetch-Site", "same-site"}},
		{"a change by another origin", public, "PUT", "127.0.0.1:5000", "localhost", []string{"Origin", "http://evil.example"}},
		{"a change by another port", public, "PUT", "127.0.0.1:5000", "localhost", []string{"Origin", "http://localhost:1234"}},
		{"a change by a file", public, "PUT", "127.0.0.1:5000", "localhost", []string{"Origin", "null"}},
		{"a change by GET", public, "GET", "127.0.0.1:5000", "localhost", nil},
		{"a change by POST", public, "POST", "127.0.0.1:5000", "localhost", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			paths := []string{"", "requests", "slow", "errors", "latency", "upstreams", "log", "trace", "trace.out", "tap", "probes", "style.css"}
			if strings.HasPrefix(tt.name, "a change") {
				paths = []string{"log"}
			}
			for _, path := range paths {
				r := httptest.NewRequest(tt.method, "/debug/"+path+"?level=debug", nil)
				r.RemoteAddr, r.Host = tt.peer, tt.host
				for i := 0; i < len(tt.header); i += 2 {
					r.Header.Set(tt.header[i], tt.header[i+1])
				}
				w := httptest.NewRecorder()
				tt.pages.ServeHTTP(w, r)
				if strings.HasPrefix(tt.name, "a change by GET") || strings.HasPrefix(tt.name, "a change by POST") {
					require.Contains(t, []int{400, 405}, w.Code)
				} else {
					require.Equal(t, 403, w.Code, path)
					require.Equal(t, "403 Forbidden\n", w.Body.String())
				}
				_, set := level.Get()
				require.False(t, set)
			}
		})
	}
}

// TestAuthorised checks that the table before says something.
func TestAuthorised(t *testing.T) {
	recorder := open(t)
	var level middleware.LogLevel
	live.New(live.Config{Recorder: recorder, Site: "s", Level: &level})
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	for _, path := range []string{"", "requests", "slow", "errors", "latency", "upstreams", "log", "trace", "probes", "style.css"} {
		for _, accept := range []string{"text/html,*/*;q=0.8", "*/*"} {
			resp := ask(pages, "GET", "/debug/"+path, "Accept", accept)
			require.Equal(t, 200, resp.StatusCode, path)
			require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
			require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
			switch text := body(t, resp); {
			case path == "style.css":
			case accept == "*/*":
				require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
				require.True(t, json.Valid([]byte(text)), text)
			default:
				require.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
				require.True(t, strings.HasPrefix(text, "<!DOCTYPE html>"))
			}
		}
	}
	for _, header := range [][]string{nil, {"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"}, {"Sec-Fetch-Site", "none"}} {
		resp := ask(pages, "PUT", "/debug/log?level=debug&site=s&for=60s", header...)
		require.Equal(t, 200, resp.StatusCode)
		at, set := level.Get()
		require.True(t, set)
		require.Equal(t, slog.LevelDebug, at)
		require.Equal(t, 200, ask(pages, "PUT", "/debug/log?level=default").StatusCode)
		_, set = level.Get()
		require.False(t, set)
	}
	resp := ask(pages, "GET", "/debug")
	require.Equal(t, 301, resp.StatusCode)
	require.Equal(t, "/debug/", resp.Header.Get("Location"))
	require.Equal(t, 404, ask(pages, "GET", "/debug/none").StatusCode)
	require.Equal(t, 404, ask(pages, "GET", "/debugging").StatusCode)
	require.Equal(t, 405, ask(pages, "POST", "/debug/requests").StatusCode)
	require.Equal(t, 406, ask(pages, "GET", "/debug/requests", "Accept", "image/png").StatusCode)
	require.Equal(t, 404, ask(pages, "GET", "/debug/trace.out").StatusCode)
}

func TestMistakesInQuestions(t *testing.T) {
	recorder := open(t)
	var level middleware.LogLevel
	live.New(live.Config{Recorder: recorder, Site: "s", Level: &level})
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	for _, tt := range []struct {
		method, target string
		status         int
		want           string
	}{
		{"GET", "/debug/requests?limit=0", 400, `limit: "0" is not a number from 1 on`},
		{"GET", "/debug/slow?status=9", 400, `status: "9" is not a status such as 404, 5xx or 400-499`},
		{"GET", "/debug/tap?paht=/x", 400, `"paht" is not known here`},
		{"PUT", "/debug/log?site=s", 400, `level: missing`},
		{"PUT", "/debug/log?level=loud", 400, `level: "loud" is none of debug, info, warn, error and default`},
		{"PUT", "/debug/log?level=debug&for=25h", 400, `for: "25h" is not a time such as 60s, of at most 24h`},
		{"PUT", "/debug/log?level=debug&for=0s", 400, `for: "0s" is not a time such as 60s, of at most 24h`},
		{"PUT", "/debug/log?level=debug&level=info", 400, `level: given twice`},
		{"PUT", "/debug/log?level=debug&all", 400, `"all" is not known here`},
		{"PUT", "/debug/log?level=debug&site=t", 404, `there is no log of a site "t" to change`},
	} {
		resp := ask(pages, tt.method, tt.target)
		require.Equal(t, tt.status, resp.StatusCode, tt.target)
		require.Equal(t, tt.want+"\n", body(t, resp))
	}
}

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

// TestPrometheus checks the text, which is of version 0.0.4 of the format.
func TestPrometheus(t *testing.T) {
	recorder := open(t)
	h := middleware.AppHandler(live.NewHandler(middleware.Status(204), live.Config{Recorder: recorder, Site: "a\"b\\c\nd"}).ServeHTTP)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	for _, header := range []string{"", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"} {
		target := "/debug/latency"
		if header == "" {
			target += "?format=prometheus"
		}
		resp := ask(pages, "GET", target, "Accept", header)
		require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", resp.Header.Get("Content-Type"))
		text := body(t, resp)
		const labels = `site="a\"b\\c\nd",class="2xx"`
		require.Contains(t, text, "# TYPE shallot_request_duration_seconds histogram\n")
		require.Contains(t, text, "shallot_request_duration_seconds_bucket{"+labels+",le=\"+Inf\"} 1\n")
		require.Contains(t, text, "shallot_request_duration_seconds_bucket{"+labels+",le=\"137.438953472\"} 1\n")
		require.Contains(t, text, "shallot_request_duration_seconds_count{"+labels+"} 1\n")
		require.Contains(t, text, `shallot_requests_in_flight{site="a\"b\\c\nd"} 0`+"\n")
	}
}

// TestTapPage reads what a client of the tap gets, over a connection.
func TestTapPage(t *testing.T) {
	recorder := open(t)
	server := httptest.NewServer(live.Pages(live.PagesConfig{Recorder: recorder}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/debug/tap?path=/x")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "application/x-ndjson", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	serve(recorder, "/y")
	serve(recorder, "/x?secret")
	require.True(t, lines.Scan())
	var got live.Request
	require.NoError(t, json.Unmarshal(lines.Bytes(), &got))
	require.Equal(t, "/x?…", got.URI)
	require.Equal(t, 204, got.Status)

	recorder.EndTaps()
	require.False(t, lines.Scan())
	require.NoError(t, lines.Err())
	resp, err = http.Get(server.URL + "/debug/tap")
	require.NoError(t, err)
	require.Equal(t, 503, resp.StatusCode)
	resp.Body.Close()
}

// TestTapTellsOfWhatIsLost has a client that does not read, and then does.
func TestTapTellsOfWhatIsLost(t *testing.T) {
	recorder := open(t)
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	writes := make(chan struct{})
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		r := httptest.NewRequest("GET", "/debug/tap", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
		pages.ServeHTTP(&onto{httptest.NewRecorder(), server, writes}, r)
		server.Close()
	}()
	<-writes // it flushes the header: the reader is there
	const n = 2000
	for range n {
		serve(recorder, "/")
	}
	var lost, got int
	lines := bufio.NewScanner(client)
	for lost+got < n && lines.Scan() {
		var line struct {
			Lost int
			ID   int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		lost += line.Lost
		if line.ID > 0 {
			got++
		}
	}
	require.Equal(t, n, lost+got)
	require.NotZero(t, lost)
	require.NotZero(t, got)
}

// Onto is a writer that blocks, as one does whose client does not read.
type onto struct {
	*httptest.ResponseRecorder
	conn    net.Conn
	flushed chan struct{}
}

func (w *onto) Write(p []byte) (int, error) { return w.conn.Write(p) }
func (w *onto) Flush() {
	select {
	case w.flushed <- struct{}{}:
	default:
	}
}

// TestUpstreamsPage checks that what is known of upstreams is there, also of those that
// have left.
func TestUpstreamsPage(t *testing.T) {
	targets, err := upstream.Parse("10.0.0.1:80")
	require.NoError(t, err)
	group := upstream.New(upstream.Config{Name: "proxy /", Targets: targets})
	defer group.Close()
	pick, err := group.Pick(context.Background(), httptest.NewRequest("GET", "/", nil), nil)
	require.NoError(t, err)
	defer pick.Done(upstream.Result{})
	pages := live.Pages(live.PagesConfig{Recorder: open(t), Upstreams: func() []*upstream.Group { return []*upstream.Group{group} }})
	var got struct {
		Groups []struct {
			Name string
			upstream.Status
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body(t, ask(pages, "GET", "/debug/upstreams"))), &got))
	require.Len(t, got.Groups, 1)
	require.Equal(t, "proxy /", got.Groups[0].Name)
	require.Equal(t, 1, got.Groups[0].Upstreams[0].Active)
	require.Contains(t, body(t, ask(pages, "GET", "/debug/upstreams?format=html")), "10.0.0.1:80")
}
