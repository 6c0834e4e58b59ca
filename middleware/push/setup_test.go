package push_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/middleware/push"
)

func TestDirective(t *testing.T) {
	const style, script = "</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"
	for _, tt := range []struct {
		name, src string
		links     []string
		pushed    []string
		warnings  int
	}{
		{"a path and resources", "push / /a.css /b.js", []string{style, script}, nil, 0},
		{"another path", "push /other /a.css", nil, nil, 0},
		{"resources in a block", "push / {\n\t/a.css\n\t/b.js\n}", []string{style, script}, nil, 0},
		{"resources in a block, without a path", "push {\n\t/a.css /b.js\n}", []string{style, script}, nil, 0},
		{"resources in both", "push / /a.css {\n\t/b.js\n}", []string{style, script}, nil, 0},
		{"two lines", "push / /a.css\npush / /b.js", []string{style, script}, nil, 0},
		{"server push", "push / /a.css {\n\thttp2\n\tmethod HEAD\n\theader X-A 1\n\theader X-A 2\n}", []string{style}, []string{"HEAD /a.css map[X-A:[1 2]]"}, 0},
		{"server push of what is named behind", "push {\n\thttp2\n}", nil, nil, 0},
		{"options of server push, without it", "push / /a.css {\n\tmethod GET\n\theader X-A 1\n}", []string{style}, nil, 2},
		{"nothing, as in Caddy 1.0.5", "push", nil, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			site := directive.NewSite()
			site.Log = slog.New(slog.NewTextHandler(&log, nil))
			mw, err := caddyfiletest.SetupIn(t, site, push.Directive, tt.src)
			require.NoError(t, err)
			w := &pusher{ResponseRecorder: httptest.NewRecorder()}
			mw(nothing).ServeHTTP(w, httptest.NewRequest("GET", "/page", nil))
			require.Equal(t, tt.links, w.Header()["Link"])
			require.Equal(t, tt.pushed, w.requests())
			require.Equal(t, tt.warnings, strings.Count(log.String(), "of no effect without http2"))
		})
	}
}

// requests describes what was pushed.
func (p *pusher) requests() (requests []string) {
	for i, target := range p.pushed {
		requests = append(requests, p.opts[i].Method+" "+target+" "+format(p.opts[i].Header))
	}
	return requests
}

func format(h http.Header) string {
	var b strings.Builder
	for name, values := range h {
		b.WriteString(name + ":[" + strings.Join(values, " ") + "]")
	}
	return "map[" + b.String() + "]"
}

func TestDirectiveErrors(t *testing.T) {
	const ours = "is not a path of this site, escaped as in a page"
	for _, tt := range []struct{ name, src, want string }{
		{"no path", "push a.css", `Caddyfile:1:6: push: "a.css" is not a path: a path begins with /`},
		{"a resource of another host", "push / https://example.com/a.css", `Caddyfile:1:8: push: "https://example.com/a.css" ` + ours},
		{"a resource of another host, without a scheme", "push / //example.com/a.css", `Caddyfile:1:8: push: "//example.com/a.css" ` + ours},
		{"a resource that would end its link", `push / "/a>;rel=x"`, `Caddyfile:1:8: push: "/a>;rel=x" ` + ours},
		{"a resource that is not escaped", `push / "/a b"`, `Caddyfile:1:8: push: "/a b" ` + ours},
		{"a resource badly escaped", `push / /a%`, `Caddyfile:1:8: push: "/a%" ` + ours},
		{"a method that changes something", "push / /a {\n\tmethod POST\n}", `Caddyfile:2:9: push: method: unknown method "POST" (it is one of GET, HEAD)`},
		{"half a field", "push / /a {\n\theader X-A\n}", "Caddyfile:2:2: push: header: its value is missing"},
		{"a pseudo field", "push / /a {\n\theader :path /b\n}", `Caddyfile:2:9: push: header: ":path" cannot be the field of a request`},
		{"an unknown property", "push / /a {\n\thttp3\n}", `Caddyfile:2:2: push: unknown property "http3" (did you mean "http2"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, push.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
