package basicauth_test

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/basicauth"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestHandler checks who gets where.
func TestHandler(t *testing.T) {
	cfg := basicauth.Config{Rules: []basicauth.Rule{
		{User: "ada", Secret: basicauth.Plain("lovelace"), Paths: []middleware.Path{"/engine", "/shared"}, Realm: "Engine room"},
		{User: "grace", Secret: parse(t, hopper), Paths: []middleware.Path{"/shared"}},
		{User: "don", Secret: parse(t, knuth), Paths: []middleware.Path{"/books"}},
		{User: "müller", Secret: basicauth.Plain("pässword: ☃"), Paths: []middleware.Path{"/engine"}},
		{Paths: []middleware.Path{"/nobody"}},
		{User: "ada", Paths: []middleware.Path{"/nobody"}},
	}}
	for _, tt := range []struct {
		name, path, user, password string
		want                       int
	}{
		{"a path that is not protected", "/", "", "", 200},
		{"a path that is not protected, with a wrong password", "/", "ada", "wrong", 200},
		{"no password", "/engine", "", "", 401},
		{"the right password", "/engine", "ada", "lovelace", 200},
		{"below the path", "/engine/mill", "ada", "lovelace", 200},
		{"a path that begins the same is protected", "/engineroom", "", "", 401},
		{"a wrong password", "/engine", "ada", "babbage", 401},
		{"no more than the name", "/engine", "ada", "", 401},
		{"the name in other letters", "/engine", "Ada", "lovelace", 401},
		{"a name that is longer", "/engine", "adah", "lovelace", 401},
		{"a user of another path", "/engine", "grace", "hopper", 401},
		{"either user of a path, the first", "/shared", "ada", "lovelace", 200},
		{"either user of a path, the second", "/shared", "grace", "hopper", 200},
		{"the one's name and the other's password", "/shared", "grace", "lovelace", 401},
		{"argon2id", "/books", "don", "knuth", 200},
		{"argon2id, wrong", "/books", "don", "knuht", 401},
		{"not ASCII, and a colon in the password", "/engine", "müller", "pässword: ☃", 200},
		{"a rule without a user", "/nobody", "", "x", 401},
		{"a rule without a secret", "/nobody", "ada", "", 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := middleware.Record(httptest.NewRecorder()), request(tt.path, tt.user, tt.password)
			status, err := basicauth.NewHandler(middleware.Status(200), cfg).ServeHTTP(w, r)
			require.NoError(t, err)
			require.Equal(t, tt.want, status)
			require.False(t, w.Begun())
			got := middleware.NoteValue(w, middleware.NoteUser)
			if tt.want == 200 && strings.Count(tt.path, "/") > 0 && tt.path != "/" {
				require.Equal(t, tt.user, got.String())
			} else {
				require.Zero(t, got)
			}
			require.Equal(t, tt.want == 401, w.Header().Get("WWW-Authenticate") != "")
		})
	}
}

// TestEveryMethodIsProtected checks the cure of what Caddy 1.0.5 did: whoever asked
// by OPTIONS got in.
func TestEveryMethodIsProtected(t *testing.T) {
	h := basicauth.NewHandler(middleware.Status(200), ada())
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "options", "PROPFIND"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = method
		status, err := h.ServeHTTP(httptest.NewRecorder(), r)
		require.NoError(t, err)
		require.Equal(t, 401, status, method)
	}
}

// TestZeroConfigLetsNobodyIn checks that what was forgotten is not open.
func TestZeroConfigLetsNobodyIn(t *testing.T) {
	for name, cfg := range map[string]basicauth.Config{"no rules": {}, "an empty rule": {Rules: []basicauth.Rule{{}}}} {
		for _, r := range []*http.Request{httptest.NewRequest("GET", "/", nil), request("/", "", ""), request("/", "a", "b")} {
			status, err := basicauth.NewHandler(middleware.Status(200), cfg).ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			require.Equal(t, 401, status, name)
		}
	}
}

// TestAuthorization checks which fields count, and that they go on as they came.
func TestAuthorization(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("ada:lovelace"))
	for _, tt := range []struct {
		name   string
		fields []string
		want   int
	}{
		{"as browsers send it", []string{"Basic " + encoded}, 200},
		{"the scheme in other letters", []string{"bAsIc " + encoded}, 200},
		{"several blanks", []string{"Basic   " + encoded}, 200},
		{"nothing else", []string{"Basic"}, 401},
		{"another scheme", []string{"Bearer " + encoded}, 401},
		{"no base64", []string{"Basic ada:lovelace"}, 401},
		{"no padding", []string{"Basic " + base64.RawStdEncoding.EncodeToString([]byte("ada:lovelace1"))}, 401},
		{"no colon", []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("adalovelace"))}, 401},
		{"twice", []string{"Basic " + encoded, "Basic " + encoded}, 401},
		{"a second that is wrong", []string{"Basic " + encoded, "Basic eDp5"}, 401},
		{"too long", []string{"Basic " + strings.Repeat(" ", 5000) + encoded}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			h := basicauth.NewHandler(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
				got = r.Header["Authorization"]
				return 200, nil
			}), ada())
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Authorization"] = tt.fields
			status, err := h.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, err)
			require.Equal(t, tt.want, status)
			if tt.want == 200 {
				require.Equal(t, tt.fields, got)
			}
		})
	}
}

