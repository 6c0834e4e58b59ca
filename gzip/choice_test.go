package gzip_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestChoice checks which coding is chosen of those that a client likes equally.
func TestChoice(t *testing.T) {
	const small, large = 2000, 200_000
	only := func(codings ...gzip.Coding) gzip.Config { return gzip.Config{Codings: codings} }
	for _, tt := range []struct {
		name   string
		cfg    gzip.Config
		accept string
		size   int
		want   string
	}{
		{"a browser", gzip.Config{}, browser, large, "zstd"},
		{"a browser, for little", gzip.Config{}, browser, small, "zstd"},
		{"a browser without zstd", gzip.Config{}, "gzip, deflate, br", large, "br"},
		{"a browser without zstd, for little", gzip.Config{}, "gzip, deflate, br", small, "gzip"},
		{"an old browser", gzip.Config{}, "gzip, deflate", large, "gzip"},
		{"its weights come first", gzip.Config{}, "gzip;q=0.8, br;q=0.9, zstd;q=0.7", small, "br"},
		{"our order", only(gzip.Gzip(0), gzip.Brotli(0), gzip.Zstd(0)), browser, large, "gzip"},
		{"our order, for little", only(gzip.Brotli(0), gzip.Gzip(0)), browser, small, "br"},
		{"what we have", only(gzip.BrotliReference(5)), browser, large, "br"},
		{"what we lack", only(gzip.Zstd(0)), "gzip, br", large, ""},
		{"at another level", gzip.Config{Level: 9}, "gzip, br", small, "gzip"},
		{"a coding of one's own", only(upper{}), "upper", large, "upper"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := textOf(tt.size)
			for _, length := range []bool{false, true} {
				w := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if length {
						w.Header().Set("Content-Length", strconv.Itoa(len(body)))
					}
					plain(body)(w, r)
				}, tt.cfg, ask("GET", tt.accept))
				require.Equal(t, tt.want, w.Header().Get("Content-Encoding"))
				if tt.want == "upper" {
					require.Equal(t, "UPPER", w.Body.String())
					return
				}
				got, err := read(tt.want, w.Body)
				require.NoError(t, err)
				require.Equal(t, body, got)
			}
		})
	}
}

// Upper is a coding that can do as little as there may be.
type upper struct{}

func (upper) Name() string             { return "upper" }
func (upper) NewEncoder() gzip.Encoder { return new(upperEncoder) }

type upperEncoder struct{ w io.Writer }

func (e *upperEncoder) Reset(w io.Writer)           { e.w = w }
func (e *upperEncoder) Write(p []byte) (int, error) { return len(p), nil }
func (e *upperEncoder) Flush() error                { return nil }
func (e *upperEncoder) Close() error {
	_, err := io.WriteString(e.w, "UPPER")
	return err
}

func TestTypes(t *testing.T) {
	for _, tt := range []struct {
		patterns  []string
		mediaType string
		want      bool
	}{
		{nil, "text/html", true},
		{nil, "application/vnd.api+json", true},
		{nil, "image/svg+xml", true},
		{nil, "application/wasm", true},
		{nil, "font/ttf", true},
		{nil, "font/woff2", false},
		{nil, "image/png", false},
		{nil, "application/octet-stream", false},
		{nil, "application/zip", false},
		{nil, "text", false},
		{nil, "", false},
		{nil, "application/grpc", false},
		{nil, "application/grpc+json", false},
		{[]string{"text/html"}, "text/html", true},
		{[]string{"text/html"}, "text/plain", false},
		{[]string{"Text/HTML"}, "text/html", true},
		{[]string{"text/*", "+json"}, "text/plain", true},
		{[]string{"text/*", "+json"}, "application/a+json", true},
		{[]string{"text/*", "+json"}, "application/json", false},
		{[]string{"*"}, "image/png", true},
		{[]string{"*/*"}, "image/png", true},
		{[]string{"*", "!image/*"}, "image/png", false},
		{[]string{"*", "!image/*"}, "video/mp4", true},
		{[]string{"!image/*"}, "video/mp4", true},
		{[]string{"!image/*"}, "image/gif", false},
		{[]string{"*"}, "application/grpc-web+proto", false},
	} {
		t.Run(tt.mediaType, func(t *testing.T) {
			cfg := gzip.Config{}
			if tt.patterns != nil {
				cfg.Types = gzip.Types(tt.patterns...)
			}
			w := serve(t, writes(tt.mediaType, text), cfg, ask("GET", "gzip"))
			require.Equal(t, tt.want, w.Header().Get("Content-Encoding") == "gzip", tt.patterns)
			require.Equal(t, tt.want, w.Header().Get("Vary") != "")
		})
	}
}

// TestDoubt checks that a type which is encoded by request only is looked at
// first, where it would be too late later.
func TestDoubt(t *testing.T) {
	cfg := gzip.Config{Types: gzip.Types("*")}
	for body, want := range map[string]string{noise(200_000): "", textOf(200_000): "gzip"} {
		w := serve(t, writes("application/octet-stream", body), cfg, ask("GET", "gzip"))
		require.Equal(t, want, w.Header().Get("Content-Encoding"))
		got, err := read(want, w.Body)
		require.NoError(t, err)
		require.True(t, body == got)
	}
}

// TestMinSize checks what is too small.
func TestMinSize(t *testing.T) {
	for _, tt := range []struct{ min, size, most int }{
		{0, 1023, 1023}, {0, 1024, 1023}, {100, 99, 99}, {100, 100, 99}, {-1, 500, 499}, {5000, 4999, 4999}, {70_000, 69_999, 69_999}, {70_000, 70_000, 69_999},
	} {
		for _, length := range []bool{false, true} {
			w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				if length {
					w.Header().Set("Content-Length", strconv.Itoa(tt.size))
				}
				for range tt.size {
					io.WriteString(w, "a")
				}
			}, gzip.Config{MinSize: tt.min}, ask("GET", "gzip"))
			require.Equal(t, tt.size > tt.most, w.Header().Get("Content-Encoding") == "gzip", tt)
			require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		}
	}
}

// TestLeftAlone checks that a request which permits no transformation, or is a
// tunnel, is left alone.
func TestLeftAlone(t *testing.T) {
	r := ask("GET", browser)
	r.Header.Set("Cache-Control", "no-cache, No-Transform")
	w := serve(t, plain(text), gzip.Config{}, r)
	require.Empty(t, w.Header().Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))

	w = serve(t, plain(text), gzip.Config{}, ask("CONNECT", browser))
	require.Empty(t, w.Header().Get("Content-Encoding"))

	tunnel := middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) (int, error) {
		_, ok := w.(*httptest.ResponseRecorder)
		require.True(t, ok, "there is another writer")
		return 0, nil
	})
	gzip.NewHandler(tunnel, gzip.Config{}).ServeHTTP(httptest.NewRecorder(), ask("CONNECT", browser))
}
