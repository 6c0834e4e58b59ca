package middleware

import "net/http"

// CopyBack gives r what handlers further in found out about seen, a copy of it
// that they were given in its place:
//
//	seen := r.WithContext(ctx)
//	status, err := next.ServeHTTP(w, seen)
//	middleware.CopyBack(r, seen)
//	return status, err
//
// That is its form, for net/http removes the files that a client has uploaded only
// if the request it made itself knows of them (golang/go#58809), and the pattern
// of the route, for those that log it.
func CopyBack(r, seen *http.Request) {
	if seen.MultipartForm != nil {
		r.MultipartForm = seen.MultipartForm
	}
	if seen.Pattern != "" {
		r.Pattern = seen.Pattern
	}
}
