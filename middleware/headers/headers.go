package headers

import (
	"net/http"
	"net/netip"
	"slices"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

// Config says which fields to change. The zero Config changes none.
type Config struct {
	Rules   []Rule         // all that match count, in this order
	Trusted []netip.Prefix // proxies whose word on {remote} counts, see middleware.ClientIP
}

// A Rule is what to do to the responses for a part of a site.
type Rule struct {
	Path   middleware.Path // by Match
	Fields []Field         // in this order
}

// A Field is something to do to one field of a header. It is made by [Set], [Add]
// or [Delete].
type Field struct {
	name  string // canonical
	op    op
	value *placeholder.Template
}

type op int

const (
	set op = iota
	add
	remove
)

// Set returns the Field that gives a field one value, which may have placeholders.
func Set(name, value string) Field {
	return Field{http.CanonicalHeaderKey(name), set, placeholder.Compile(value, placeholder.Header)}
}

// Add returns the Field that gives a field one more value, unless it has that
// value already.
func Add(name, value string) Field {
	return Field{http.CanonicalHeaderKey(name), add, placeholder.Compile(value, placeholder.Header)}
}

// Delete returns the Field that deletes all values of a field.
func Delete(name string) Field {
	return Field{name: http.CanonicalHeaderKey(name), op: remove}
}

func (f *Field) apply(h http.Header, v *placeholder.Values) {
	if f.op == remove {
		delete(h, f.name)
		return
	}
	value, constant := f.value.Constant()
	if !constant {
		value = string(f.value.Append(nil, v))
	}
	if f.op == set {
		h[f.name] = []string{value}
	} else if values := h[f.name]; !slices.Contains(values, value) {
		h[f.name] = append(slices.Clip(values), value) // the array may be somebody else's
	}
}

// New returns the middleware that changes fields as c says.
func New(c Config) middleware.Middleware {
	c = c.clone()
	return func(next middleware.Handler) middleware.Handler {
		return &Handler{next, c}
	}
}

// A Handler changes the fields of what the next one responds.
type Handler struct {
	next middleware.Handler
	cfg  Config
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	return &Handler{next, c.clone()}
}

// clone returns a Config of its own.
func (c Config) clone() Config {
	c.Trusted = slices.Clone(c.Trusted)
	c.Rules = slices.Clone(c.Rules)
	for i := range c.Rules {
		c.Rules[i].Fields = slices.Clone(c.Rules[i].Fields)
	}
	return c
}

// ServeHTTP implements [middleware.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	first := slices.IndexFunc(h.cfg.Rules, func(rule Rule) bool { return rule.Path.Match(r) })
	if first < 0 {
		return h.next.ServeHTTP(w, r)
	}
	rec := middleware.Record(w)
	fw := &writer{Recorder: rec, request: r, cfg: &h.cfg}
	fw.fields = fw.room[:0]
	for _, rule := range h.cfg.Rules[first:] {
		if rule.Path.Match(r) {
			fw.fields = append(fw.fields, rule.Fields)
		}
	}
	fw.apply(0)
	amount := http.StatusInternalServerError // unless it returns
	defer func() {
		if amount != 0 && !rec.Begun() {
			fw.apply(amount) // to what somebody else answers
		}
	}()
	status, err := h.next.ServeHTTP(fw, r)
	amount, _ = middleware.Settle(rec, r, status, err)
	return status, err
}
