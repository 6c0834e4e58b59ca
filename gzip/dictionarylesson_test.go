package gzip_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

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
