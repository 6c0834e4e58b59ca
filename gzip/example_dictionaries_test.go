package gzip_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// Each release of a script is encoded with the one that the client has.
func ExampleDictionaries() {
	dictionaries := new(gzip.Dictionaries)
	if err := dictionaries.Learn(gzip.DictionaryRule{Match: "/app.*.js"}); err != nil {
		fmt.Println(err)
	}
	releases := map[string]string{
		"/app.1.js": library + "console.log(1)",
		"/app.2.js": library + "console.log(2)",
	}
	script := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		io.WriteString(w, releases[r.URL.Path])
	})
	h := middleware.Wrap(script, gzip.New(gzip.Config{Dictionaries: dictionaries}))

	r := httptest.NewRequest("GET", "/app.1.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br, zstd, dcb, dcz")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Encoding"), w.Body.Len() > 1000, w.Header().Get("Use-As-Dictionary"))

	// What a browser does with it:
	hash := sha256.Sum256([]byte(releases["/app.1.js"]))
	r = httptest.NewRequest("GET", "/app.2.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br, zstd, dcb, dcz")
	r.Header.Set("Available-Dictionary", ":"+base64.StdEncoding.EncodeToString(hash[:])+":")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Encoding"), w.Body.Len() < 100, w.Header().Get("Vary"))
	// Output:
	// zstd true match="/app.*.js"
	// dcb true Accept-Encoding, Available-Dictionary
}

// library is some text that gets smaller.
var library = textOf(10_000)

// After a restart, clients still have what was there before it.
func ExampleDictionaries_Add() {
	dictionaries := new(gzip.Dictionaries)
	rule := gzip.DictionaryRule{Match: "/assets/app.*.js"}
	for _, name := range []string{"releases/app.41.js", "releases/app.42.js"} {
		script, err := os.ReadFile(name)
		if err == nil {
			err = dictionaries.Add(rule, script)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	files := http.FileServer(http.Dir("public"))
	http.ListenAndServe("localhost:8080", middleware.Wrap(files, gzip.New(gzip.Config{Dictionaries: dictionaries})))
}