// TestWire checks what is sent, by a server and to one.
func TestWire(t *testing.T) {
	var served int
	cfg := ada()
	cfg.Rules[0].Realm = "a \"b\" \\c\r\nX-Evil: d ü"
	srv := httptest.NewServer(middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served++
		io.WriteString(w, "secret")
	}), basicauth.New(cfg)))
	defer srv.Close()
	send := func(field string) string {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "OPTIONS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+field+"\r\n")
		require.NoError(t, err)
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		return string(answer)
	}
	answer := send("")
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 401 Unauthorized\r\n"), answer)
	require.Contains(t, answer, "\r\nWww-Authenticate: Basic realm=\"a \\\"b\\\" \\\\cX-Evil: d ü\", charset=\"UTF-8\"\r\n")
	require.True(t, strings.HasSuffix(answer, "\r\n\r\n401 Unauthorized\n"), answer)
	require.Contains(t, send("Authorization: Basic YWRhOndyb25n\r\n"), "401 Unauthorized")
	require.Zero(t, served)
	require.True(t, strings.HasSuffix(send("authorization: basic YWRhOmxvdmVsYWNl\r\n"), "secret"))
}

func TestTransparent(t *testing.T) {
	cfg := ada()
	cfg.Rules[0].Paths = []middleware.Path{"/elsewhere"}
	middlewaretest.Transparent(t, basicauth.New(cfg))
}

// TestTransparentOnceLetIn sends the password with whatever the battery sends.
func TestTransparentOnceLetIn(t *testing.T) {
	auth := basicauth.New(ada())
	middlewaretest.Transparent(t, func(next middleware.Handler) middleware.Handler {
		h := auth(next)
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			r.SetBasicAuth("ada", "lovelace")
			return h.ServeHTTP(w, r)
		})
	})
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	cfg := ada()
	cfg.Rules[0].Paths = []middleware.Path{"/a"}
	h := basicauth.NewHandler(middleware.Status(200), cfg)
	cfg.Rules[0].Paths[0] = "/b"
	cfg.Rules[0] = basicauth.Rule{}
	status, _ := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
	require.Equal(t, 401, status)
	status, _ = h.ServeHTTP(httptest.NewRecorder(), request("/a", "ada", "lovelace"))
	require.Equal(t, 200, status)
}

// TestUserIsLogged checks that an edge that logs a failure says who it was.
func TestUserIsLogged(t *testing.T) {
	var log strings.Builder
	failing := middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 502, io.ErrUnexpectedEOF })
	edge := middleware.Edge{Log: slog.New(slog.NewTextHandler(&log, nil))}
	edge.Handler(basicauth.New(ada())(failing)).ServeHTTP(httptest.NewRecorder(), request("/", "ada", "lovelace"))
	require.Contains(t, log.String(), " user=ada\n")
	require.NotContains(t, log.String(), "lovelace")
}

// FuzzAuthorization checks that nothing gets in that net/http does not take for the
// right name and password.
func FuzzAuthorization(f *testing.F) {
	h := basicauth.NewHandler(middleware.Status(200), ada())
	f.Add("Basic YWRhOmxvdmVsYWNl")
	f.Add("basic  YWRhOmxvdmVsYWNl ")
	f.Add("Basic YWRhOg==")
	f.Fuzz(func(t *testing.T, field string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{field}
		status, err := h.ServeHTTP(httptest.NewRecorder(), r)
		require.NoError(t, err)
		scheme, rest, _ := strings.Cut(field, " ")
		r.Header["Authorization"] = []string{scheme + " " + strings.Trim(rest, " ")}
		user, password, _ := r.BasicAuth()
		require.Equal(t, user == "ada" && password == "lovelace" && len(field) <= 4096, status == 200)
	})
}

// Hashes of little cost, for the passwords they are named by.
const (
	lovelace = "$2y$04$hhKINvF86uuFzjKvA3wECeVmqm/NWarM9sTgxQgH1m9OhhxwgqZJa"
	hopper   = "$2y$04$n0pFAte5MIyKq7WkKfhDZuP1XNYuUO5t6b9aTyNjp8q3iloWn6LZa"
	turing   = "$2a$05$1REvIgBdeQy/6oM3GPovD.CVfUlK7BhQz6UfsjEQPPWx7FajeTnWi"
	knuth    = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$wJZH21p2vSYAx4TKaSDro2at+xPPK1seGL8OsrcR+uY"
)

func parse(t testing.TB, hash string) basicauth.Secret {
	t.Helper()
	s, err := basicauth.Parse(hash)
	require.NoError(t, err)
	return s
}

// ada returns the Config that lets ada in with her password, and nobody else.
func ada() basicauth.Config {
	return basicauth.Config{Rules: []basicauth.Rule{{User: "ada", Secret: basicauth.Plain("lovelace")}}}
}

// request returns a GET with credentials, unless both are "".
func request(path, user, password string) *http.Request {
	r := httptest.NewRequest("GET", path, nil)
	if user != "" || password != "" {
		r.SetBasicAuth(user, password)
	}
	return r
}
