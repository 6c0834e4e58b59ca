package upstream

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

// A Cookie is what [NewSticky] gives to clients.
type Cookie struct {
	Name string // "" is lb

	// Key signs the cookie. All proxies of a site must have the same; 32 random bytes
	// are enough. Without one it is made up, and cookies are good until the process
	// ends.
	Key []byte

	Path   string        // "" is /
	Domain string        // "" is the host alone
	MaxAge time.Duration // 0 is until the browser is closed

	// SameSite of the cookie. 0 is http.SameSiteLaxMode. It is HttpOnly in any case.
	SameSite http.SameSite

	// Secure makes the client send the cookie over TLS only. It is set in any case
	// where r came that way.
	Secure bool

	// Policy selects for clients that have no cookie, or whose upstream cannot be
	// used. Nil is PowerOfTwo().
	Policy Policy
}

// Sticky is the policy that selects the upstream of the client's cookie.
type Sticky struct{ cookie Cookie }

// A token is the value of a cookie, kept with the upstream it leads to.
type token struct {
	of   *Sticky
	text string
}

// NewSticky returns a policy by which clients come back to the upstream they began
// with, while that is fit; then they get another, and a new cookie. The caller has
// to send it: see [Pick.Mark].
//
// The value is an HMAC of what the upstream is called: it tells nobody the address,
// and nobody can choose an upstream but one that was given to somebody.
func NewSticky(c Cookie) *Sticky {
	c.Name, c.Path = cmp.Or(c.Name, "lb"), cmp.Or(c.Path, "/")
	c.SameSite = cmp.Or(c.SameSite, http.SameSiteLaxMode)
	if c.Policy == nil {
		c.Policy = PowerOfTwo()
	}
	if c.Key = slices.Clone(c.Key); len(c.Key) == 0 {
		c.Key = make([]byte, sha256.Size)
		rand.Read(c.Key)
	}
	return &Sticky{c}
}

// Select returns the upstream of r's cookie, of whichever tier: a client that has
// begun with a backup stays there.
func (s *Sticky) Select(c Candidates, r *http.Request) *Upstream {
	if r != nil {
		if value, ok := cookie(r, s.cookie.Name); ok {
			if u := c.Find(func(u *Upstream) bool { return s.leads(value, u) }); u != nil {
				return u
			}
		}
	}
	return s.cookie.Policy.Select(c, r)
}

// Mark adds the cookie to the header, unless r came with it.
func (s *Sticky) Mark(header http.Header, r *http.Request, u *Upstream) {
	if value, ok := cookie(r, s.cookie.Name); ok && s.leads(value, u) {
		return
	}
	header.Add("Set-Cookie", (&http.Cookie{
		Name:     s.cookie.Name,
		Value:    s.token(u),
		Path:     s.cookie.Path,
		Domain:   s.cookie.Domain,
		MaxAge:   int(s.cookie.MaxAge / time.Second),
		SameSite: s.cookie.SameSite,
		Secure:   s.cookie.Secure || r.TLS != nil,
		HttpOnly: true,
	}).String())
}

func (s *Sticky) leads(value string, u *Upstream) bool {
	text := s.token(u)
	if len(value) != len(text) {
		return false
	}
	// ConstantTimeCompare wants bytes: on the stack, as they are few.
	var a, b [tokenLen]byte
	copy(a[:], value)
	copy(b[:], text)
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// tokenLen is the length of 16 bytes in base64, which is what a token has of its
// HMAC.
const tokenLen = 22

func (s *Sticky) token(u *Upstream) string {
	if t := u.token.Load(); t != nil && t.of == s {
		return t.text
	}
	mac := hmac.New(sha256.New, s.cookie.Key)
	mac.Write([]byte(u.identity().key()))
	text := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
	u.token.Store(&token{s, text})
	return text
}
