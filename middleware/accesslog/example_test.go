package accesslog_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

// In front of any http.Handler, or of a router full of them.
func Example() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	h := middleware.Wrap(hello, accesslog.New(accesslog.Config{
		Format: accesslog.Compile(`{remote} {user} "{method} {uri} {proto}" {status} {size} {request_id}`),
		Output: os.Stdout, // this is the default
	}))

	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/world?x=1", nil))
	// Output: 192.0.2.1 - "GET /world?x=1 HTTP/1.1" 200 5 -
}

// In front of one Handler that returns its failures. What fails and what looks
// for weaknesses is worth a line, the rest is not.
func ExampleNewHandler() {
	teapot := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		if r.URL.Path == "/tea" {
			return http.StatusNoContent, nil
		}
		return http.StatusTeapot, nil
	})
	h := accesslog.NewHandler(teapot, accesslog.Config{
		Format: accesslog.Compile(`{status} "{uri}"`),
		Skip:   func(_ *http.Request, status int) bool { return status < 400 },
	})
	mux := http.NewServeMux()
	mux.Handle("/", middleware.AppHandler(h.ServeHTTP))

	for _, target := range []string{"/tea", "/coffee", "/%22%0aFAKE"} {
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
	// Output:
	// 418 "/coffee"
	// 418 "/%22%0aFAKE"
}

// As records of log/slog.
func ExampleConfig_logger() {
	h := middleware.Wrap(http.NotFoundHandler(), accesslog.New(accesslog.Config{
		Logger: slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey || a.Key == "duration" {
					return slog.Attr{}
				}
				return a
			},
		})),
	}))
	r := httptest.NewRequest("GET", "/nothing", nil)
	r.Header.Set("User-Agent", `say "hi"`)
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: {"level":"INFO","msg":"request","method":"GET","host":"example.com","uri":"/nothing","proto":"HTTP/1.1","status":404,"size":19,"remote":"192.0.2.1","user_agent":"say \"hi\""}
}
