package mime_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/mime"
)

func TestDirective(t *testing.T) {
	mw, err := caddyfiletest.Setup(t, mime.Directive, "mime .foo text/foo\nmime {\n .bar \"text/bar; charset=utf-8\"\n .TAR.gz a/b\n}")
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/a.foo": "text/foo", "/a.bar": "text/bar; charset=utf-8", "/a.tar.gz": "a/b", "/a.gz": "", "/a": "", "/a.foo/b": "", "/afoo": "",
	} {
		w := httptest.NewRecorder()
		mw(middleware.Status(0)).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		require.Equal(t, want, w.Header().Get("Content-Type"), path)
	}
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "mime", "Caddyfile:1:1: mime: an extension is missing"},
		{"no type", "mime .foo", "Caddyfile:1:1: mime: a media type is missing"},
		{"no dot", "mime foo text/foo", `Caddyfile:1:6: mime: "foo" is not an extension, which begins with a dot`},
		{"nothing but a dot", "mime . text/foo", `Caddyfile:1:6: mime: "." is not an extension, which begins with a dot`},
		{"no media type", "mime .foo text", `Caddyfile:1:11: mime: "text" is not a media type such as text/html`},
		{"a type that no header can have", `mime .foo "text/a b"`, `Caddyfile:1:11: mime: "text/a b" is not a media type such as text/html`},
		{"an extension twice", "mime .foo text/foo\nmime .Foo text/foo", `Caddyfile:2:6: mime: ".Foo" has a type already, given at Caddyfile:1:6`},
		{"too much", "mime .foo text/foo x", `Caddyfile:1:20: mime: unexpected "x"`},
		{"too much in a block", "mime {\n .foo text/foo x\n}", `Caddyfile:2:16: mime: .foo: unexpected "x"`},
		{"an empty block", "mime {\n}", `Caddyfile:1:1: mime: the block is empty`},
		{"both", "mime .foo text/foo {\n .bar text/bar\n}", `Caddyfile:1:6: mime: unexpected ".foo"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, mime.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
