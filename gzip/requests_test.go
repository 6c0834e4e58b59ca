package gzip_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	kpgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// encode encodes text by the codings named, one after the other.
func encode(t testing.TB, text, codings string) string {
	t.Helper()
	for coding := range strings.SplitSeq(codings, ",") {
		var out bytes.Buffer
		var w io.WriteCloser
		switch strings.TrimPrefix(strings.ToLower(strings.TrimSpace(coding)), "x-") {
		case "gzip":
			w = kpgzip.NewWriter(&out)
		case "br":
			w = brotli.NewWriterLevel(&out, 2)
		case "br of 24 bits":
			w = brotli.NewWriterV2(&out, 2)
		case "zstd":
			w, _ = zstd.NewWriter(&out)
		case "zstd of 1 MiB":
			w, _ = zstd.NewWriter(&out, zstd.WithWindowSize(1<<20))
		default:
			continue
		}
		io.WriteString(w, text)
		require.NoError(t, w.Close())
		text = out.String()
	}
	return text
}

// post returns a request with a body in these codings.
func post(body, codings string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	codings = strings.ReplaceAll(codings, " of 24 bits", "")
	if codings != "" {
		r.Header.Set("Content-Encoding", codings)
	}
	r.Header.Set("Content-Length", "12345")
	return r
}

// decoded has a handler behind the layer read the body of r, and returns what it
// read and why it stopped, if that was not the end.
func decoded(cfg gzip.RequestsConfig, r *http.Request) (seen *http.Request, text string, status int, err error) {
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		seen = r
		b, err := io.ReadAll(r.Body)
		text = string(b)
		if err != nil {
			return 0, err
		}
		return http.StatusNoContent, nil
	}), cfg)
	rec := middleware.Record(httptest.NewRecorder())
	status, err = h.ServeHTTP(rec, r)
	status, _ = middleware.Settle(rec, r, status, err)
	return seen, text, status, err
}

func TestRequests(t *testing.T) {
	long := textOf(300_000)
	for _, tt := range []struct{ name, codings, body string }{
		{"gzip", "gzip", long},
		{"its old name", "X-Gzip", long},
		{"brotli", "br", long},
		{"zstd", "zstd", long},
		{"one after the other", "gzip, br", long},
		{"three", "zstd,br , gzip", long[:100_000]},
		{"brotli with the largest window", "br of 24 bits", long},
		{"no coding among them", "identity, gzip, identity", long},
		{"empty elements", ",gzip,", long},
		{"a byte", "gzip", "x"},
		{"nothing, encoded", "br", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := post(encode(t, tt.body, tt.codings), tt.codings)
			header := r.Header.Clone()
			seen, text, status, err := decoded(gzip.RequestsConfig{}, r)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, status)
			require.Equal(t, tt.body, text)
			require.EqualValues(t, -1, seen.ContentLength)
			require.NotContains(t, seen.Header, "Content-Encoding")
			require.NotContains(t, seen.Header, "Content-Length")
			require.Equal(t, header, r.Header, "the request of the layers further out stays what it was")
		})
	}
}

// TestRequestsUntouched checks what is none of this layer's business.
func TestRequestsUntouched(t *testing.T) {
	empty := httptest.NewRequest("POST", "/", nil)
	empty.Header.Set("Content-Encoding", "gzip")
	for name, r := range map[string]*http.Request{
		"no coding":       post("text", ""),
		"identity":        post("text", "identity"),
		"no body":         empty,
		"a field of none": post("text", ","),
	} {
		seen, _, status, err := decoded(gzip.RequestsConfig{}, r)
		require.NoError(t, err, name)
		require.Equal(t, http.StatusNoContent, status)
		require.Same(t, r, seen)
	}
	middlewaretest.Transparent(t, gzip.NewRequests(gzip.RequestsConfig{}))
}

func TestRequestsOfUnknownCodings(t *testing.T) {
	for _, tt := range []struct{ codings, accept, want string }{
		{"deflate", "", `gzip: the request has the unknown coding "deflate"`},
		{"x-br", "", `gzip: the request has the unknown coding "x-br"`},
		{"deflate, gzip", "", `gzip: the request has the unknown coding "deflate"`},
		{"br, compress", "", `gzip: the request has the unknown coding "compress"`},
		{"gzip, gzip, gzip, gzip", "", `gzip: the request is encoded more than 3 times`},
		{"br", "gzip", `gzip: the request has the unknown coding "br"`},
	} {
		var cfg gzip.RequestsConfig
		accepted := "zstd, br, gzip"
		if tt.accept != "" {
			cfg.Codings, accepted = []string{tt.accept, "none of ours"}, tt.accept
		}
		h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
			t.Error("the handler is called")
			return 0, nil
		}), cfg)
		w := httptest.NewRecorder()
		status, err := h.ServeHTTP(w, post("text", tt.codings))
		require.EqualError(t, err, tt.want)
		require.Equal(t, http.StatusUnsupportedMediaType, status)
		require.Equal(t, accepted, w.Header().Get("Accept-Encoding"))
	}
}

