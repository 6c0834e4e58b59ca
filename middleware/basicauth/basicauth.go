package basicauth

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shallot-http/shallot/middleware"
)

// Config says who gets in. The zero Config lets nobody in anywhere.
type Config struct {
	Rules []Rule // any of those that cover a request lets it in; none at all covers everything

	// Remember is how long a password that was right need not be worked out again.
	// Zero is 5 minutes, negative is never.
	Remember time.Duration

	// Remembered is how many passwords are remembered at most. Zero is 10000.
	Remembered int

	// Gate bounds the work that passwords make. Nil is one of its own, as by
	// NewGate(0, 0).
	Gate *Gate
}

// A Rule says who gets to some paths: those who know the secret of the user, those
// who are in the file, or the one user as the file knows him. A Rule without any of
// these protects its paths and lets nobody in.
type Rule struct {
	Paths  []middleware.Path // what it covers, as Path.ProtectsAny says; none is everything
	User   string            // who; "" is everybody in File
	Secret Secret            // by which the user is known; nil is as in File
	File   *File
	Realm  string // what the client is told that it needs a password for; "" is Restricted
}

// New returns the middleware that lets in whom c says.
func New(c Config) middleware.Middleware {
	g := newGuard(c)
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, g} }
}

// A Handler lets some requests through to the next one.
type Handler struct {
	next  middleware.Handler
	guard *guard
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler { return &Handler{next, newGuard(c)} }

// ServeHTTP implements [middleware.Handler]. It returns 401 with a challenge in
// the header, or 503 and an error if the [Gate] was too narrow.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	var room [16]bool
	covered, challenge := h.guard.cover(w, r, room[:0])
	if challenge == "" {
		return h.next.ServeHTTP(w, r)
	}
	a, ok := parse(r.Header)
	if ok {
		var err error
		switch ok, err = h.guard.check(w, r, a, covered); {
		case errors.Is(err, errBusy):
			w.Header().Set("Retry-After", "1")
			return http.StatusServiceUnavailable, err
		case err != nil:
			return middleware.StatusOf(r, err), err
		}
	}
	if !ok {
		w.Header().Set("WWW-Authenticate", challenge)
		return http.StatusUnauthorized, nil
	}
	middleware.Note(w, slog.String(middleware.NoteUser, a.user))
	return h.next.ServeHTTP(w, r)
}

// A scope is a path that rules cover.
type scope struct {
	path      middleware.Path
	challenge string // of the first of them
}

// cover returns which scopes r is in, appended to covered, and the challenge of the
// first; that is "" if there is none.
func (g *guard) cover(w http.ResponseWriter, r *http.Request, covered []bool) ([]bool, string) {
	challenge := ""
	for _, s := range g.scopes {
		in := s.path.ProtectsAny(w, r)
		if in && challenge == "" {
			challenge = s.challenge
		}
		covered = append(covered, in)
	}
	return covered, challenge
}

// scopesOf returns the paths of rules, each once.
func scopesOf(rules []Rule) (scopes []scope) {
	for _, rule := range rules {
		for _, p := range rule.paths() {
			if !slices.ContainsFunc(scopes, func(s scope) bool { return s.path == p }) {
				scopes = append(scopes, scope{p, challenge(rule.Realm)})
			}
		}
	}
	return scopes
}

func (rule Rule) paths() []middleware.Path {
	if len(rule.Paths) == 0 {
		return []middleware.Path{"/"}
	}
	return rule.Paths
}

// challenge returns the value of WWW-Authenticate for a realm, which becomes a
// quoted-string of RFC 9110, section 5.6.4. The charset, of RFC 7617, section 2.1,
// has browsers send names and passwords in the encoding that they are compared in.
func challenge(realm string) string {
	quoted := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, realm)
	quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(quoted)
	return `Basic realm="` + cmp.Or(quoted, "Restricted") + `", charset="UTF-8"`
}
