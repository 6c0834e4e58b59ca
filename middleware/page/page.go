package page

import (
	"cmp"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// Config says what pages may see, and how much they may take. With the zero Config
// they can include nothing but what is in the root that a layer further out gave
// the request with [middleware.WithRoot].
type Config struct {
	// Files are the files there are, as for the layer that serves them.
	Files static.Config

	// Left and Right are what actions are written between: {{ and }} if empty.
	Left, Right string

	// Markdown makes HTML of the text that .Markdown is for, of which the result
	// must be safe. Nil makes .Markdown an error.
	Markdown func(text []byte) (template.HTML, error)

	// Env are the names of the environment variables that pages may see.
	Env []string

	// Trusted are proxies whose word on the client counts, see
	// [middleware.ClientIP].
	Trusted []netip.Prefix

	Limit int64         // bytes of a page, and of a file that is one; 0 is 16 MiB
	Time  time.Duration // for a page with all that it includes; 0 is 10 seconds
	Depth int           // of includes in includes; 0 is 16
}

// An Engine executes pages.
type Engine struct {
	cfg   Config
	files *static.Files
	known [2]Cache[*Template] // of those that are escaped, and of those that are not
}

// NewEngine returns the Engine that c describes.
func NewEngine(c Config) *Engine {
	c.Left, c.Right = cmp.Or(c.Left, "{{"), cmp.Or(c.Right, "}}")
	c.Env, c.Trusted = slices.Clone(c.Env), slices.Clone(c.Trusted)
	c.Limit = cmp.Or(c.Limit, 16<<20)
	c.Time = cmp.Or(c.Time, 10*time.Second)
	c.Depth = cmp.Or(c.Depth, 16)
	return &Engine{cfg: c, files: static.NewFiles(c.Files)}
}

// A Visit is one request's view of the site.
type Visit struct {
	Tree static.Tree // the files there are
	Text bool        // to have nothing escaped

	// Data makes the dot of a page, and of what it includes, of the Context; nil is
	// the Context itself.
	Data func(*Context) any

	engine *Engine
	w      http.ResponseWriter
	r      *http.Request
	from   time.Time // when it began
	turns  int
	links  []string
}

// Visit returns the view of the site that r, which w answers, is to have.
func (e *Engine) Visit(w http.ResponseWriter, r *http.Request) *Visit {
	return &Visit{Tree: e.files.For(r), engine: e, w: w, r: r, from: time.Now()}
}

// Load returns the template in the file of a name. The error is
// [io/fs.ErrNotExist], or wraps it, if and only if there is no such file.
func (v *Visit) Load(name string) (*Template, error) {
	e, known := v.engine, &v.engine.known[0]
	if v.Text {
		known = &e.known[1]
	}
	return known.Load(v.Tree, name, e.cfg.Limit, func(source []byte, _ fs.FileInfo) (*Template, error) {
		return parse(name, string(source), v.Text, e.cfg)
	})
}

// check returns an error once v has to end. It is called so often that it looks at
// the clock but now and then.
func (v *Visit) check() error {
	if v.turns++; v.turns%64 != 1 {
		return nil
	}
	return v.overdue()
}

func (v *Visit) overdue() error {
	if err := v.r.Context().Err(); err != nil {
		return err
	}
	if most := v.engine.cfg.Time; time.Since(v.from) > most {
		return fmt.Errorf("it takes longer than %v", most)
	}
	return nil
}

// Send answers the request with what a page has made, and what is wrong with it,
// if anything is: then it is 500 whatever is missing (caddy#581), unless the client
// has left. A Content-Type that there is already is left alone (caddy#2707).
func (v *Visit) Send(mediaType string, body []byte, err error) (int, error) {
	switch {
	case v.r.Context().Err() != nil:
		return middleware.StatusClientClosed, cmp.Or(err, v.r.Context().Err())
	case err != nil:
		return http.StatusInternalServerError, err
	}
	header := v.w.Header()
	for _, link := range v.links {
		header.Add("Link", link)
	}
	if _, set := header["Content-Type"]; !set {
		header.Set("Content-Type", mediaType)
	}
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	v.w.WriteHeader(http.StatusOK)
	if v.r.Method == http.MethodHead {
		return http.StatusOK, nil
	}
	if _, err := v.w.Write(body); err != nil {
		return middleware.StatusClientClosed, err
	}
	return http.StatusOK, nil
}
