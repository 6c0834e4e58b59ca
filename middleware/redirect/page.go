package redirect

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"

	"github.com/shallot-http/shallot/middleware"
)

// servePage answers with a page that sends its reader on: at once by a browser's
// own doing, and else by a link.
func servePage(w http.ResponseWriter, r *http.Request, location string) (int, error) {
	to := html.EscapeString(location)
	page := fmt.Sprintf(`<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=%s">
<title>Redirect</title>
</head>
<body><a href="%s">Continue</a></body>
</html>
`, to, to)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return 0, nil
	}
	if _, err := io.WriteString(w, page); err != nil {
		return middleware.StatusClientClosed, fmt.Errorf("redirect: %w", err)
	}
	return 0, nil
}
