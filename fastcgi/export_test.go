package fastcgi

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/shallot-http/shallot/middleware"
)

// Excepts reports whether Except has r, where names of files ignore case if fold is
// true.
func Excepts(c Config, r *http.Request, fold bool) bool { return c.excepts(r, fold) }

// RouteOf returns what a Handler makes of a request: the script and its PATH_INFO,
// or who else answers, and how.
func RouteOf(c Config, r *http.Request) string {
	passed := false
	next := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) {
		passed = true
		return 0, nil
	})
	h := NewHandler(next, c)
	d, status, _ := h.deliver(middleware.Record(httptest.NewRecorder()), r)
	switch {
	case d != nil && d.route.replaced:
		return d.route.script + " " + d.route.info + " ?" + d.route.query
	case d != nil:
		return d.route.script + " " + d.route.info
	case passed:
		return "next"
	}
	return fmt.Sprint(status)
}

// EnvironmentOf returns what an application is told of a request.
func EnvironmentOf(c Config, w http.ResponseWriter, r *http.Request) map[string]string {
	d, status, _ := NewHandler(middleware.Status(404), c).deliver(w, r)
	if d == nil {
		return map[string]string{"": fmt.Sprint(status)}
	}
	var p Params
	d.variables(&p)
	var names []string
	for name := range p.All() {
		names = append(names, name)
	}
	env := maps.Collect(p.All())
	if len(env) != len(names) {
		panic(fmt.Sprint("some name occurs twice: ", slices.Sorted(slices.Values(names))))
	}
	return env
}

// Splits returns where the path of a script may end, in p without its dots.
func Splits(p string, fold bool, suffixes ...string) (clean string, ends []int) {
	name, ok := nameOf(p)
	if !ok {
		return "", nil
	}
	return string(name), slices.Collect(name.splits(suffixes, fold))
}

// PlainOnWindows is plainOnWindows.
var PlainOnWindows = plainOnWindows

// IgnoresCase is ignoresCase.
const IgnoresCase = ignoresCase

// Surroundings returns a function that puts an environment together, as for each
// request.
func Surroundings(c Config, w http.ResponseWriter, r *http.Request) func() int {
	d, _, _ := NewHandler(nil, c).deliver(w, r)
	var p Params
	return func() int {
		p.Reset()
		d.variables(&p)
		return p.Len()
	}
}

// Finding returns a function that finds the script of r.
func Finding(c Config, r *http.Request) func() {
	h := NewHandler(nil, c)
	w := middleware.Record(httptest.NewRecorder())
	return func() { _, _, _ = h.deliver(w, r) }
}
