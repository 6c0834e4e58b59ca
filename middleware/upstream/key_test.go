package upstream_test

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

func TestKeys(t *testing.T) {
	request := func(change func(*http.Request)) *http.Request {
		r := get("/a%20b?x=1")
		r.RemoteAddr = "192.0.2.1:1234"
		r.Host = "example.com"
		change(r)
		return r
	}
	set := func(name, value string) *http.Request {
		return request(func(r *http.Request) { r.Header.Set(name, value) })
	}
	query := func(q string) *http.Request { return request(func(r *http.Request) { r.URL.RawQuery = q }) }
	from := func(addr string) *http.Request { return request(func(r *http.Request) { r.RemoteAddr = addr }) }
	plain := request(func(*http.Request) {})
	trusted := upstream.ByClientIP(netip.MustParsePrefix("192.0.2.0/24"))
	for _, tt := range []struct {
		name string
		key  upstream.Key
		a, b *http.Request
		same bool
	}{
		{"the port of the peer does not matter", upstream.ByIP, plain, from("192.0.2.1:99"), true},
		{"its address does", upstream.ByIP, plain, from("192.0.2.2:1234"), false},
		{"an address of IPv6", upstream.ByIP, from("[2001:db8::1]:1"), from("[2001:db8::2]:1"), false},
		{"what it says does not", upstream.ByIP, plain, set("X-Forwarded-For", "198.51.100.1"), true},
		{"unless it is trusted", trusted, plain, set("X-Forwarded-For", "198.51.100.1"), false},
		{"the query is part of the URI", upstream.ByURI, plain, get("/a%20b?x=2"), false},
		{"and the host is not", upstream.ByURI, plain, get("/a%20b?x=1"), true},
		{"a field", upstream.ByHeader("x-tenant"), set("X-Tenant", "a"), set("X-Tenant", "b"), false},
		{"the host is a field", upstream.ByHeader("host"), plain, request(func(r *http.Request) { r.Host = "example.org" }), false},
		{"a cookie among others", upstream.ByCookie("id"), set("Cookie", "x=1; id=7"), set("Cookie", "id=7; x=2"), true},
		{"a cookie in quotes", upstream.ByCookie("id"), set("Cookie", `id="7"`), set("Cookie", "id=7"), true},
		{"another cookie", upstream.ByCookie("id"), set("Cookie", "id=7"), set("Cookie", "xid=7; id=8"), false},
		{"an argument, escaped or not", upstream.ByQuery("u s"), query("x=1&u+s=a%62c"), query("u%20s=abc&x=2"), true},
		{"another argument", upstream.ByQuery("u"), query("u=1"), query("u=2&xu=1"), false},
		{"an argument that is no text", upstream.ByQuery("u"), query("u=%zz"), query("u=%zz;"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, ok := tt.key(tt.a)
			require.True(t, ok)
			b, ok := tt.key(tt.b)
			require.True(t, ok)
			require.Equal(t, tt.same, a == b)
		})
	}
	for name, r := range map[string]*http.Request{"a socket": from("@"), "nobody": from("")} {
		_, ok := upstream.ByIP(r)
		require.False(t, ok, name)
	}
	for name, key := range map[string]upstream.Key{
		"field": upstream.ByHeader("X-Tenant"), "cookie": upstream.ByCookie("id"), "argument": upstream.ByQuery("u"),
	} {
		_, ok := key(plain)
		require.False(t, ok, name)
	}
}

// TestSum checks that the hash is what it was in the last release: proxies of one
// site must agree.
func TestSum(t *testing.T) {
	require.EqualValues(t, uint64(0xefd01f60ba992926), upstream.Sum(""))
	require.NotEqual(t, upstream.Sum("a"), upstream.Sum("b"))
}

