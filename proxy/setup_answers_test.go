package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
	"github.com/shallot-http/shallot/proxy"
)

// serveLines serves what a Caddyfile says; what it does not answer is 404.
func serveLines(t *testing.T, d directive.Directive, lines string) (url string) {
	t.Helper()
	mw, err := caddyfiletest.Setup(t, d, lines)
	require.NoError(t, err)
	front := httptest.NewServer(middleware.AppHandler(mw(middleware.Status(404)).ServeHTTP))
	t.Cleanup(front.Close)
	return front.URL
}

// TestDirectiveSends checks what backends are sent by properties that are not those
// of Caddy 0.7.1 and 1.0.5.
func TestDirectiveSends(t *testing.T) {
	to, seen := listener(t)
	shadow, copied := listener(t)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dead.Close()
	host := strings.TrimPrefix(to, "http://")
	for _, tt := range []struct{ name, lines, want string }{
		{"Via", "via edge", "GET / " + host + " 0 [127.0.0.1] [] [] [1.1 edge]  <nil>"},
		{"a backup, as the other is gone", "upstream " + dead.Addr().String() + "\n backup " + to, "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"times", "tls_timeout 1s\n header_timeout none\n read_timeout 1s\n write_timeout none\n keepalive_timeout 1s\n tls_server_name x",
			"GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"a queue, and the slow start of a backend", "max_conns 1\n queue 10 1s\n slow_start 1s", "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"checks in detail", "health_check /\n health_check_status 2xx 404\n health_check_host x\n health_check_rise 2\n health_check_fall 2",
			"GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"upgrades", "upgrade websocket tls/1.0\n upgrade_idle 1m\n upgrade_timeout 1h", "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"a mirror", "mirror 100% " + shadow, "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"a status that is a failure", "retry_status 5xx", "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
		{"everything else", "relocate\n forwarded\n request_trailers\n aliases keep", "GET / " + host + " 0 [127.0.0.1] [] [] []  <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			servers := to
			if strings.HasPrefix(tt.lines, "upstream") {
				servers = ""
			}
			front := serveLines(t, proxy.Directive, "proxy / "+servers+" {\n "+tt.lines+"\n}")
			require.Contains(t, exchangeRaw(t, front, plainly("/")), "200 OK")
			for got := ""; got != tt.want; { // health checks are seen, too, also those that come late
				got = <-seen
				if !strings.HasPrefix(got, "GET / x ") {
					require.Equal(t, tt.want, got)
				}
			}
			if strings.HasPrefix(tt.lines, "mirror") {
				require.Equal(t, strings.ReplaceAll(tt.want, host, strings.TrimPrefix(shadow, "http://")), <-copied)
			}
		})
	}
}

// TestDirectiveAnswers checks who answers in place of a backend.
func TestDirectiveAnswers(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("X-Accel-Redirect", to)
		}
		status := 200
		fmt.Sscan(r.URL.Query().Get("status"), &status)
		w.WriteHeader(status)
		w.Write([]byte("the backend's"))
	}))
	defer backend.Close()
	d := proxy.DirectiveWith(func(site *directive.Site, root *middleware.Root) middleware.Handler {
		return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
			fmt.Fprint(w, filepath.Base(root.Dir), " ", filepath.Base(site.Root.Dir), " ", r.URL.Path)
			return 0, nil
		})
	})
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("invoices", 0o700))
	front := serveLines(t, d, "proxy / "+backend.URL+" {\n intercept 404 5xx\n accel /internal/invoices invoices\n accel /internal elsewhere\n}")
	for target, want := range map[string]string{
		"/":                              "the backend's",
		"/?status=418":                   "the backend's",
		"/?status=404":                   "404 Not Found\n",
		"/?status=599":                   "599 Error\n",
		"/?to=/internal/invoices/1.pdf":  "invoices invoices /1.pdf",
		"/?to=/internal/x":               "elsewhere elsewhere /x",
		"/?to=/x":                        "502 Bad Gateway\n",
		"/?to=/internal/x%26status=500":  "elsewhere elsewhere /x&status=500",
		"/internal/invoices/1.pdf":       "the backend's",
		"/?to=/internal/invoicesandmore": "elsewhere elsewhere /invoicesandmore",
	} {
		resp, err := http.Get(front + target)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, want, string(body), target)
	}
}

