package middleware

import (
	"net/http"
	"net/url"
)

// Rewrite returns r as if it had asked for u, which it keeps. Handlers behind
// the caller see u in URL and RequestURI; those that want to know what the
// client asked for call [OriginalURL]. The request given is left as it was, so
// that a log further out tells the truth; see [CopyBack].
func Rewrite(w http.ResponseWriter, r *http.Request, u *url.URL) *http.Request {
	if rec := outermost(w); rec != nil {
		t := rec.tell()
		t.urls = append(t.urls, r.URL)
	}
	rewritten := new(http.Request)
	*rewritten = *r
	rewritten.URL = u
	rewritten.RequestURI = u.RequestURI()
	return rewritten
}

// OriginalURL returns the URL that the client asked for: r's own, unless a
// layer has put another in its place with [Rewrite].
func OriginalURL(w http.ResponseWriter, r *http.Request) *url.URL {
	if urls := toldOf(w).urls; len(urls) > 0 {
		return urls[0]
	}
	return r.URL
}