func TestSticky(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := upstream.NewSticky(upstream.Cookie{Name: "srv", Key: []byte("secret"), MaxAge: time.Hour, Policy: upstream.RoundRobin()})
		g := newGroup(t, upstream.Config{Targets: weighted(1, 1, 1), Policy: policy, Passive: upstream.Passive{MaxFails: 1}})
		visit := func(r *http.Request) (string, *http.Cookie) {
			p := pick(t, g, r)
			header := http.Header{}
			p.Mark(header, r)
			p.Done(upstream.Result{Status: 200})
			if header.Get("Set-Cookie") == "" {
				return name(p.Upstream), nil
			}
			c, err := http.ParseSetCookie(header.Get("Set-Cookie"))
			require.NoError(t, err)
			return name(p.Upstream), c
		}
		first, given := visit(get("/"))
		require.NotNil(t, given)
		require.True(t, given.HttpOnly)
		require.False(t, given.Secure)
		require.Equal(t, http.SameSiteLaxMode, given.SameSite)
		require.Equal(t, 3600, given.MaxAge)
		require.Equal(t, "/", given.Path)
		require.Len(t, given.Value, 22)
		back := get("/")
		back.AddCookie(&http.Cookie{Name: "other", Value: "x"})
		back.AddCookie(given)
		for range 10 {
			again, c := visit(back)
			require.Equal(t, first, again)
			require.Nil(t, c, "it has it")
		}

		for _, forged := range []string{"", "a:80", given.Value[:21], given.Value + "A", strings.ToLower(given.Value), strings.Repeat("A", 22)} {
			r := get("/")
			r.AddCookie(&http.Cookie{Name: "srv", Value: forged})
			got := map[string]bool{}
			for range 3 {
				to, c := visit(r)
				require.NotNil(t, c)
				got[to] = true
			}
			require.Len(t, got, 3, "%q leads nowhere", forged)
		}

		fail(t, g, first, 1)
		second, moved := visit(back)
		require.NotEqual(t, first, second)
		require.NotNil(t, moved)
		require.NotEqual(t, given.Value, moved.Value)

		secure := get("/")
		secure.TLS = &tls.ConnectionState{}
		_, c := visit(secure)
		require.True(t, c.Secure)
	})
}

// TestStickyAgrees checks that proxies with one key understand each other, and
// those with different ones do not.
func TestStickyAgrees(t *testing.T) {
	cookie := func(key string) string {
		g := newGroup(t, upstream.Config{Targets: weighted(1), Policy: upstream.NewSticky(upstream.Cookie{Key: []byte(key)})})
		p, header := pick(t, g, get("/")), http.Header{}
		p.Mark(header, get("/"))
		return header.Get("Set-Cookie")
	}
	require.Equal(t, cookie("a"), cookie("a"))
	require.NotEqual(t, cookie("a"), cookie("b"))
	require.NotEqual(t, cookie(""), cookie(""), "made up")
	require.NotContains(t, cookie("a"), "YTo4MA") // a:80

	u := pick(t, newGroup(t, upstream.Config{Targets: weighted(1)}), nil).Upstream
	for range 2 {
		a, b := http.Header{}, http.Header{}
		upstream.NewSticky(upstream.Cookie{Key: []byte("a")}).Mark(a, get("/"), u)
		upstream.NewSticky(upstream.Cookie{Key: []byte("b")}).Mark(b, get("/"), u)
		require.Equal(t, cookie("a"), a.Get("Set-Cookie"))
		require.Equal(t, cookie("b"), b.Get("Set-Cookie"))
	}
}

// TestStickyStaysWithABackup checks that a session that began with a backup is not
// lost when the others are back.
func TestStickyStaysWithABackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets := weighted(1, 1)
		targets[1].Tier = 1
		g := newGroup(t, upstream.Config{
			Targets: targets,
			Policy:  upstream.NewSticky(upstream.Cookie{}),
			Passive: upstream.Passive{MaxFails: 1, MaxPercent: 100},
		})
		fail(t, g, "a", 1)
		p, header := pick(t, g, get("/")), http.Header{}
		require.Equal(t, "b", name(p.Upstream))
		p.Mark(header, get("/"))
		given, err := http.ParseSetCookie(header.Get("Set-Cookie"))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, "a up, b up", states(g))
		r := get("/")
		r.AddCookie(given)
		require.Equal(t, "b", name(pick(t, g, r).Upstream))
		require.Equal(t, "a", name(pick(t, g, get("/")).Upstream))
	})
}

// FuzzSticky checks that no cookie leads to where it was not given for, whatever
// it is and whatever else there is in the field.
func FuzzSticky(f *testing.F) {
	policy := upstream.NewSticky(upstream.Cookie{Key: []byte("secret"), Policy: upstream.First()})
	g := newGroup(f, upstream.Config{Targets: weighted(1, 1), Policy: policy})
	header := http.Header{}
	b := only(f, g, "b")
	b.Mark(header, get("/"))
	good, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	f.Add(good)
	f.Add("x=1; " + good + "; lb=2")
	f.Add("lb=;lb")
	f.Add(`lb="` + good[3:] + `"`)
	f.Add(good[:len(good)-1])
	f.Fuzz(func(t *testing.T, field string) {
		r := get("/")
		r.Header["Cookie"] = []string{field}
		p := pick(t, g, r)
		defer p.Done(upstream.Result{})
		if name(p.Upstream) == "b" && !strings.Contains(field, good[3:]) {
			t.Fatalf("%q leads to b", field)
		}
		again := http.Header{}
		p.Mark(again, r)
		if set := again.Get("Set-Cookie"); set != "" && name(p.Upstream) == "b" {
			t.Fatalf("%q leads to b, and is replaced by %q", field, set)
		}
	})
}