func TestDirectiveErrorsOfAnswers(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"a name of Caddy 2", "lb_policy first", `Caddyfile:2:2: proxy: unknown property "lb_policy" (here it is called "policy")`},
		{"a name of nginx", "proxy_read_timeout 1m", `Caddyfile:2:2: proxy: unknown property "proxy_read_timeout" (here it is called "read_timeout")`},
		{"a status for everybody", "status /status", "Caddyfile:2:2: proxy: status: a network such as 10.0.0.0/8 is missing"},
		{"a status in many places", "status /s* ::1", `Caddyfile:2:9: proxy: status: "/s*" has to be one path`},
		{"a status for what is no network", "status /status all", `Caddyfile:2:17: proxy: status: "all" is not a network such as 10.0.0.0/8`},
		{"a proxy of no name", "via a,b", `Caddyfile:2:6: proxy: via: "a,b" cannot be the name of a proxy`},
		{"aliases", "aliases on", `Caddyfile:2:10: proxy: aliases: unknown choice "on" (it is one of drop, keep, reject)`},
		{"a protocol within another", "upgrade h2c", "Caddyfile:2:10: proxy: upgrade: requests within h2c would get past this server"},
		{"a protocol of no name", "upgrade a,b", `Caddyfile:2:10: proxy: upgrade: "a,b" cannot be the name of a protocol`},
		{"a limit of nothing", "upgrade_idle 1m", "Caddyfile:2:2: proxy: there is no websocket, or other upgrade, that this could be for"},
		{"a queue for nobody", "queue 10", "Caddyfile:2:2: proxy: there is no max_conns, so that nobody ever waits"},
		{"no time at all", "read_timeout 0", `Caddyfile:2:15: proxy: read_timeout: "0" is no time at all`},
		{"half a mirror", "mirror 10", "Caddyfile:2:2: proxy: mirror: a server is missing"},
		{"a mirror of nothing", "mirror 0 localhost", `Caddyfile:2:9: proxy: mirror: "0" is not a percentage above 0 and up to 100`},
		{"a mirror of too much", "mirror NaN% localhost", `Caddyfile:2:9: proxy: mirror: "NaN%" is not a percentage above 0 and up to 100`},
		{"a mirror that is none", "mirror 1 localhost:x", `Caddyfile:2:11: proxy: mirror: "localhost:x": "x" is not a port`},
		{"a status that is none", "intercept 4x", `Caddyfile:2:12: proxy: intercept: "4x" is not a status from 400 to 599`},
		{"a status that is no failure", "intercept 200", `Caddyfile:2:12: proxy: intercept: "200" is not a status from 400 to 599`},
		{"a class that is none", "intercept 3xx", `Caddyfile:2:12: proxy: intercept: "3xx" is not a status from 400 to 599`},
		{"a backup that is looked up", "backup srv://_http._tcp.example.com", `Caddyfile:2:9: proxy: backup: "srv://_http._tcp.example.com": what is looked up cannot be a backup`},
		{"a folder without its prefix", "accel /srv", "Caddyfile:2:2: proxy: accel: a folder is missing"},
		{"a prefix that is a pattern", "accel /a* /srv/x", `Caddyfile:2:8: proxy: accel: "/a*" has to be whole segments`},
		{"a prefix again", "accel /a /srv/x\n accel /a/ /srv/y", `Caddyfile:3:8: proxy: accel: "/a/" leads to another folder already`},
		{"the site's root", "accel /a .", `Caddyfile:2:11: proxy: accel: "." is the root of the site, which everybody may ask for`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := proxy.DirectiveWith(func(*directive.Site, *middleware.Root) middleware.Handler { return middleware.Status(404) })
			_, err := caddyfiletest.Setup(t, d, "proxy / localhost {\n "+tt.line+"\n}")
			require.EqualError(t, err, tt.want)
		})
	}
	_, err := caddyfiletest.Setup(t, proxy.Directive, "proxy / localhost {\n accel /a /srv/x\n}")
	require.EqualError(t, err, "Caddyfile:2:2: proxy: accel: this vocabulary has nothing to serve files by")
}

// TestNamesElsewhere checks that names of others are not names here.
func TestNamesElsewhere(t *testing.T) {
	here := map[string]bool{}
	for _, p := range proxy.Properties() {
		name := strings.TrimSuffix(p.Name, "...")
		require.False(t, here[name], name)
		here[name] = true
	}
	for _, p := range proxy.Properties() {
		for _, name := range p.Elsewhere {
			require.False(t, here[name], name)
		}
	}
}
