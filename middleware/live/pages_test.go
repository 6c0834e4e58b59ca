package live_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/live"
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

// TestPages checks what each page is like for who is let in.
func TestPages(t *testing.T) {
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
		{"GET", "/debug/tap?status=500;path=/x", 400, `invalid semicolon separator in query`},
		{"PUT", "/debug/log?level=debug&site=a;b", 400, `invalid semicolon separator in query`},
		{"PUT", "/debug/log?level=debug&site=%zz", 400, `invalid URL escape "%zz"`},
		{"PUT", "/debug/log?level=error%2B1", 400, `level: "error+1" is none of debug, info, warn, error and default`},
		{"PUT", "/debug/log?level=debug&site=t", 404, `there is no log of a site "t" to change`},
	} {
		resp := ask(pages, tt.method, tt.target)
		require.Equal(t, tt.status, resp.StatusCode, tt.target)
		require.Equal(t, tt.want+"\n", body(t, resp))
	}
}
