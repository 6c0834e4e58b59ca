package middleware

import (
	"net/http"
	"strings"
)

// Reads reports whether r asks for what there is, by GET or HEAD.
func Reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// MethodNotAllowed returns what a layer returns for a request by another method than
// those that it answers here, which have to be said: RFC 9110, section 15.5.6.
func MethodNotAllowed(w http.ResponseWriter, allowed ...string) (status int, err error) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return http.StatusMethodNotAllowed, nil
}
