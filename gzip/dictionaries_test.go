package gzip_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
)

// Two releases of a script.
var (
	release1 = "/* 1 */" + textOf(30_000)
	release2 = "/* 2 */" + release1[7:20_000] + "/* fixed */" + release1[20_000:]
)

// available returns what a client says that has a dictionary.
func available(dictionary string) string {
	hash := sha256.Sum256([]byte(dictionary))
	return ":" + base64.StdEncoding.EncodeToString(hash[:]) + ":"
}

// request returns a GET of path by a client that knows dictionaries, with fields as
// "Name: value".
func request(path string, fields ...string) *http.Request {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd, dcb, dcz")
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	return r
}

// learned returns Dictionaries with a rule that has learned release1.
func learned(t testing.TB, rule gzip.DictionaryRule) *gzip.Dictionaries {
	t.Helper()
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(rule))
	teach(t, d, "/app.1.js", release1)
	return d
}

func teach(t testing.TB, d *gzip.Dictionaries, path, text string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cache-Control", "max-age=3600")
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			w.Header().Set(name, value)
		}
		w.Write([]byte(text))
	}, gzip.Config{Dictionaries: d}, request(path))
}

// TestDictionary follows a client from one release to the next.
func TestDictionary(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/app.*.js", Dest: []string{"script", "document"}, ID: `the "app"`}))

	w := teach(t, d, "/app.1.js", release1)
	require.Equal(t, `match="/app.*.js", match-dest=("script" "document"), id="the \"app\""`, w.Header().Get("Use-As-Dictionary"))
	require.Equal(t, "zstd", w.Header().Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding, Available-Dictionary", w.Header().Get("Vary"))

	for coding, accept := range map[string]string{"dcb": "br, dcz, dcb", "dcz": "dcz, dcb;q=0.9, br", "br": "br"} {
		r := request("/app.2.js?v=2", "Accept-Encoding: "+accept, "Available-Dictionary: "+available(release1),
			`Dictionary-ID: "the \"app\""`, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script")
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"2"`)
			writes("text/javascript", release2)(w, r)
		}, gzip.Config{Dictionaries: d}, r)
		require.Equal(t, coding, w.Header().Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding, Available-Dictionary", w.Header().Get("Vary"))
		require.Equal(t, `match="/app.*.js", match-dest=("script" "document"), id="the \"app\""`, w.Header().Get("Use-As-Dictionary"))
		switch hash := sha256.Sum256([]byte(release1)); coding {
		case "dcb":
			require.Equal(t, release2, string(decodeDCB(t, []byte(release1), w.Body.Bytes())))
			require.Equal(t, fmt.Sprintf(`"2-dcb-%x"`, hash[:4]), w.Header().Get("Etag"))
		case "dcz":
			require.Equal(t, release2, string(decodeDCZ(t, []byte(release1), w.Body.Bytes())))
			require.Equal(t, fmt.Sprintf(`"2-dcz-%x"`, hash[:4]), w.Header().Get("Etag"))
		}
		if coding != "br" {
			require.Less(t, w.Body.Len(), 300)
			require.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
		}
	}
}

func TestDictionaryNegotiation(t *testing.T) {
	d := learned(t, gzip.DictionaryRule{Match: "/app.*.js", Dest: []string{"script"}, ID: "app"})
	has := "Available-Dictionary: " + available(release1)
	for _, tt := range []struct {
		name   string
		r      *http.Request
		coding string
		vary   string
	}{
		{"what other clients than browsers send", request("/app.2.js", has), "dcb", "+"},
		{"the same site", request("/app.2.js", has, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"), "dcb", "+"},
		{"the user", request("/app.2.js", has, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"), "dcb", "+"},
		{"another site", request("/app.2.js", has, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"), "zstd", "+"},
		{"a link on another site", request("/app.2.js", has, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"), "zstd", "+"},
		{"another host of the site", request("/app.2.js", has, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"), "zstd", "+"},
		{"nobody knows which site", request("/app.2.js", has, "Sec-Fetch-Mode: no-cors"), "zstd", "+"},
		{"no dictionary", request("/app.2.js"), "zstd", "+"},
		{"another dictionary", request("/app.2.js", "Available-Dictionary: "+available("x")), "zstd", "+"},
		{"two dictionaries", request("/app.2.js", "Available-Dictionary: "+available(release1)+", "+available("x")), "zstd", "+"},
		{"a parameter", request("/app.2.js", "Available-Dictionary: "+available(release1)+";x=1"), "dcb", "+"},
		{"no colons", request("/app.2.js", "Available-Dictionary: "+strings.Trim(available(release1), ":")), "zstd", "+"},
		{"no hash", request("/app.2.js", "Available-Dictionary: :aGVsbG8=:"), "zstd", "+"},
		{"not base64", request("/app.2.js", "Available-Dictionary: :"+strings.Repeat("!", 44)+":"), "zstd", "+"},
		{"its identifier", request("/app.2.js", has, `Dictionary-ID: "app"`), "dcb", "+"},
		{"another identifier", request("/app.2.js", has, `Dictionary-ID: "ape"`), "zstd", "+"},
		{"its destination", request("/app.2.js", has, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: script"), "dcb", "+"},
		{"another destination", request("/app.2.js", has, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: style"), "zstd", "+"},
		{"a path that does not match", request("/ape.2.js", has), "zstd", ""},
		{"any coding", request("/app.2.js", has, "Accept-Encoding: *"), "zstd", "+"},
		{"any coding but those known", request("/app.2.js", has, "Accept-Encoding: zstd;q=0, br;q=0, gzip;q=0, *"), "", "+"},
		{"refused", request("/app.2.js", has, "Accept-Encoding: gzip, dcb;q=0, dcz;q=0"), "gzip", "+"},
		{"liked less", request("/app.2.js", has, "Accept-Encoding: gzip, dcb;q=0.5"), "gzip", "+"},
		{"only zstd", request("/app.2.js", has, "Accept-Encoding: zstd, dcz"), "dcz", "+"},
		{"no codings", request("/app.2.js", has, "Accept-Encoding: "), "", "+"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, writes("text/javascript", release2), gzip.Config{Dictionaries: d}, tt.r)
			require.Equal(t, tt.coding, w.Header().Get("Content-Encoding"))
			vary := "Accept-Encoding"
			if tt.vary == "+" {
				vary += ", Available-Dictionary"
			}
			require.Equal(t, vary, w.Header().Get("Vary"))
		})
	}
}

// TestDictionaryStreams checks that what is flushed arrives, and long bodies do.
func TestDictionaryStreams(t *testing.T) {
	d := learned(t, gzip.DictionaryRule{Match: "/app.*.js"})
	long := strings.Repeat(release2, 20)
	for _, coding := range []string{"dcb", "dcz"} {
		var flushed []byte
		var w *httptest.ResponseRecorder
		w = serve(t, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "text/javascript")
			rw.Write([]byte(long[:1000]))
			http.NewResponseController(rw).Flush()
			flushed = append(flushed, rw.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(*httptest.ResponseRecorder).Body.Bytes()...)
			rw.Write([]byte(long[1000:]))
		}, gzip.Config{Dictionaries: d}, request("/app.2.js", "Accept-Encoding: "+coding, "Available-Dictionary: "+available(release1)))
		require.Equal(t, coding, w.Header().Get("Content-Encoding"))
		require.True(t, bytes.HasPrefix(w.Body.Bytes(), flushed))
		if coding == "dcb" {
			require.Equal(t, long[:1000], string(decodeDCB(t, []byte(release1), append(flushed, end...))))
			require.Equal(t, long, string(decodeDCB(t, []byte(release1), w.Body.Bytes())))
		} else {
			require.Less(t, 48, len(flushed))
			require.Equal(t, long, string(decodeDCZ(t, []byte(release1), w.Body.Bytes())))
		}
	}
}

// TestHandlerThatEncodes checks that a handler which encodes, such as one of files
// with compressed siblings, does not do so where a dictionary is of use.
func TestHandlerThatEncodes(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/app.*.js"}))
	get := func(path, text string, fields ...string) (coding string, h http.Header) {
		r := request(path, fields...)
		w := serve(t, func(w http.ResponseWriter, seen *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Cache-Control", "max-age=3600")
			w.Header().Set("Etag", `"`+path+`"`)
			if seen.Header.Get("Accept-Encoding") != "" {
				w.Header().Set("Content-Encoding", "br")
				w.Header().Set("Vary", "Accept-Encoding")
			}
			w.Write([]byte(text))
		}, gzip.Config{Dictionaries: d}, r)
		require.NotEmpty(t, r.Header["Accept-Encoding"], "it is the caller's")
		return w.Header().Get("Content-Encoding"), w.Header()
	}
	coding, h := get("/app.1.js", release1)
	require.Equal(t, "zstd", coding, "to learn it")
	require.Equal(t, `match="/app.*.js"`, h.Get("Use-As-Dictionary"))

	coding, h = get("/app.1.js", release1)
	require.Equal(t, "br", coding, "it is known")
	require.Equal(t, `match="/app.*.js"`, h.Get("Use-As-Dictionary"))
	require.Equal(t, "Accept-Encoding, Available-Dictionary", h.Get("Vary"))

	coding, _ = get("/app.2.js", release2, "Available-Dictionary: "+available(release1))
	require.Equal(t, "dcb", coding)
	coding, _ = get("/app.2.js", release2, "Available-Dictionary: "+available("unknown"))
	require.Equal(t, "br", coding)
	coding, h = get("/style.css", release2, "Available-Dictionary: "+available(release1))
	require.Equal(t, "br", coding, "none is for it")
	require.Equal(t, "Accept-Encoding", h.Get("Vary"))
}

// TestLargeDictionary checks that where an encoder of dcz would be too large to be
// kept there is dcb.
func TestLargeDictionary(t *testing.T) {
	d := new(gzip.Dictionaries)
	large := textOf(1 << 20)
	require.NoError(t, d.Add(gzip.DictionaryRule{Match: "/*"}, []byte(large)))
	for accept, want := range map[string]string{"zstd, dcz, dcb": "dcb", "zstd, dcz": "zstd"} {
		w := serve(t, plain(large[5000:]), gzip.Config{Dictionaries: d}, request("/", "Accept-Encoding: "+accept, "Available-Dictionary: "+available(large)))
		require.Equal(t, want, w.Header().Get("Content-Encoding"))
	}
}

// TestDictionariesAtOnce is for the race detector.
func TestDictionariesAtOnce(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 2}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	var wg sync.WaitGroup
	var used [2]atomic.Bool
	for n := range 8 {
		wg.Go(func() {
			text := fmt.Sprint(n%4, release1)
			for range 5 {
				teach(t, d, "/x", text)
				for _, coding := range []string{"dcb", "dcz"} {
					w := serve(t, plain(release2), gzip.Config{Dictionaries: d},
						request("/x", "Accept-Encoding: "+coding, "Available-Dictionary: "+available(text)))
					var got string
					switch w.Header().Get("Content-Encoding") {
					case "dcb":
						used[0].Store(true)
						got = string(decodeDCB(t, []byte(text), w.Body.Bytes()))
					case "dcz":
						used[1].Store(true)
						got = string(decodeDCZ(t, []byte(text), w.Body.Bytes()))
					default: // another has taken its place
						got = w.Body.String()
					}
					if got != release2 {
						t.Errorf("%s: it is something else", coding)
					}
				}
			}
		})
	}
	wg.Wait()
	require.True(t, used[0].Load() && used[1].Load())
}

// FuzzAvailableDictionary checks that nothing a client says breaks anything.
func FuzzAvailableDictionary(f *testing.F) {
	d := new(gzip.Dictionaries)
	require.NoError(f, d.Add(gzip.DictionaryRule{Match: "/*.js", ID: "x"}, []byte(release1)))
	f.Add(available(release1), `"x"`, "/a.js")
	f.Add(available(release1)+";a", "", "/a.js")
	f.Add(":", `"`, "/%2a.js")
	f.Fuzz(func(t *testing.T, hash, id, path string) {
		r := request("/", "Available-Dictionary: "+hash, "Dictionary-ID: "+id)
		r.URL.Path = path
		w := serve(t, plain(release2), gzip.Config{Dictionaries: d}, r)
		if w.Header().Get("Content-Encoding") == "dcb" {
			require.Contains(t, hash, available(release1))
			require.Equal(t, release2, string(decodeDCB(t, []byte(release1), w.Body.Bytes())))
		}
	})
}

func BenchmarkDictionary(b *testing.B) {
	for _, coding := range []string{"dcb", "dcz"} {
		b.Run(coding, func(b *testing.B) {
			make := gzip.DCB
			if coding == "dcz" {
				make = gzip.DCZ
			}
			e := make([]byte(release1)).NewEncoder().(gzip.Appender)
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				out = e.Append(out[:0], []byte(release2))
			}
			b.ReportMetric(float64(len(out)), "B/body")
		})
	}
}
