package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/proxy"
)

// TestHeaderOps applies operations to a response that has X-A: 1 and 2, X-B: ab.
func TestHeaderOps(t *testing.T) {
	value := func(s string) *placeholder.Template { return placeholder.Compile(s, placeholder.Header) }
	for _, tt := range []struct {
		name string
		ops  []proxy.HeaderOp
		want http.Header // of X-A, X-B, X-C
	}{
		{"set", []proxy.HeaderOp{{Name: "x-a", Value: value("3")}}, http.Header{"X-A": {"3"}, "X-B": {"ab"}}},
		{"set to what the request says", []proxy.HeaderOp{{Name: "X-C", Value: value("{method} {status}")}}, http.Header{"X-A": {"1", "2"}, "X-B": {"ab"}, "X-C": {"GET 201"}}},
		{"set to nothing", []proxy.HeaderOp{{Name: "X-A", Value: value("{>Absent}")}}, http.Header{"X-B": {"ab"}}},
		{"add", []proxy.HeaderOp{{Do: proxy.AddField, Name: "X-A", Value: value("3")}}, http.Header{"X-A": {"1", "2", "3"}, "X-B": {"ab"}}},
		{"add nothing", []proxy.HeaderOp{{Do: proxy.AddField, Name: "X-A", Value: value("{>Absent}")}}, http.Header{"X-A": {"1", "2"}, "X-B": {"ab"}}},
		{"delete", []proxy.HeaderOp{{Do: proxy.DeleteField, Name: "X-A"}}, http.Header{"X-B": {"ab"}}},
		{"delete all that begin so", []proxy.HeaderOp{{Do: proxy.DeleteField, Name: "x-*"}}, http.Header{}},
		{"replace, with groups", []proxy.HeaderOp{{Do: proxy.ReplaceInField, Name: "X-B", Match: regexp.MustCompile("(a)(b)"), Value: value("$2$1")}},
			http.Header{"X-A": {"1", "2"}, "X-B": {"ba"}}},
		{"replace by a client's word, to the letter", []proxy.HeaderOp{{Do: proxy.ReplaceInField, Name: "X-B", Match: regexp.MustCompile("(a)"), Value: value("{>X-Evil}")}},
			http.Header{"X-A": {"1", "2"}, "X-B": {"$1b"}}},
		{"in order", []proxy.HeaderOp{{Do: proxy.DeleteField, Name: "X-*"}, {Name: "X-C", Value: value("1")}}, http.Header{"X-C": {"1"}}},
		{"what the message is framed by stays", []proxy.HeaderOp{{Do: proxy.DeleteField, Name: "Content-Length"}, {Name: "Connection", Value: value("close")}},
			http.Header{"X-A": {"1", "2"}, "X-B": {"ab"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := startRaw(t, func(p *peer) {
				p.request()
				p.send("HTTP/1.1 201 Created\r\nX-A: 1\r\nX-A: 2\r\nX-B: ab\r\nContent-Length: 0\r\n\r\n")
			})
			h := proxy.NewHandler(nil, proxy.Config{
				Upstreams: group(t, b.url()), Transport: newTransport(t, proxy.TransportConfig{}), Down: tt.ops,
			})
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			r.Header.Set("X-Evil", "$1")
			_, err := h.ServeHTTP(w, r)
			require.NoError(t, err)
			require.Equal(t, []string{"0"}, w.Header()["Content-Length"])
			delete(w.Header(), "Content-Length")
			delete(w.Header(), "Content-Type")
			require.Equal(t, tt.want, w.Header())
		})
	}
}
