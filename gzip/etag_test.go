package gzip_test

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestETag checks what becomes of the tag of what is encoded.
func TestETag(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   gzip.ETagMode
		accept string
		before string
		want   string
	}{
		{"suffix", gzip.ETagSuffix, "gzip", `"a"`, `"a-gzip"`},
		{"suffix of another coding", gzip.ETagSuffix, "br", `"a"`, `"a-br"`},
		{"suffix of a weak one", gzip.ETagSuffix, "zstd", `W/"a"`, `W/"a-zstd"`},
		{"suffix of an empty one", gzip.ETagSuffix, "gzip", `""`, `"-gzip"`},
		{"suffix of what is none", gzip.ETagSuffix, "gzip", `a`, ``},
		{"suffix of what is not encoded", gzip.ETagSuffix, "", `"a"`, `"a"`},
		{"weak", gzip.ETagWeak, "gzip", `"a"`, `W/"a"`},
		{"weak already", gzip.ETagWeak, "gzip", `W/"a"`, `W/"a"`},
		{"weak of what is none", gzip.ETagWeak, "gzip", `a`, ``},
		{"weak of what is not encoded", gzip.ETagWeak, "", `"a"`, `"a"`},
		{"drop", gzip.ETagDrop, "gzip", `"a"`, ``},
		{"drop of what is not encoded", gzip.ETagDrop, "", `"a"`, `"a"`},
		{"keep", gzip.ETagKeep, "gzip", `"a"`, `"a"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", tt.before)
				plain(text)(w, r)
			}, gzip.Config{ETag: tt.mode}, ask("GET", tt.accept))
			require.Equal(t, tt.want, w.Header().Get("Etag"))
		})
	}
}

// TestConditions checks what the handler sees of the client's tags.
func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   gzip.ETagMode
		method string
		accept string
		field  string
		lines  []string
		want   string
	}{
		{"one", gzip.ETagSuffix, "GET", "gzip", "If-None-Match", []string{`"a-gzip"`}, `"a-gzip", "a"`},
		{"one that is not ours", gzip.ETagSuffix, "GET", "gzip", "If-None-Match", []string{`"a"`}, `"a"`},
		{"any", gzip.ETagSuffix, "GET", "gzip", "If-None-Match", []string{`*`}, `*`},
		{"several", gzip.ETagSuffix, "GET", "gzip, br", "If-None-Match", []string{`"a-gzip", "b", W/"c-br"`}, `"a-gzip", "b", W/"c-br", "a", W/"c"`},
		{"several lines", gzip.ETagSuffix, "GET", "gzip, br", "If-None-Match", []string{`"a-gzip"`, `"c-br"`}, `"a-gzip", "c-br", "a", "c"`},
		{"with commas and suffixes inside", gzip.ETagSuffix, "GET", "gzip", "If-None-Match", []string{`"a-gzip,b-gzip"`}, `"a-gzip,b-gzip", "a-gzip,b"`},
		{"of a coding that is not accepted", gzip.ETagSuffix, "GET", "br", "If-None-Match", []string{`"a-gzip", "a-br"`}, `"a-gzip", "a-br", "a"`},
		{"of codings that are refused", gzip.ETagSuffix, "GET", "gzip;q=0", "If-None-Match", []string{`"a-gzip"`}, `"a-gzip"`},
		{"of nobody who accepts anything", gzip.ETagSuffix, "GET", "", "If-None-Match", []string{`"a-gzip"`}, `"a-gzip"`},
		{"with a dictionary", gzip.ETagSuffix, "GET", "gzip, dcb", "If-None-Match", []string{`"a-dcb-0123abcd"`}, `"a-dcb-0123abcd", "a"`},
		{"what is no tag", gzip.ETagSuffix, "GET", "gzip", "If-None-Match", []string{`a-gzip", W/x-gzip, "`}, `a-gzip", W/x-gzip, "`},
		{"one, by weak tags", gzip.ETagWeak, "GET", "gzip", "If-None-Match", []string{`W/"a"`}, `W/"a"`},
		{"one, by tags that are kept", gzip.ETagKeep, "GET", "gzip", "If-None-Match", []string{`"a-gzip"`}, `"a-gzip"`},
		{"for a part", gzip.ETagSuffix, "GET", "gzip", "If-Match", []string{`"a-gzip"`}, `"a-gzip", "a"`},
		{"for a part of what is not encoded", gzip.ETagSuffix, "GET", "", "If-Match", []string{`"a-gzip"`}, `"a-gzip"`},
		{"for a part of what is encoded in another way", gzip.ETagSuffix, "HEAD", "br", "If-Match", []string{`"a-gzip"`}, `"a-gzip"`},
		{"for a change", gzip.ETagSuffix, "PUT", "", "If-Match", []string{`"a-gzip"`}, `"a-gzip", "a"`},
		{"for a change, of several", gzip.ETagSuffix, "DELETE", "br", "If-Match", []string{`"b", "a-gzip"`}, `"b", "a-gzip", "a"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ask(tt.method, tt.accept)
			r.Header[tt.field] = tt.lines
			serve(t, func(_ http.ResponseWriter, seen *http.Request) {
				require.Equal(t, tt.want, strings.Join(seen.Header[tt.field], ", "))
				require.Equal(t, tt.accept, seen.Header.Get("Accept-Encoding"), "proxies need it")
			}, gzip.Config{
				ETag: tt.mode, Dictionaries: new(gzip.Dictionaries),
			}, r)
			require.Equal(t, tt.lines, r.Header[tt.field], "the caller's own")
		})
	}
}

