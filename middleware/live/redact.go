package live

import "strings"

// shown returns r as operators are to see it.
func (p *pages) shown(r *Request) *Request {
	if p.Sensitive {
		return r
	}
	seen := *r
	seen.URI = withoutQueries(r.URI)
	seen.Error = withoutQueries(r.Error)
	return &seen
}

// withoutQueries leaves out what stands between a question mark and the end of a
// word, and the user and password of a URL: errors quote URLs.
func withoutQueries(s string) string {
	if !strings.ContainsAny(s, "?@") {
		return s
	}
	var out strings.Builder
	for s != "" {
		end := strings.IndexAny(s, " \t\r\n\"'<>")
		if end < 0 {
			end = len(s)
		}
		word := s[:end]
		if i := strings.Index(word, "://"); i >= 0 {
			authority := word[i+3:]
			if j := strings.IndexAny(authority, "/?#"); j >= 0 {
				authority = authority[:j]
			}
			if at := strings.LastIndexByte(authority, '@'); at >= 0 {
				word = word[:i+3] + "…" + word[i+3+at:]
			}
		}
		path, query, cut := strings.Cut(word, "?")
		out.WriteString(path)
		if cut {
			out.WriteByte('?')
			if query != "" {
				out.WriteString("…")
			}
		}
		if end < len(s) {
			out.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return out.String()
}
