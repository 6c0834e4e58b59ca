package websocket

import (
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/shallot-http/shallot/middleware"
)

// inherited are the variables of this program without which others do not run: the
// last four on Windows.
var inherited = []string{"PATH", "SystemRoot", "ComSpec", "PATHEXT", "WINDIR"}

// unwanted are fields that are no business of programs: Proxy would be taken for
// the address of one (CVE-2016-5385), and RFC 3875, section 4.1.18, has
// credentials kept from them.
var unwanted = []string{"Authorization", "Proxy", "Proxy-Authorization"}

// environ returns the variables of CGI for r, RFC 3875, section 4.1.
func (h *Handler) environ(w http.ResponseWriter, r *http.Request) []string {
	var env []string
	set := func(name, value string) { env = append(env, name+"="+value) }
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			set(name, value)
		}
	}
	scope := strings.TrimRight(h.cfg.Path.Prefix(), "/")
	script, rest := "", r.URL.Path
	if after, ok := strings.CutPrefix(rest, scope); ok {
		script, rest = scope, after
	}
	name, port := r.Host, "80"
	if r.TLS != nil {
		port = "443"
		set("HTTPS", "on")
	}
	if host, number, err := net.SplitHostPort(r.Host); err == nil {
		name, port = host, number
	}
	client := ""
	if addr := middleware.ClientIP(r, h.cfg.Trusted); addr.IsValid() {
		client = addr.String()
	}
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("PATH_INFO", rest)
	set("QUERY_STRING", r.URL.RawQuery)
	set("REMOTE_ADDR", client)
	set("REMOTE_HOST", client) // as section 4.1.9 allows
	if peer, number, err := net.SplitHostPort(r.RemoteAddr); err == nil && peer == client {
		set("REMOTE_PORT", number)
	}
	if user := middleware.NoteValue(w, middleware.NoteUser).String(); user != "<nil>" && user != "" {
		set("REMOTE_USER", user)
	}
	set("REQUEST_METHOD", r.Method)
	set("REQUEST_URI", middleware.OriginalURL(w, r).RequestURI())
	set("SCRIPT_NAME", script)
	set("SERVER_NAME", name)
	set("SERVER_PORT", port)
	set("SERVER_PROTOCOL", r.Proto)
	set("SERVER_SOFTWARE", "shallot")
	set("HTTP_HOST", r.Host)
	for field, values := range r.Header {
		if strings.ContainsRune(field, '_') || slices.Contains(unwanted, field) {
			continue
		}
		separator := ", "
		if field == "Cookie" {
			separator = "; "
		}
		set("HTTP_"+strings.ToUpper(strings.ReplaceAll(field, "-", "_")), strings.Join(values, separator))
	}
	return append(env, h.cfg.Env...)
}
