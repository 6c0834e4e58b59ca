package middleware

import (
	"net/http"
	"net/url"
	"strings"
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

// AskedURL is [OriginalURL] for a redirect: if it was not [Rewrite] that changed the
// URL, as with [http.StripPrefix], the request line tells.
func AskedURL(w http.ResponseWriter, r *http.Request) *url.URL {
	u := OriginalURL(w, r)
	if u != r.URL {
		return u
	}
	line, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return u
	}
	return line
}

// Location returns u as it stands in the field of this name. What must not be in it is
// escaped: a query comes as it was sent, in which a number sign is no more than that.
func Location(u *url.URL) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c >= 0x7f || c == '#' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
