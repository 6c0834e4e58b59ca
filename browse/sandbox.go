package browse

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// pass has the next handler answer with a file: the one that r asks for, or the
// index page of the folder.
func (h *Handler) pass(w http.ResponseWriter, r *http.Request, tree static.Tree, index string) (int, error) {
	h.sandbox(w, r, tree, index)
	return h.next.ServeHTTP(w, r)
}

// sandbox has a browser run nothing of what pass passes on.
func (h *Handler) sandbox(w http.ResponseWriter, r *http.Request, tree static.Tree, index string) {
	name := path.Join(r.URL.Path, index)
	if !h.cfg.Sandbox || !runs(static.TypeOf(name)) {
		return
	}
	if info, err := tree.Stat(name); err == nil && !info.IsDir() { // and no route of the next handler
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:")
		w.Header().Set("X-Content-Type-Options", "nosniff")
	}
}

// sandboxOutside is sandbox for what is outside of the path, which may be within to
// the file system behind it.
func (h *Handler) sandboxOutside(w http.ResponseWriter, r *http.Request) {
	if !h.cfg.Sandbox || r.Method == http.MethodConnect || !h.contains(r) {
		return
	}
	tree := h.files.For(r)
	index := ""
	if folder, err := tree.OpenFolder(r.URL.Path); err == nil {
		index = h.index(folder)
		folder.Close()
	}
	h.sandbox(w, r, tree, index)
}

// contains is [middleware.Path.Within] without regard to case.
func (h *Handler) contains(r *http.Request) bool {
	folded := &http.Request{URL: &url.URL{Path: fold(r.URL.Path)}}
	return middleware.Path(fold(string(h.cfg.Path))).Within(folded)
}

// fold maps strings that differ in case only to one; ToUpper unites what ToLower
// would keep apart.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// runs reports whether a browser may run what is in a file of a type.
func runs(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return mediaType == "text/html" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml")
}
