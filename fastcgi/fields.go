package fastcgi

import (
	"net/http"
	"strings"
)

// addFields adds the fields of the request, as HTTP_ and their name in upper case.
func (e environment) addFields(r *http.Request) {
	if r.Host != "" {
		e.add("HTTP_HOST", r.Host)
	}
	var options map[string]bool
	if connection := r.Header["Connection"]; len(connection) > 0 {
		options = connectionOptions(connection)
	}
	var room [64]byte
	for name, values := range r.Header {
		if len(values) == 0 || isWithheld(name) || options[name] {
			continue
		}
		variable, ok := e.appendVariable(room[:0], name)
		if !ok || e.set != nil && e.set[string(variable)] {
			continue
		}
		if strings.ContainsAny(name, "_.") && r.Header.Values(strings.NewReplacer("_", "-", ".", "-").Replace(name)) != nil {
			continue // it is an alias, and not in need of one
		}
		separator := ", "
		if name == "Cookie" {
			separator = "; " // RFC 9113, section 8.2.3
		}
		e.params.Join(string(variable), separator, values...)
	}
}

// appendVariable appends the name that a field has in the environment, and returns
// false if it must not be there: several fields could have the same.
func (e environment) appendVariable(b []byte, name string) ([]byte, bool) {
	b = append(b, "HTTP_"...)
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z':
			b = append(b, c-'a'+'A')
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			b = append(b, c)
		case c == '-':
			b = append(b, '_')
		case c == '_', c == '.':
			if !e.aliases[http.CanonicalHeaderKey(name)] {
				return nil, false
			}
			b = append(b, '_')
		default:
			return nil, false
		}
	}
	return b, http.CanonicalHeaderKey(name) == name
}

// isWithheld reports whether a field is not for applications: those told by other
// variables, those for the connection only (RFC 9110, section 7.6.1), and Proxy,
// which would be taken for the proxy that the application is to use, by whatever
// asks HTTP_PROXY: CVE-2016-5385.
func isWithheld(name string) bool {
	switch name {
	case "Content-Length", "Content-Type", "Host", "Expect",
		"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Http2-Settings", "Proxy":
		return true
	}
	return false
}

// connectionOptions returns the names of other fields that Connection is about.
// Those that everybody is to see cannot be among them: CVE-2022-31813.
func connectionOptions(lines []string) map[string]bool {
	var options map[string]bool
	for _, line := range lines {
		for option := range strings.SplitSeq(line, ",") {
			name := http.CanonicalHeaderKey(strings.Trim(option, " \t"))
			switch name {
			case "", "Close", "Keep-Alive", "Upgrade", "Te",
				"Authorization", "Cookie", "Host", "Via", "Content-Type", "Content-Length", "Content-Encoding", "Cache-Control",
				"Forwarded", "X-Real-Ip":
				continue
			}
			if strings.HasPrefix(name, "X-Forwarded-") {
				continue
			}
			if options == nil {
				options = map[string]bool{}
			}
			options[name] = true
		}
	}
	return options
}
