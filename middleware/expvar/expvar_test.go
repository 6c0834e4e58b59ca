package expvar_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/expvar"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

var local = middleware.Access{Private: &middleware.Private{}}

// TestWire checks what a client of this machine gets.
func TestWire(t *testing.T) {
	srv := httptest.NewServer(middleware.Wrap(http.NotFoundHandler(), expvar.New(expvar.Config{
		Access: local,
		Vars:   map[string]func() any{"jobs": func() any { return []int{1, 2} }, "version": func() any { return "1.2.3" }},
	})))
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/debug/vars")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var got map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(body, &got))
	require.ElementsMatch(t, []string{"goroutines", "gomaxprocs", "jobs", "memstats", "version"}, keys(got), "and no cmdline")
	require.JSONEq(t, "[1, 2]", string(got["jobs"]))
	require.JSONEq(t, `"1.2.3"`, string(got["version"]), "of the program's own")
	var stats runtime.MemStats
	require.NoError(t, json.Unmarshal(got["memstats"], &stats))
	require.NotZero(t, stats.Sys)
}

func keys(m map[string]json.RawMessage) (names []string) {
	for name := range maps.Keys(m) {
		names = append(names, name)
	}
	return names
}

// TestAccess checks who gets what.
func TestAccess(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, peer string
		cfg                      expvar.Config
		want                     int
	}{
		{"this machine", "GET", "/debug/vars", "127.0.0.1:1", expvar.Config{Access: local}, 0},
		{"by another spelling", "GET", "//debug/./vars", "127.0.0.1:1", expvar.Config{Access: local}, 0},
		{"another machine, by another spelling", "GET", "//debug/./vars", "192.0.2.1:1", expvar.Config{Access: local}, 404},
		{"another machine, by another method", "OPTIONS", "/debug/vars", "192.0.2.1:1", expvar.Config{Access: local}, 404},
		{"the zero Config", "GET", "/debug/vars", "127.0.0.1:1", expvar.Config{}, 404},
		{"POST", "POST", "/debug/vars", "127.0.0.1:1", expvar.Config{Access: local}, 405},
		{"another path", "GET", "/debug/variables", "127.0.0.1:1", expvar.Config{Access: local}, 210},
		{"a path of one's own", "GET", "/x", "127.0.0.1:1", expvar.Config{Access: local, Path: "/x"}, 0},
		{"a figure that cannot be said", "GET", "/debug/vars", "127.0.0.1:1", expvar.Config{Access: local, Vars: map[string]func() any{"f": func() any { return func() {} }}}, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest(tt.method, "http://localhost/", nil)
			r.URL.Path, r.RemoteAddr = tt.path, tt.peer
			status, err := expvar.NewHandler(middleware.Status(210), tt.cfg).ServeHTTP(w, r)
			require.Equal(t, tt.want, status)
			require.Equal(t, tt.want == 500 || tt.want == 404, err != nil)
			require.Equal(t, tt.want == 0, w.Begun())
		})
	}
}

// TestGuarded checks that nobody else gets anything.
func TestGuarded(t *testing.T) {
	middlewaretest.Guarded(t, func(a middleware.Access) middleware.Handler {
		return expvar.NewHandler(middleware.Status(210), expvar.Config{Access: a})
	}, "/debug/vars", "//debug/./vars")
}

func TestTransparent(t *testing.T) { middlewaretest.Transparent(t, expvar.New(expvar.Config{})) }
