package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/middleware"
)

// TestDictionaries has the browser fetch one release of a script, and then the next
// one encoded with the first as a dictionary (RFC 9842), by each coding.
func TestDictionaries(t *testing.T) {
	releases := map[string]string{"/app.1.js": script(1), "/app.2.js": script(2)}
	var dictionaries gzip.Dictionaries
	require.NoError(t, dictionaries.Learn(gzip.DictionaryRule{Match: "/app.*.js", ID: "app"}))
	site := middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := releases[r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!doctype html><title>dictionaries</title>")
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cache-Control", "max-age=3600")
		io.WriteString(w, text)
	}), gzip.New(gzip.Config{Dictionaries: &dictionaries}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if coding := r.URL.Query().Get("accept"); coding != "" && strings.Contains(r.Header.Get("Accept-Encoding"), coding) {
			r.Header.Set("Accept-Encoding", coding) // of those that the browser accepts
		}
		site.ServeHTTP(w, r)
	}))
	defer server.Close()
	page := open(t, server.URL)

	got := eval[fetched](t, page, fetchAndHash("/app.1.js"))
	require.Equal(t, hashOf(releases["/app.1.js"]), got.Hash)
	require.Equal(t, `match="/app.*.js", id="app"`, page.header(server.URL+"/app.1.js", "Use-As-Dictionary"))

	for _, coding := range []string{"dcb", "dcz"} {
		path := "/app.2.js?accept=" + coding
		// The browser stores the dictionary when it gets around to it.
		got := eval[fetched](t, page, fmt.Sprintf(`
			for (;;) {
				const got = await (async () => {%s})();
				if (got.coding === %q) return got;
				await new Promise(r => setTimeout(r, 20));
			}`, fetchAndHash(path), coding))
		require.Equal(t, hashOf(releases["/app.2.js"]), got.Hash, coding)
		require.Equal(t, len(releases["/app.2.js"]), got.Size)
		require.Equal(t, coding, page.header(server.URL+path, "Content-Encoding"))
		require.Equal(t, "Accept-Encoding, Available-Dictionary", page.header(server.URL+path, "Vary"))
	}
}

// fetched is what fetchAndHash returns.
type fetched struct {
	Coding, Hash string
	Size         int
}

// fetchAndHash is a script that fetches path, past the cache.
func fetchAndHash(path string) string {
	return fmt.Sprintf(`
		const response = await fetch(%q, {cache: "no-store"});
		const body = await response.arrayBuffer();
		const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
		return {
			coding: response.headers.get("Content-Encoding"),
			hash: Array.from(hash, b => b.toString(16).padStart(2, "0")).join(""),
			size: body.byteLength,
		};`, path)
}

func hashOf(s string) string {
	hash := sha256.Sum256([]byte(s))
	return hex.EncodeToString(hash[:])
}

// script returns a release of a script of 300 KB.
func script(release int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	fmt.Fprintf(&b, "// release %d\n", release)
	for n := 0; b.Len() < 300_000; n++ {
		if release > 1 && n%100 == 0 {
			fmt.Fprintf(&b, "function added%d() { return %d }\n", n, release)
		}
		fmt.Fprintf(&b, "function f%d(a, b) { return a * %d + b.x%x }\n", n, r.IntN(1000), r.Uint32())
	}
	return b.String()
}
