package live

import "strings"

// shown returns r as operators are to see it.
func (p *pages) shown(r *Request) *Request {
	seen := *r
	for _, s := range [...]*string{&seen.Method, &seen.Host, &seen.URI, &seen.Remote, &seen.Error} {
		*s = short(*s) // of those in flight it is not yet
	}
	if p.Sensitive {
		return &seen
	}
	seen.URI = withoutQuery(seen.URI)
	seen.Error = withoutQueries(seen.Error)
	return &seen
}

// withoutQuery returns a URI up to its first question mark or number sign, whatever
// stands behind it, and without the user and password of a URL.
func withoutQuery(uri string) string {
	i := strings.IndexAny(uri, "?#")
	if i < 0 {
		return withoutUser(uri)
	}
	cut := withoutUser(uri[:i]) + uri[i:i+1]
	if i+1 < len(uri) {
		cut += "…"
	}
	return cut
}

// withoutUser leaves out what stands in front of the hosts of URLs.
func withoutUser(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = "…" + authority[at:]
	}
	if before, ok := strings.CutSuffix(authority, ":"); ok { // it may be the scheme of the next
		authority, path = before, ":"+path
	}
	return scheme + "://" + authority + withoutUser(path)
}

// withoutQueries does that to all words of a text, such as an error, which quotes
// URLs. In a query there may be quotes, so that only those at the end of a word are
// the text's own.
func withoutQueries(s string) string {
	if !strings.ContainsAny(s, "?#@") {
		return s
	}
	var out strings.Builder
	for s != "" {
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		word := s[:end]
		if strings.ContainsAny(word, "/?") {
			bare := strings.TrimRight(word, "\"'<>)]:;,.")
			out.WriteString(withoutQuery(bare))
			word = word[len(bare):]
		}
		out.WriteString(word)
		if end < len(s) {
			out.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return out.String()
}
