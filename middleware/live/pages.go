package live

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accept"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// A PagesConfig says what the pages show, and to whom. The zero PagesConfig shows
// nothing but the program, to this machine alone.
type PagesConfig struct {
	Recorder *Recorder

	// Path is what the paths of the pages begin with; "" is /debug. Pages behind
	// http.StripPrefix are at /.
	Path string

	// Access says who may see the pages. The zero Access is that of the zero
	// middleware.Private: this machine, unless the request was forwarded or is for the
	// name of another host.
	Access middleware.Access

	// Sensitive shows the queries of URIs, which often hold secrets. Otherwise they
	// are cut off, in errors as well.
	Sensitive bool

	// Upstreams are the groups to show. Nil is none.
	Upstreams func() []*upstream.Group

	// Drain is closed to have taps end, as when the server is to stop, which waits for
	// requests. Nil is never.
	Drain <-chan struct{}
}

// Pages returns what shows a Recorder to operators: see the package comment.
func Pages(c PagesConfig) http.Handler {
	if c.Path == "" {
		c.Path = DefaultPath
	}
	c.Path = strings.TrimSuffix(c.Path, "/")
	if c.Access == (middleware.Access{}) {
		c.Access.Private = new(middleware.Private)
	}
	if c.Upstreams == nil {
		c.Upstreams = func() []*upstream.Group { return nil }
	}
	if c.Recorder == nil {
		c.Recorder = newRecorder() // of which nobody tells anything
	}
	p := &pages{c}
	return middleware.AppHandler(p.serve)
}

type pages struct{ PagesConfig }

// A page is one of them. What show returns is the data of its template, and its
// JSON.
type page struct {
	title string
	show  func(p *pages, q url.Values) (any, error)
	serve func(p *pages, w http.ResponseWriter, r *http.Request) (int, error) // in place of show
}

// pageOf returns the page of a name: what follows Path and a slash.
func pageOf(name string) (page, bool) {
	switch name {
	case "":
		return page{title: "Overview", show: (*pages).overview}, true
	case "requests":
		return page{title: "In flight", show: (*pages).requests}, true
	case "slow":
		return page{title: "Slow", show: (*pages).slow}, true
	case "errors":
		return page{title: "Errors", show: (*pages).errors}, true
	case "latency":
		return page{title: "Latency", show: (*pages).latency}, true
	case "upstreams":
		return page{title: "Upstreams", show: (*pages).upstreams}, true
	case "probes":
		return page{title: "Probes", show: (*pages).probes}, true
	case "log":
		return page{title: "Log", show: (*pages).levels}, true
	case "trace":
		return page{title: "Trace", show: (*pages).trace}, true
	case "trace.out":
		return page{serve: (*pages).traceFile}, true
	case "tap":
		return page{serve: (*pages).tap}, true
	case "style.css":
		return page{serve: (*pages).style}, true
	}
	if name, ok := strings.CutPrefix(name, "probes/"); ok {
		return scriptOf(name)
	}
	return page{}, false
}

func (p *pages) serve(w http.ResponseWriter, r *http.Request) (int, error) {
	var also []string
	if strings.TrimPrefix(r.URL.Path, p.Path) == "/log" {
		also = append(also, http.MethodPut)
	}
	if status, err := p.Access.Admit(w, r, also...); status != 0 {
		return status, err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	rest, ok := strings.CutPrefix(r.URL.Path, p.Path)
	if ok && rest == "" {
		h.Set("Location", p.Path+"/")
		return http.StatusMovedPermanently, nil
	}
	name, ok := strings.CutPrefix(rest, "/")
	page, known := pageOf(name)
	if !ok || !known {
		return http.StatusNotFound, nil
	}
	// What Query leaves out could be the one thing that says who is meant.
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return complain(w, http.StatusBadRequest, err)
	}
	if r.Method == http.MethodPut {
		return p.setLevel(w, r)
	}
	if page.serve != nil {
		return page.serve(p, w, r)
	}
	return p.show(w, r, name, page)
}

// Media types that pages come in, the one for who does not care first.
const (
	typeJSON       = "application/json"
	typeHTML       = "text/html"
	typePrometheus = "text/plain"
)

// show answers with a page in the form that is asked for.
func (p *pages) show(w http.ResponseWriter, r *http.Request, name string, page page) (int, error) {
	accept.Vary(w.Header(), "Accept")
	q := r.URL.Query()
	offers := []string{typeJSON, typeHTML}
	if name == "latency" {
		offers = append(offers, typePrometheus)
	}
	form, ok := accept.TypesOf(r.Header).Choose(offers...)
	switch q.Get("format") {
	case "json":
		form = typeJSON
	case "html":
		form = typeHTML
	case "prometheus":
		form, ok = typePrometheus, ok && name == "latency"
	case "":
	default:
		ok = false
	}
	if !ok {
		return http.StatusNotAcceptable, nil
	}
	q.Del("format")
	q.Del("refresh")
	data, err := page.show(p, q)
	if err != nil {
		return complain(w, http.StatusBadRequest, err)
	}
	var body []byte
	switch form {
	case typeHTML:
		body, err = render(name, page.title, refreshOf(r), data)
	case typePrometheus:
		form += "; version=0.0.4; charset=utf-8"
		body = p.prometheus()
	default:
		body, err = marshal(data, "\t")
	}
	if err != nil {
		return http.StatusInternalServerError, err
	}
	return send(w, form, body)
}

// noMore reports a parameter, where a page has none.
func noMore(q url.Values) error {
	for name := range q {
		return fmt.Errorf("%q is not known here", name)
	}
	return nil
}

func send(w http.ResponseWriter, mediaType string, body []byte) (int, error) {
	if mediaType != typeJSON && !strings.Contains(mediaType, ";") {
		mediaType += "; charset=utf-8"
	}
	w.Header().Set("Content-Type", mediaType)
	if !bytes.HasSuffix(body, []byte("\n")) {
		body = append(body, '\n')
	}
	_, err := w.Write(body)
	return 0, err
}

// complain tells an operator what is wrong with a request: more than a page of the
// site would say.
func complain(w http.ResponseWriter, status int, err error) (int, error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, werr := fmt.Fprintln(w, err)
	return 0, werr
}
