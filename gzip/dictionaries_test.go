package gzip_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
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

// TestLessons checks what becomes a dictionary.
func TestLessons(t *testing.T) {
	for _, tt := range []struct {
		name    string
		rule    gzip.DictionaryRule
		h       http.HandlerFunc
		r       *http.Request
		learned bool
	}{
		{"what matches", gzip.DictionaryRule{Match: "/*.js"}, writes("text/javascript", release1), request("/app.js"), true},
		{"of any type", gzip.DictionaryRule{Match: "/*"}, writes("application/octet-stream", release1), request("/dictionary"), true},
		{"encoded or not", gzip.DictionaryRule{Match: "/*"}, writes("text/plain", release1), request("/", "Accept-Encoding: "), true},
		{"what is from there", gzip.DictionaryRule{Match: "/*", From: "/dictionary*"}, writes("text/plain", release1), request("/dictionary.txt"), true},
		{"not what is from elsewhere", gzip.DictionaryRule{Match: "/*", From: "/dictionary*"}, writes("text/plain", release1), request("/app.js"), false},
		{"not what does not match", gzip.DictionaryRule{Match: "/*.js"}, writes("text/css", release1), request("/app.css"), false},
		{"not errors", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not parts", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what is encoded already", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "x")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what is somebody's", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60, private")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what sets a cookie", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what varies by cookie", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Origin, Cookie")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what varies by password", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "authorization")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"not what varies by anything", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "*")
			w.Write([]byte(release1))
		}, request("/"), false},
		{"what varies by something else", gzip.DictionaryRule{Match: "/*"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Origin")
			w.Write([]byte(release1))
		}, request("/"), true},
		{"not what takes a password", gzip.DictionaryRule{Match: "/*"}, writes("text/plain", release1), request("/", "Authorization: Basic eDp5"), false},
		{"not what is too large", gzip.DictionaryRule{Match: "/*"}, writes("text/plain", release1+strings.Repeat(" ", 2<<20)), request("/"), false},
		{"not what was posted", gzip.DictionaryRule{Match: "/*"}, writes("text/plain", release1), httptest.NewRequest("POST", "/", nil), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := new(gzip.Dictionaries)
			require.NoError(t, d.Learn(tt.rule))
			w := serve(t, tt.h, gzip.Config{Dictionaries: d}, tt.r)
			isTold := tt.learned || strings.Contains(tt.name, "too large") || strings.Contains(tt.name, "encoded already")
			require.Equal(t, isTold, w.Header().Get("Use-As-Dictionary") != "")
			require.Equal(t, tt.learned, knows(t, d, release1))
		})
	}
}

// knows reports whether d has a dictionary, for a path that all rules match.
func knows(t testing.TB, d *gzip.Dictionaries, dictionary string) bool {
	t.Helper()
	w := serve(t, writes("text/plain", release2), gzip.Config{Dictionaries: d},
		request("/app.js", "Available-Dictionary: "+available(dictionary), "Authorization: nothing is learned from this"))
	return w.Header().Get("Content-Encoding") == "dcb"
}

// TestLessonOfOwn checks that a handler may say itself what its response is for.
func TestLessonOfOwn(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	w := teach(t, d, "/app.js", release1, `Use-As-Dictionary: match="/app*"`)
	require.Equal(t, `match="/app*"`, w.Header().Get("Use-As-Dictionary"))
	require.True(t, knows(t, d, release1))
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

// TestLessonThatFails checks that what is not whole is no dictionary.
func TestLessonThatFails(t *testing.T) {
	d := new(gzip.Dictionaries)
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	h := gzip.NewHandler(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		w.Write([]byte(release1))
		http.NewResponseController(w).Flush()
		return http.StatusBadGateway, http.ErrAbortHandler
	}), gzip.Config{Dictionaries: d})
	h.ServeHTTP(httptest.NewRecorder(), request("/app.js"))
	require.False(t, knows(t, d, release1))
}

func TestLimitsOfDictionaries(t *testing.T) {
	release := func(n int) string { return fmt.Sprint("/* ", n, " */", release1) }
	for _, tt := range []struct {
		name string
		d    *gzip.Dictionaries
		kept int
	}{
		{"by number", &gzip.Dictionaries{MaxCount: 3}, 3},
		{"by size, which is that of the index as well", &gzip.Dictionaries{MaxBytes: 200_000}, 3},
		{"by the size of one", &gzip.Dictionaries{MaxSize: 30_000}, 0},
		{"not at all", &gzip.Dictionaries{}, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, tt.d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
			for n := range 10 {
				teach(t, tt.d, fmt.Sprintf("/%d.js", n), release(n))
				knows(t, tt.d, release(0)) // and so it is the last to go
			}
			kept := 0
			for n := range 10 {
				if knows(t, tt.d, release(n)) {
					kept++
				}
			}
			require.Equal(t, tt.kept, kept)
			if tt.kept > 0 {
				require.True(t, knows(t, tt.d, release(0)), "the one that was used")
				require.True(t, knows(t, tt.d, release(9)), "the last")
			}
		})
	}
}