// TestConditionsHideNothing checks that who is further out, such as net/http, which
// removes files that were uploaded, finds on the request what was put there.
func TestConditionsHideNothing(t *testing.T) {
	var form strings.Builder
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "name")
	require.NoError(t, err)
	io.WriteString(file, text)
	require.NoError(t, parts.Close())

	mux := http.NewServeMux()
	mux.HandleFunc("POST /{id}", func(_ http.ResponseWriter, r *http.Request) {
		require.Equal(t, `"a-gzip", "a"`, r.Header.Get("If-Match"))
		require.NoError(t, r.ParseMultipartForm(1))
	})
	r := httptest.NewRequest("POST", "/page", strings.NewReader(form.String()))
	r.Header.Set("Content-Type", parts.FormDataContentType())
	r.Header.Set("If-Match", `"a-gzip"`)
	_, err = gzip.NewHandler(middleware.FromHTTP(mux), gzip.Config{}).ServeHTTP(httptest.NewRecorder(), r)
	require.NoError(t, err)
	require.NotNil(t, r.MultipartForm)
	require.NoError(t, r.MultipartForm.RemoveAll())
	require.Equal(t, "POST /{id}", r.Pattern)
	require.Equal(t, `"a-gzip"`, r.Header.Get("If-Match"))
}

// TestNotModified checks the tag of a 304.
func TestNotModified(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   gzip.ETagMode
		accept string
		sent   []string
		tag    string
		want   string
	}{
		{"of what is stored encoded", gzip.ETagSuffix, "gzip", []string{`"a-gzip"`}, `"a"`, `"a-gzip"`},
		{"of what is stored encoded, in a list", gzip.ETagSuffix, "gzip, br", []string{`"b-br"`, `"a-br", "c"`}, `"a"`, `"a-br"`},
		{"of what is stored both ways", gzip.ETagSuffix, "gzip", []string{`"a-gzip", "a"`}, `"a"`, `"a"`},
		{"of what is stored as it is", gzip.ETagSuffix, "gzip", []string{`"a"`}, `"a"`, `"a"`},
		{"of what the handler has encoded", gzip.ETagSuffix, "gzip", []string{`"a-gzip"`}, `"a-gzip"`, `"a-gzip"`},
		{"of what a proxy has weakened", gzip.ETagSuffix, "gzip", []string{`W/"a-gzip"`}, `"a"`, `"a-gzip"`},
		{"of what is weak", gzip.ETagSuffix, "gzip", []string{`W/"a-gzip"`}, `W/"a"`, `W/"a-gzip"`},
		{"of what is stored in a coding that is not accepted", gzip.ETagSuffix, "br", []string{`"a-gzip"`}, `"a"`, `"a"`},
		{"by weak tags", gzip.ETagWeak, "gzip", []string{`W/"a"`}, `"a"`, `W/"a"`},
		{"by weak tags, of what is stored as it is", gzip.ETagWeak, "gzip", []string{`"a"`}, `"a"`, `"a"`},
		{"by tags that are kept", gzip.ETagKeep, "gzip", []string{`"a"`}, `"a"`, `"a"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ask("GET", tt.accept)
			r.Header["If-None-Match"] = tt.sent
			w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Etag", tt.tag)
				w.WriteHeader(http.StatusNotModified)
			}, gzip.Config{ETag: tt.mode}, r)
			require.Equal(t, tt.want, w.Header().Get("Etag"))
			require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		})
	}
}

// TestManyTags checks that a client cannot have every tag of one field looked up in
// all of another, which takes minutes with what fits into a header.
func TestManyTags(t *testing.T) {
	const many = 50_000
	r := ask("GET", strings.Repeat("x, ", many)+"gzip, br;q=0")
	for _, coding := range []string{"gzip", "br"} {
		r.Header["If-None-Match"] = []string{strings.Repeat(`"a-`+coding+`", `, many)}
		w := serve(t, func(w http.ResponseWriter, seen *http.Request) {
			require.Equal(t, coding == "gzip", strings.HasSuffix(seen.Header.Get("If-None-Match"), `, "a"`))
			w.Header().Set("Etag", `"a"`)
			w.WriteHeader(http.StatusNotModified)
		}, gzip.Config{}, r)
		require.Equal(t, map[string]string{"gzip": `"a-gzip"`, "br": `"a"`}[coding], w.Header().Get("Etag"))
	}
}

// FuzzConditions checks that no tag is lost, and none made up.
func FuzzConditions(f *testing.F) {
	f.Add(`"a-gzip", W/"b-br", "c"`)
	f.Add(`"a-gzip`)
	f.Add(`W/`)
	h := gzip.New(gzip.Config{})
	f.Fuzz(func(t *testing.T, field string) {
		r := ask("GET", browser)
		r.Header.Set("If-None-Match", field)
		h(middleware.HandlerFunc(func(_ http.ResponseWriter, seen *http.Request) (int, error) {
			rest, ok := strings.CutPrefix(seen.Header.Get("If-None-Match"), field)
			require.True(t, ok)
			for added := range strings.SplitSeq(rest, `", `) {
				require.Contains(t, field, strings.Trim(added, `", W/`))
			}
			return 304, nil
		})).ServeHTTP(httptest.NewRecorder(), r)
	})
}
