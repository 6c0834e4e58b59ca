package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/NYTimes/gziphandler"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

var (
	jquery370 = release{"jquery", "3.7.0", "dist/jquery.js", "265a924c42de4784cba8fd0e1bd77133bc833ea5f5a31fc77e08922c18fcfa43"}
	jquery371 = release{"jquery", "3.7.1", "dist/jquery.js", "78a85aca2f0b110c29e0d2b137e09f0a1fb7a8e554b499f740d6744dc8962cfe"}
	d3785     = release{"d3", "7.8.5", "dist/d3.min.js", "d6b03aefc9f6c44c7bc78713679c78c295028fa914319119e5cc4b4954855b1c"}
	d3790     = release{"d3", "7.9.0", "dist/d3.min.js", "f2094bbf6141b359722c4fe454eb6c4b0f0e42cc10cc7af921fc158fceb86539"}
)

// dictionaryRows are about a release for those who have the one before: scripts of
// some 300 KB, as they are published.
func dictionaryRows() (rows []pair.Row) {
	for _, script := range []struct{ before, after release }{
		{jquery370, jquery371},
		{d3785, d3790}, // minified, so that it has more that is new
	} {
		for _, coding := range []struct {
			name string
			size float64
			time time.Duration
		}{{"dcz", 0.025, 500 * time.Microsecond}, {"dcb", 0.03, 2 * time.Millisecond}} {
			var before, after []byte
			rows = append(rows, pair.Row{
				Name: "gzip dictionary/" + script.after.String() + " as " + coding.name, Peer: "gzip -6",
				Bounds: []pair.Bound{pair.MaxSizeRatio(coding.size), pair.MaxTime(coding.time)},
				Fetch: func(ctx context.Context) (err error) {
					if before, err = script.before.load(ctx); err == nil {
						after, err = script.after.load(ctx)
					}
					return err
				},
				Setup: func(t pair.TB) (o, theirs pair.Op) {
					p := newPayload(script.after.file, "text/javascript", string(after))
					return encodesFrom(t, before, p, coding.name), encodes(t, gziphandler.GzipHandler, p, accepting("gzip"))
				},
			})
		}
	}
	return rows
}

// encodesFrom is the operation of encoding p with a dictionary. That it decodes is
// what package gzip and examples/e2e test.
func encodesFrom(t pair.TB, dictionary []byte, p payload, coding string) pair.Op {
	dictionaries := new(gzip.Dictionaries)
	if err := dictionaries.Add(gzip.DictionaryRule{Match: "/*"}, dictionary); err != nil {
		t.Fatal(err)
	}
	h := middleware.Wrap(p, gzip.New(gzip.Config{Dictionaries: dictionaries}))
	r := accepting(browsers + ", " + coding)
	hash := sha256.Sum256(dictionary)
	r.Header.Set("Available-Dictionary", ":"+base64.StdEncoding.EncodeToString(hash[:])+":")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Header().Get("Content-Encoding"); got != coding || w.Code != http.StatusOK {
		t.Fatalf("status %d, coding %q", w.Code, got)
	}
	size := int64(w.Body.Len())
	return pair.Op{Do: serve(t, h, r, size).Do, Size: size}
}
