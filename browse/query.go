package browse

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accept"
)

// A Layout is a way that a page shows entries.
type Layout int

const (
	LayoutList    Layout = iota // a table
	LayoutGrid                  // tiles, with images
	LayoutCompact               // a table of small rows
)

var layoutNames = [...]string{"list", "grid", "compact"}

func (l Layout) String() string { return layoutNames[l] }

// A format is what a listing is sent as.
type format int

const (
	formatHTML format = iota
	formatJSON
	formatNDJSON
	formatText
	formatJSON1 // of Caddy 1.0.5, which the Accept field cannot ask for
)

var formatNames = [...]string{"html", "json", "ndjson", "text", "json1"}

var mediaTypes = [...]string{"text/html", "application/json", "application/x-ndjson", "text/plain", "application/json"}

// A query is what a client asks for.
type query struct {
	format  format
	sort    Sort
	order   Order
	layout  Layout
	limit   int // 0 is everything
	offset  int
	find    string // a part of names
	archive string // a format to download

	remembered bool // that there was a choice in a cookie

	// given are those of the above, but for archive, that the client said itself,
	// now, by their names in a query.
	given url.Values
}

// parse returns what r asks for. What makes no sense is ignored, but for a format:
// programs would take what they get for what they have asked for.
func (h *Handler) parse(r *http.Request) (query, error) {
	values, _ := url.ParseQuery(r.URL.RawQuery) // what can be read of it
	q := query{sort: h.cfg.Sort, order: h.cfg.Order, layout: h.cfg.Layout, given: url.Values{}}
	if c, err := r.Cookie(cookieName); err == nil {
		q.remember(c.Value)
	}
	set := func(name string, use func(value string) bool) {
		if value := values.Get(name); value != "" && use(value) {
			q.given.Set(name, value)
		}
	}
	set("sort", func(v string) bool { return choose(&q.sort, sortNames[:], v) })
	if q.given.Has("sort") {
		q.order = Ascending
	}
	set("order", func(v string) bool { return choose(&q.order, orderNames[:], v) })
	set("layout", func(v string) bool { return choose(&q.layout, layoutNames[:], v) })
	set("q", func(v string) bool { q.find = v; return len(v) <= longestFind })
	if len(q.find) > longestFind {
		q.find = ""
	}
	q.archive = values.Get("archive")
	set("format", func(v string) bool { return choose(&q.format, formatNames[:], v) })
	if name := values.Get("format"); name != "" && !q.given.Has("format") {
		return q, fmt.Errorf("browse: there is no format %q", name)
	}
	if !q.given.Has("format") {
		chosen, _ := accept.TypesOf(r.Header).Choose(mediaTypes[:formatJSON1]...)
		q.format = format(slices.Index(mediaTypes[:], chosen))
	}
	if q.format == formatHTML || q.format == formatJSON {
		q.limit = h.cfg.Page
	}
	set("limit", func(v string) bool { return number(&q.limit, v, 1) })
	set("offset", func(v string) bool { return number(&q.offset, v, 0) })
	if q.format == formatHTML {
		q.limit = min(q.limit, mostOnPage)
	}
	return q, nil
}

// longestFind is as long as a name can be on most systems.
const longestFind = 255

// choose sets v to the place of name among names, if it is there.
func choose[T ~int](v *T, names []string, name string) bool {
	i := slices.Index(names, name)
	if i >= 0 {
		*v = T(i)
	}
	return i >= 0
}

// number sets v to a number that is not less than least, nor so large that two of
// them do not add up.
func number(v *int, text string, least int) bool {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int(n) < least || n > 1<<29 {
		return false
	}
	*v = int(n)
	return true
}

// with returns the query, as it is in a URL, that asks for the same but for name,
// which becomes value.
func (q query) with(name, value string) string { return "?" + q.alter(name, value).Encode() }

func (q query) alter(name, value string) url.Values {
	values := url.Values{}
	maps.Copy(values, q.given)
	if value == "" {
		values.Del(name)
	} else {
		values.Set(name, value)
	}
	return values
}

const cookieName = "browse"

// remember takes a choice that was made earlier from a cookie, if it is one.
func (q *query) remember(cookie string) {
	parts := strings.Split(cookie, ".")
	if len(parts) != 3 {
		return
	}
	old := *q
	if !choose(&q.sort, sortNames[:], parts[0]) || !choose(&q.order, orderNames[:], parts[1]) || !choose(&q.layout, layoutNames[:], parts[2]) {
		*q = old
		return
	}
	q.remembered = true
}

// cookie has the client remember how it wants things sorted and laid out, if it
// has just said so on a page.
func (h *Handler) cookie(w http.ResponseWriter, r *http.Request, q query) {
	if q.format != formatHTML || !q.given.Has("sort") && !q.given.Has("order") && !q.given.Has("layout") {
		return
	}
	value := q.sort.String() + "." + q.order.String() + "." + q.layout.String()
	if c, err := r.Cookie(cookieName); err == nil && c.Value == value {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: h.scope(w, r), MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// scope returns the path that a cookie is for: that of the Config, as the client
// sees it.
func (h *Handler) scope(w http.ResponseWriter, r *http.Request) string {
	asked := middleware.OriginalURL(w, r)
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil && asked == r.URL {
		asked = u // which http.StripPrefix leaves as it was
	}
	prefix, ok := strings.CutSuffix(asked.Path, strings.TrimPrefix(r.URL.Path, "/"))
	if !ok {
		return "/"
	}
	scope := url.URL{Path: strings.TrimSuffix(prefix, "/") + h.cfg.Path.Prefix()}
	return scope.EscapedPath()
}
