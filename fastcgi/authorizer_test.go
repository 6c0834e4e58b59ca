package fastcgi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestAuthorizer checks who gets what, by what an application says of them.
func TestAuthorizer(t *testing.T) {
	var last atomic.Pointer[asked]
	app := startApp(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			last.Store(r)
			switch r.params["HTTP_AUTHORIZATION"] {
			case "anna":
				p.reply("Status: 200\r\nVariable-REMOTE_USER: anna\r\nVariable-Role: admin\r\nVariable-Server_software: x\r\nX-A: b\r\n\r\nignored")
			case "":
				p.reply("Status: 401\r\nWWW-Authenticate: Basic\r\nVariable-Secret: s\r\nContent-Type: text/plain\r\n\r\nwho is there?")
			case "broken":
				return
			default:
				p.reply("Status: 302\r\nLocation: /login\r\n\r\n")
			}
		}
	})
	responder := startApp(t, func(p *peer) {
		for r := p.request(); r != nil; r = p.request() {
			p.reply(fmt.Sprintf("X-A: c\r\n\r\n%s %s %s %s", r.params["REMOTE_USER"], r.params["ROLE"], r.params["HTTP_X_USER"], r.params["SERVER_SOFTWARE"]))
		}
	})
	authorizer := fastcgi.NewAuthorizer(fastcgi.AuthorizerConfig{
		From: "/admin", Except: []middleware.Path{"/admin/login"}, Upstreams: group(t, app.target()), Fields: map[string]string{"REMOTE_USER": "X-User"},
	})
	srv := httptest.NewServer(middleware.Wrap(nil, authorizer, fastcgi.New(fastcgi.Config{Upstreams: group(t, responder.target())})))
	defer srv.Close()
	for _, tt := range []struct {
		name, path, who string
		status          int
		want            string
	}{
		{"somebody who may", "/admin/x", "anna", 200, "anna admin anna x"},
		{"nobody", "/admin/x", "", 401, "who is there?"},
		{"nobody, in other letters", "/ADMIN/x", "", 401, "who is there?"},
		{"nobody, by a longer way", "/x/../admin/", "", 401, "who is there?"},
		{"somebody else", "/admin/x", "eve", 302, ""},
		{"a failure", "/admin/x", "broken", 502, "502 Bad Gateway\n"},
		{"elsewhere, what a client says stands", "/x", "", 200, "  claimed shallot"},
		{"an exception", "/admin/login", "", 200, "  claimed shallot"},
		{"no exception", "/admin/loginx", "", 401, "who is there?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest("POST", srv.URL, strings.NewReader("body"))
			require.NoError(t, err)
			r.URL.Path = tt.path
			r.Header.Set("X-User", "claimed")
			r.Header.Set("Content-Type", "text/plain")
			if tt.who != "" {
				r.Header.Set("Authorization", tt.who)
			}
			res := send(t, r)
			require.Equal(t, tt.status, res.status)
			require.Equal(t, tt.want, res.body)
			require.NotContains(t, res.header, "Variable-Secret")
		})
	}
	got := last.Load()
	require.Equal(t, fastcgi.Authorizer, got.role)
	require.Empty(t, got.body)
	for _, name := range []string{"CONTENT_LENGTH", "CONTENT_TYPE", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED"} {
		require.NotContains(t, got.params, name)
	}
	require.Equal(t, "POST", got.params["REQUEST_METHOD"])
}

// TestAuthorizerInPHP checks a script that gives leave.
func TestAuthorizerInPHP(t *testing.T) {
	fpm := fastcgitest.Run(t, fastcgitest.Config{})
	root := scripts(t, map[string]string{
		"may.php": `<?php if (($_GET["key"] ?? "") !== "k") { http_response_code(403); echo "no"; } else header("Variable-REMOTE_USER: anna");`,
	})
	authorizer := fastcgi.NewAuthorizer(fastcgi.AuthorizerConfig{Upstreams: group(t, fpm.Target), Script: root.Dir + "/may.php"})
	h := middleware.Chain(authorizer)(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		fmt.Fprint(w, "hello ", middleware.NoteValue(w, middleware.NoteUser))
		return 0, nil
	}))
	srv := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	defer srv.Close()
	require.Equal(t, "no", visit(t, srv.URL).body)
	require.Equal(t, "hello anna", visit(t, srv.URL+"?key=k").body)
}

func TestAuthorizerElsewhere(t *testing.T) {
	middlewaretest.Transparent(t, fastcgi.NewAuthorizer(fastcgi.AuthorizerConfig{From: "/not/asked/for"}))
	h := fastcgi.NewAuthorizer(fastcgi.AuthorizerConfig{})(nil)
	status, err := h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 503, status)
	require.ErrorIs(t, err, upstream.ErrNone)
}
