package gzip_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
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
		{"deflate", "", `the request has the unknown coding "deflate"`},
		{"x-br", "", `the request has the unknown coding "x-br"`},
		{"deflate, gzip", "", `the request has the unknown coding "deflate"`},
		{"br, compress", "", `the request has the unknown coding "compress"`},
		{"gzip, gzip, gzip, gzip", "", `the request is encoded more than 3 times`},
		{"br", "gzip", `the request has the unknown coding "br"`},
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
		require.ErrorContains(t, err, "cannot decode the request: ", name)
		require.Equal(t, http.StatusBadRequest, status, name)
	}
}

func zstdWithDictionary(t *testing.T) string {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(7, []byte(release1)))
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(release2), nil))
}

func TestRequestsThatAreTooLarge(t *testing.T) {
	text := textOf(5000)
	for _, coding := range []string{"gzip", "br", "zstd", "gzip, zstd"} {
		r := post(encode(t, text, coding), coding)
		_, got, status, err := decoded(gzip.RequestsConfig{MaxBytes: 5000}, r)
		require.NoError(t, err)
		require.Equal(t, text, got)
		require.Equal(t, http.StatusNoContent, status)

		r = post(encode(t, text, coding), coding)
		_, got, status, err = decoded(gzip.RequestsConfig{MaxBytes: 4999}, r)
		require.EqualError(t, err, "cannot decode the request: http: request body too large")
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		require.LessOrEqual(t, len(got), 4999)
		_, ok := errors.AsType[*http.MaxBytesError](err)
		require.True(t, ok, "which handlers know")
	}

	zeros := strings.Repeat("0", 3<<20)
	for coding, limit := range map[string]int{"gzip": 900, "br": 200, "zstd": 200, "gzip, gzip": 900} {
		r := post(encode(t, zeros, coding), coding)
		_, _, status, err := decoded(gzip.RequestsConfig{MaxRatio: limit}, r)
		require.ErrorContains(t, err, "times as long", coding)
		require.Equal(t, http.StatusRequestEntityTooLarge, status)

		r = post(encode(t, zeros[:1<<20], coding), coding)
		_, _, _, err = decoded(gzip.RequestsConfig{MaxRatio: limit}, r)
		require.NoError(t, err, "the first MiB does not count")

		r = post(encode(t, zeros, coding), coding)
		_, got, _, err := decoded(gzip.RequestsConfig{MaxRatio: -1, MaxBytes: -1}, r)
		require.NoError(t, err)
		require.Equal(t, zeros, got)
	}

	// What is in between counts, too: here nothing comes of much.
	var members bytes.Buffer
	for range 1 << 17 {
		members.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00")
	}
	r := post(encode(t, members.String(), "zstd"), "gzip, zstd")
	_, _, status, _ := decoded(gzip.RequestsConfig{MaxBytes: 1 << 20}, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
}

// TestBomb checks that 16 KB of zstd which are 512 MB take no more than the window
// that they declare, and what RFC 9659 permits of that.
func TestBomb(t *testing.T) {
	for _, tt := range []struct {
		name   string
		window int
		status int
		most   uint64
	}{
		{"the window of the zstd program", 2 << 20, http.StatusRequestEntityTooLarge, 2<<20 + 1<<20},
		{"the largest that is allowed", 8 << 20, http.StatusRequestEntityTooLarge, 8<<20 + 1<<20},
		{"a larger one", 128 << 20, http.StatusRequestEntityTooLarge, 1 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bomb := zstdOfZeros(tt.window, 512<<20)
			require.Less(t, len(bomb), 17_000)
			for _, cfg := range []gzip.RequestsConfig{{}, {MaxRatio: -1}} {
				h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
					_, err := io.Copy(io.Discard, r.Body)
					return 0, err
				}), cfg)
				w, r := httptest.NewRecorder(), post(bomb, "zstd")
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				_, err := h.ServeHTTP(w, r)
				runtime.ReadMemStats(&after)
				require.Equal(t, tt.status, middleware.StatusOf(r, err))
				require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, tt.most, "allocated, in all")
			}
		})
	}
}

// zstdOfZeros returns a frame of RFC 8878 of n zeros, in blocks of 128 KiB of one
// repeated byte each.
func zstdOfZeros(window, n int) string {
	const blockLen = 128 << 10
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0}
	exponent := byte(0)
	for 1<<(10+exponent) < window {
		exponent++
	}
	b = append(b, exponent<<3)
	for n > 0 {
		n -= blockLen
		header := blockLen<<3 | 1<<1 // repeated
		if n <= 0 {
			header |= 1
		}
		b = append(b, byte(header), byte(header>>8), byte(header>>16), 0)
	}
	return string(b)
}

// TestRequestsConnectionFails checks that what is the connection's fault is not
// blamed on the client's encoder.
func TestRequestsConnectionFails(t *testing.T) {
	lost := errors.New("connection lost")
	for _, coding := range []string{"gzip", "br", "zstd"} {
		r := post("", coding)
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(encode(t, textOf(100_000), coding)[:5000]), failingReader{lost}))
		_, _, status, err := decoded(gzip.RequestsConfig{}, r)
		require.Equal(t, lost, err)
		require.Equal(t, http.StatusInternalServerError, status)

		r = post(encode(t, textOf(100_000), coding), coding)
		r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 1000)
		_, _, status, _ = decoded(gzip.RequestsConfig{}, r)
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// TestRequestsLater checks that a body that is still read after its request is over
// is not that of another request.
func TestRequestsLater(t *testing.T) {
	var late io.Reader
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		late = r.Body
		r.Body.Read(make([]byte, 1))
		return 0, nil
	}), gzip.RequestsConfig{})
	h.ServeHTTP(httptest.NewRecorder(), post(encode(t, "first", "gzip"), "gzip"))
	first := late
	h.ServeHTTP(httptest.NewRecorder(), post(encode(t, "second", "gzip"), "gzip"))
	_, err := first.Read(make([]byte, 10))
	require.Equal(t, http.ErrBodyReadAfterClose, err)
}

// TestRequestsBegin checks that a client that waits for it is told to go on when
// the body is read, and not if it is not.
func TestRequestsBegin(t *testing.T) {
	body := encode(t, "text", "gzip")
	reads := 0
	r := post("", "gzip")
	r.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
		reads++
		n := copy(p, body)
		body = body[n:]
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}))
	h := gzip.NewRequestsHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
		require.Zero(t, reads)
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "text", string(text))
		require.NoError(t, r.Body.Close())
		_, err = r.Body.Read(make([]byte, 1))
		require.Equal(t, http.ErrBodyReadAfterClose, err)
		return 0, nil
	}), gzip.RequestsConfig{})
	_, err := h.ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestRequestsLeakNothing checks that decoders which are dropped leave no goroutine
// behind.
func TestRequestsLeakNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 50 {
		for _, coding := range []string{"gzip", "br", "zstd"} {
			_, _, _, err := decoded(gzip.RequestsConfig{}, post(encode(t, textOf(10_000), coding)[:1000], coding))
			require.Error(t, err)
		}
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
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