// TestLessonsHoldLittle checks that clients who take their time cannot have more
// held for them than MaxBytes, and that what was held for them is given back.
func TestLessonsHoldLittle(t *testing.T) {
	d := &gzip.Dictionaries{MaxBytes: 160_000}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
	const size = 60_000
	begun, end := make(chan bool), make(chan bool)
	var slow sync.WaitGroup
	for n := range 2 {
		slow.Go(func() {
			defer func() { _ = recover() }() // as servers do
			serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				w.Write([]byte(textOf(size)))
				http.NewResponseController(w).Flush() // as it would be without the rest
				begun <- true
				<-end
				if n == 1 {
					panic(http.ErrAbortHandler)
				}
			}, gzip.Config{Dictionaries: d}, request("/slow.js"))
		})
		<-begun
	}
	teach(t, d, "/app.js", release1)
	require.True(t, knows(t, d, release1), "there is room for it")
	other := "other" + textOf(size)
	teach(t, d, "/app.js", other)
	require.False(t, knows(t, d, other), "there is none left")
	close(end)
	slow.Wait()
	teach(t, d, "/app.js", other)
	require.True(t, knows(t, d, other), "there is room again")
}

func TestAdd(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 2}
	rule := gzip.DictionaryRule{Match: "/*.js"}
	old := []byte(release1)
	require.NoError(t, d.Add(rule, old))
	clear(old)
	require.True(t, knows(t, d, release1), "Add copies")
	require.NoError(t, d.Add(rule, []byte(release1)), "a second time")

	w := teach(t, d, "/new.js", "new"+release1)
	require.Empty(t, w.Header().Get("Use-As-Dictionary"), "nothing is to be learned")
	require.NoError(t, d.Learn(rule))
	for n := range 5 {
		teach(t, d, "/new.js", fmt.Sprint("new", n, release1))
	}
	require.True(t, knows(t, d, release1), "what was given stays")
	require.True(t, knows(t, d, "new4"+release1))

	require.NoError(t, d.Add(rule, []byte("another")))
	require.EqualError(t, d.Add(rule, []byte("too much")), "no room for a dictionary of 8 bytes")

	d = &gzip.Dictionaries{MaxBytes: 150_000}
	require.NoError(t, d.Learn(rule))
	teach(t, d, "/new.js", release1)
	require.EqualError(t, d.Add(rule, make([]byte, 200_000)), "no room for a dictionary of 200000 bytes")
	require.True(t, knows(t, d, release1), "what does not fit drives nothing out")
	require.EqualError(t, d.Add(rule, nil), "a dictionary must not be empty")
	require.EqualError(t, d.Add(gzip.DictionaryRule{}, []byte("x")), "a pattern of paths is missing")
}

// TestLessonIsLearnedOnce checks that a body whose tag is known is not looked at
// again, until it is forgotten.
func TestLessonIsLearnedOnce(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 1}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*.js"}))
	teach(t, d, "/app.js", release1, `Etag: "1"`)
	require.True(t, knows(t, d, release1))
	teach(t, d, "/app.js", release2, `Etag: "1"`) // which is a lie
	require.True(t, knows(t, d, release1))
	teach(t, d, "/app.js", release2, `Etag: "2"`)
	require.False(t, knows(t, d, release1))
	teach(t, d, "/app.js", release1, `Etag: "1"`)
	require.True(t, knows(t, d, release1))
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

func TestDictionaryRules(t *testing.T) {
	for _, tt := range []struct {
		rule gzip.DictionaryRule
		want string
	}{
		{gzip.DictionaryRule{Match: "/"}, ""},
		{gzip.DictionaryRule{Match: "/%7Eme/a_b-c.d/*,v=1;x@y!$&'"}, ""},
		{gzip.DictionaryRule{Match: "/*", From: "/d/*", Dest: []string{"document"}, ID: strings.Repeat("x", 1024)}, ""},
		{gzip.DictionaryRule{}, `a pattern of paths is missing`},
		{gzip.DictionaryRule{Match: "*.js"}, `"*.js" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "https://example.com/*"}, `"https://example.com/*" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "/**"}, `"/**" is not a path with wildcards: it has one behind another`},
		{gzip.DictionaryRule{Match: "/a?b"}, `"/a?b" is not a path with wildcards: it has a '?'`},
		{gzip.DictionaryRule{Match: "/:name"}, `"/:name" is not a path with wildcards: it has a ':'`},
		{gzip.DictionaryRule{Match: "/(.*)"}, `"/(.*)" is not a path with wildcards: it has a '('`},
		{gzip.DictionaryRule{Match: `/"`}, `"/\"" is not a path with wildcards: it has a '"'`},
		{gzip.DictionaryRule{Match: "/é"}, `"/é" is not a path with wildcards: it has a 'é'`},
		{gzip.DictionaryRule{Match: "/", From: "x"}, `"x" is not a path with wildcards: it does not begin with a slash`},
		{gzip.DictionaryRule{Match: "/", Dest: []string{"script", "Style"}}, `"Style" is not a destination such as document or script`},
		{gzip.DictionaryRule{Match: "/", Dest: []string{""}}, `"" is not a destination such as document or script`},
		{gzip.DictionaryRule{Match: "/", ID: "é"}, `"é" is not an identifier of at most 1,024 printable characters of ASCII`},
		{gzip.DictionaryRule{Match: "/", ID: strings.Repeat("x", 1025)}, `"` + strings.Repeat("x", 40) + `" is not an identifier of at most 1,024 printable characters of ASCII`},
	} {
		err := new(gzip.Dictionaries).Learn(tt.rule)
		if tt.want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, tt.want)
		}
	}
}

func TestDictionaryPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/app.js", "/app.js", true},
		{"/app.js", "/app.jsx", false},
		{"/app.js", "/an/app.js", false},
		{"/app.*.js", "/app.1.js", true},
		{"/app.*.js", "/app..js", true},
		{"/app.*.js", "/app.js", false},
		{"/app.*.js", "/app.1/2.js", true},
		{"/app.*.js", "/app.1.js?v=2", true},
		{"/app/*/main.js", "/app/1/main.js", true},
		{"/app/*/main.js", "/app/main.js", false},
		{"/*", "/", true},
		{"/*a*b*c", "/xaxbxc", true},
		{"/*a*b*c", "/abcbc", true},
		{"/*a*b*c", "/xbxaxc", false},
		{"/*ab", "/ab", true},
		{"/*ab*ab", "/ab", false},
		{"/%20*", "/%20x", true},
	} {
		d := new(gzip.Dictionaries)
		require.NoError(t, d.Add(gzip.DictionaryRule{Match: tt.pattern}, []byte(release1)))
		w := serve(t, plain(release2), gzip.Config{Dictionaries: d}, request(tt.path, "Available-Dictionary: "+available(release1)))
		require.Equal(t, tt.want, w.Header().Get("Content-Encoding") == "dcb", "%s %s", tt.pattern, tt.path)
		require.Equal(t, tt.want, strings.Contains(w.Header().Get("Vary"), "Available-Dictionary"))
	}
}

// TestLessonIsNotForHandlers checks that handlers are told again what the client
// accepts once it is clear that there is nothing to learn.
func TestLessonIsNotForHandlers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		d      *gzip.Dictionaries
		length bool // is declared
		fields []string
		want   []bool // one answer after the other: is it told
	}{
		{"what is to be learned", &gzip.Dictionaries{}, false, nil, []bool{false, true, true}},
		{"what is too large", &gzip.Dictionaries{MaxSize: 20_000}, false, nil, []bool{false, true, true}},
		{"what only says that it is too large", &gzip.Dictionaries{MaxSize: 20_000}, true, nil, []bool{false, true, true}},
		{"what takes a password", &gzip.Dictionaries{}, false, []string{"Authorization: Basic eDp5"}, []bool{true, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, tt.d.Learn(gzip.DictionaryRule{Match: "/*"}))
			var told []bool
			for range tt.want {
				h := gzip.New(gzip.Config{Dictionaries: tt.d})(middleware.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					told = append(told, r.Header.Get("Accept-Encoding") != "")
					w.Header().Set("Etag", `"1"`)
					body := release1
					if tt.length {
						w.Header().Set("Content-Length", strconv.Itoa(len(body)))
						body = body[:10_000]
					}
					writes("text/javascript", body)(w, r)
				})))
				h.ServeHTTP(httptest.NewRecorder(), request("/app.js", tt.fields...))
			}
			require.Equal(t, tt.want, told)
		})
	}
}

// TestPlacesAreForgotten checks that no more of them are remembered than twice the
// dictionaries, whatever clients ask for.
func TestPlacesAreForgotten(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 5}
	require.NoError(t, d.Learn(gzip.DictionaryRule{Match: "/*"}))
	isKnown := func(path string) (known bool) {
		serve(t, func(w http.ResponseWriter, r *http.Request) {
			known = r.Header.Get("Accept-Encoding") != ""
			w.Header().Set("Etag", `"1"`)
			writes("text/javascript", release1)(w, r)
		}, gzip.Config{Dictionaries: d}, request(path))
		return known
	}
	for n := range 10 {
		require.False(t, isKnown(fmt.Sprint("/", n)))
	}
	require.True(t, isKnown("/0"))
	require.False(t, isKnown("/10"))
	require.False(t, isKnown("/0"))

	long := "/" + strings.Repeat("x", 1<<10)
	require.False(t, isKnown(long))
	require.False(t, isKnown(long), "it takes too much to remember")
}

// TestAddAgain checks that what is given a second time takes no room twice, and that
// what was learned is not lost when it is given and must not stay.
func TestAddAgain(t *testing.T) {
	d := &gzip.Dictionaries{MaxCount: 2}
	rule := gzip.DictionaryRule{Match: "/*.js"}
	require.NoError(t, d.Learn(rule))
	require.NoError(t, d.Add(rule, []byte("one")))
	teach(t, d, "/app.js", release1)
	require.NoError(t, d.Add(rule, []byte(release1)))
	require.NoError(t, d.Add(rule, []byte(release1)))
	teach(t, d, "/app.js", release2)
	require.False(t, knows(t, d, release2))
	require.True(t, knows(t, d, release1), "it was given since")
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