func TestRequestsThatAreCorrupt(t *testing.T) {
	whole := func(coding string) string { return encode(t, textOf(100_000), coding) }
	for name, r := range map[string]*http.Request{
		"no gzip":               post("this is not gzip", "gzip"),
		"no brotli":             post("\x00\x01\x02 this is not brotli", "br"),
		"no zstd":               post("this is not zstd", "zstd"),
		"gzip, cut":             post(whole("gzip")[:1000], "gzip"),
		"gzip, cut in its head": post("\x1f\x8b", "gzip"),
		"brotli, cut":           post(whole("br")[:1000], "br"),
		"zstd, cut":             post(whole("zstd")[:1000], "zstd"),
		"gzip with more":        post(whole("gzip")+"more", "gzip"),
		"brotli with more":      post(whole("br")+"more", "br"),
		"zstd with more":        post(whole("zstd")+"more", "zstd"),
		"the inner one":         post(encode(t, "no gzip", "br"), "gzip, br"),
		"a wrong checksum":      post(whole("gzip")[:len(whole("gzip"))-8]+"12345678", "gzip"),
		"a dictionary":          post(zstdWithDictionary(t), "zstd"),
	} {
		_, _, status, err := decoded(gzip.RequestsConfig{}, r)
		require.ErrorContains(t, err, "gzip: cannot decode the request: ", name)
		require.Equal(t, http.StatusBadRequest, status, name)
	}
}

func zstdWithDictionary(t *testing.T) string {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(7, []byte(release1)))
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(release2), nil))
}

// TestRequestsOverAConnection checks the answers of a real server.
func TestRequestsOverAConnection(t *testing.T) {
	echo := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return 0, err
		}
		w.Write(text)
		return 0, nil
	})
	quiet := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(quiet.Handler(gzip.NewRequestsHandler(echo, gzip.RequestsConfig{MaxBytes: 100})))
	defer srv.Close()
	for _, tt := range []struct {
		body, coding string
		status       int
		answer       string
	}{
		{encode(t, "hello", "zstd"), "zstd", 200, "hello"},
		{"hello", "zstd", 400, "400 Bad Request\n"},
		{encode(t, strings.Repeat("hello", 21), "br"), "br", 413, "413 Request Entity Too Large\n"},
		{"hello", "deflate", 415, "415 Unsupported Media Type\n"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, strings.NewReader(tt.body))
		require.NoError(t, err)
		r.Header.Set("Content-Encoding", tt.coding)
		resp, err := srv.Client().Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, tt.status, resp.StatusCode)
		require.Equal(t, tt.answer, string(text))
		require.Equal(t, tt.status == 415, resp.Header.Get("Accept-Encoding") != "")
	}
}

// FuzzRequests checks that nothing a client sends is more than the limits say, or
// breaks anything for those who come after.
func FuzzRequests(f *testing.F) {
	for _, codings := range []string{"gzip", "br", "zstd", "gzip, zstd", "br, br", "x-gzip,identity", "deflate"} {
		f.Add(codings, []byte(encode(f, textOf(3000), codings)))
	}
	f.Add("zstd", []byte(zstdOfZeros(1<<20, 1<<21)))
	const most = 1 << 20
	cfg := gzip.RequestsConfig{MaxBytes: most}
	inner := middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		n, err := io.Copy(io.Discard, r.Body)
		if r.Header.Get("Content-Encoding") == "" && n > most {
			panic("too much")
		}
		return 0, err
	})
	h := gzip.NewRequestsHandler(inner, cfg)
	good := encode(f, "good", "gzip, br, zstd")
	f.Fuzz(func(t *testing.T, codings string, body []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Encoding", codings)
		if len(body) > most {
			return
		}
		status, err := h.ServeHTTP(httptest.NewRecorder(), r)
		if err != nil && status == 0 {
			require.Contains(t, []int{400, 413}, middleware.StatusOf(r, err))
		}

		r = post(good, "gzip, br, zstd")
		_, err = h.ServeHTTP(httptest.NewRecorder(), r)
		require.NoError(t, err)
	})
}

func BenchmarkRequests(b *testing.B) {
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return 0, err
	}), gzip.RequestsConfig{})
	for _, coding := range []string{"gzip", "br", "zstd"} {
		b.Run(coding, func(b *testing.B) {
			body := encode(b, textOf(10_000), coding)
			w, r := httptest.NewRecorder(), post("", coding)
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(strings.NewReader(body))
				if _, err := h.ServeHTTP(w, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
