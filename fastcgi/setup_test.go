package fastcgi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/fcgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/directive"
)

// TestDirective checks what an application is asked by what a Caddyfile says.
func TestDirective(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  string // with the address of the application for ADDR
		target string
		fields map[string]string
		want   string // script and further variables; "" is the next handler
	}{
		{"an address alone is for everything", "fastcgi ADDR", "/x?y", nil, "ROOT"},
		{"the preset", "fastcgi / ADDR php", "/a.php/x", nil, "ROOT/a.php"},
		{"the preset, for a page that is not there", "fastcgi / ADDR php", "/no/such", nil, "ROOT/index.php"},
		{"the preset leaves files to others", "fastcgi / ADDR php", "/style.css", nil, ""},
		{"the long form", "fastcgi / ADDR {\n ext .php\n split .php\n index index.php\n}", "/blog/", nil, "ROOT/blog/index.php"},
		{"the preset, changed", "fastcgi / ADDR php {\n index app.php\n}", "/no/such", nil, "ROOT/app.php"},
		{"elsewhere", "fastcgi /blog ADDR php", "/a.php", nil, ""},
		{"the longest path wins, wherever it stands", "fastcgi / 127.0.0.1:1 php\nfastcgi /blog ADDR php", "/blog/index.php", nil, "ROOT/blog/index.php"},
		{"excepted from one, it is another's", "fastcgi /blog 127.0.0.1:1 php {\n except /index.php /x\n}\nfastcgi / ADDR php", "/blog/index.php", nil, "ROOT/blog/index.php"},
		{"a root that is called otherwise there", "fastcgi / ADDR php {\n root /var/www\n}", "/a.php", nil, "/var/www/a.php"},
		{"a folder above it that is called otherwise there", "fastcgi / ADDR php {\n root /var/www /\n}", "/a.php", nil, "/var/wwwROOT/a.php"},
		{"a list of names", "fastcgi / ADDR php {\n try {path} /app.php{path}\n}", "/no/such", nil, "ROOT/app.php"},
		{"the same by another name", "fastcgi / ADDR php {\n try_files {path} /app.php\n}", "/no/such", nil, "ROOT/app.php"},
		{"variables", "fastcgi / ADDR php {\n env X {method}-{?a}\n env HTTP_X_B fixed\n}", "/a.php?a=b", map[string]string{"X-B": "client"}, "ROOT/a.php X=GET-b HTTP_X_B=fixed"},
		{"fields that pass for others", "fastcgi / ADDR php {\n alias x_c\n}", "/a.php", map[string]string{"X_c": "1", "X_d": "2"}, "ROOT/a.php HTTP_X_C=1"},
		{"more addresses in the block", "fastcgi / 127.0.0.1:1 php {\n upstream tcp://ADDR\n}", "/a.php", nil, "ROOT/a.php"},
		{"everything else", `fastcgi / ADDR php {
			policy least_conn
			fail_timeout 1s
			max_fails 2
			max_conns 100
			queue 10 1s
			slow_start 1s
			try_duration 1s
			try_interval 10ms
			health_check /fpm-ping 1m
			health_check_timeout 1s
			health_check_rise 2
			health_check_fall 2
			status /upstreams ::1
			connect_timeout 1s
			send_timeout 1m
			read_timeout none
			pool 2
			idle_timeout 1s
			max_body 1MB
			body_memory 32KB
			temp .
			sendfile .
			mount /m
		}`, "/a.php", nil, "ROOT/a.php"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			root := site(t, "a.php", "index.php", "app.php", "blog/index.php", "style.css")
			var got string
			addr := respondWith(t, func(w http.ResponseWriter, r *http.Request) {
				env := fcgi.ProcessEnv(r)
				if env["SCRIPT_FILENAME"] == "/fpm-ping" {
					return // which is asked meanwhile
				}
				got = env["SCRIPT_FILENAME"]
				if got == "" {
					got = env["DOCUMENT_ROOT"]
				}
				for _, name := range []string{"X", "HTTP_X_B", "HTTP_X_C", "HTTP_X_D"} {
					if v, ok := env[name]; ok {
						got += " " + name + "=" + v
					} else if v := r.Header.Get(strings.ReplaceAll(strings.TrimPrefix(name, "HTTP_"), "_", "-")); v != "" {
						got += " " + name + "=" + v
					}
				}
			})
			s := directive.NewSite("localhost")
			s.Root = middleware.NewRoot(root.Dir)
			lines := strings.ReplaceAll(strings.ReplaceAll(tt.lines, "ADDR", addr), "temp .", "temp "+filepath.ToSlash(dir))
			mw, err := caddyfiletest.SetupIn(t, s, fastcgi.Directive, lines)
			require.NoError(t, err)
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", tt.target, nil)
			for name, value := range tt.fields {
				r.Header[name] = []string{value}
			}
			status, err := mw(middleware.Status(404)).ServeHTTP(w, r)
			if tt.want == "" {
				require.Equal(t, 404, status)
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(tt.want, "ROOT", root.Dir), got)
		})
	}
}

// TestDirectiveBySocket checks that an address may be the path of a socket.
func TestDirectiveBySocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "fcgi")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "x.sock")
	for _, line := range []string{"fastcgi / " + socket + " php", "fastcgi / unix:" + socket + " php", "fastcgi " + socket} {
		_, err := caddyfiletest.Setup(t, fastcgi.Directive, filepath.ToSlash(line))
		require.NoError(t, err, line)
	}
}

// TestDirectiveWarns checks that an address in the open is told of: whoever reaches
// php-fpm has it run what they like.
func TestDirectiveWarns(t *testing.T) {
	for addr, warns := range map[string]bool{
		"203.0.113.1:9000": true, "[2001:db8::1]:9000": true, "tcp://203.0.113.1": true,
		"127.0.0.1:9000": false, "[::1]:9000": false, "10.0.0.1:9000": false, "php:9000": false, "/run/php.sock": false,
	} {
		var log bytes.Buffer
		s := directive.NewSite("localhost")
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		_, err := caddyfiletest.SetupIn(t, s, fastcgi.Directive, "fastcgi / "+addr+" php")
		require.NoError(t, err)
		require.Equal(t, warns, strings.Contains(log.String(), "FastCGI is neither encrypted"), addr)
	}
}

// TestDirectivePolicies checks that every policy can be named.
func TestDirectivePolicies(t *testing.T) {
	for _, policy := range []string{
		"random", "least_conn", "round_robin", "first", "p2c", "least_time", "ewma", "ip_hash", "client_ip_hash", "uri_hash",
		"random_choose 3", "header X-Tenant", "query id", "cookie lb", "cookie lb 0123456789abcdef",
	} {
		_, err := caddyfiletest.Setup(t, fastcgi.Directive, "fastcgi / localhost php {\n upstream localhost:9001\n policy "+policy+"\n}")
		require.NoError(t, err, policy)
	}
}

// TestDirectiveStatus checks that the page is in front of an application that has
// everything else.
func TestDirectiveStatus(t *testing.T) {
	addr := respondWith(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("app")) })
	mw, err := caddyfiletest.Setup(t, fastcgi.Directive, "fastcgi / "+addr+" {\n status /upstreams 192.0.2.0/24\n policy cookie lb\n}")
	require.NoError(t, err)
	ask := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		middleware.AppHandler(mw(nil).ServeHTTP).ServeHTTP(w, httptest.NewRequest("GET", target, nil)) // from 192.0.2.1
		return w
	}
	w := ask("/")
	require.Equal(t, "app", w.Body.String())
	require.Contains(t, w.Header().Get("Set-Cookie"), "lb=")
	require.Contains(t, ask("/upstreams").Body.String(), `"requests": 1,`)
}

func TestDirectiveErrors(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "fastcgi", "Caddyfile:1:1: fastcgi: an address is missing"},
		{"too much", "fastcgi / localhost php extra", `Caddyfile:1:25: fastcgi: unexpected "extra"`},
		{"an unknown preset", "fastcgi / localhost phh", `Caddyfile:1:21: fastcgi: unknown preset "phh" (did you mean "php"?)`},
		{"a path that is none", "fastcgi localhost:9000 php", `Caddyfile:1:9: fastcgi: "localhost:9000" is not a path: a path begins with /`},
		{"a socket for a path", "fastcgi /run/php.sock php",
			`Caddyfile:1:9: fastcgi: a path is missing in front of the address (did you mean "fastcgi / /run/php.sock php"?)`},
		{"a socket of another name for a path", "fastcgi /var/run/php/www php",
			`Caddyfile:1:9: fastcgi: a path is missing in front of the address (did you mean "fastcgi / /var/run/php/www php"?)`},
		{"a socket that is relative", "fastcgi / php.sock php", `Caddyfile:1:11: fastcgi: "php.sock": a socket has to be given by its absolute path`},
		{"a socket as in Caddy 2", "fastcgi / unix//run/php.sock php", `Caddyfile:1:11: fastcgi: "unix//run/php.sock" is no address (did you mean "unix:/run/php.sock"?)`},
		{"an address that is none", "fastcgi / localhost:x php", `Caddyfile:1:11: fastcgi: "localhost:x": "x" is not a port`},
		{"another protocol", "fastcgi / http://localhost php",
			`Caddyfile:1:11: fastcgi: "http://localhost": it is FastCGI that is spoken, as in fastcgi://localhost:9000`},
		{"an address with a path", "fastcgi / localhost:9000/x php",
			`Caddyfile:1:11: fastcgi: "localhost:9000/x": an application has no path but that in its environment`},
		{"the same path again", "fastcgi /a localhost\nfastcgi /a localhost", "Caddyfile:2:9: fastcgi: /a has an application already, by the line at Caddyfile:1:9"},
		{"an unknown property", "fastcgi / localhost {\n indx a.php\n}", `Caddyfile:2:2: fastcgi: unknown property "indx" (did you mean "index"?)`},
		{"an extension without its dot", "fastcgi / localhost {\n ext php\n}", `Caddyfile:2:6: fastcgi: ext: "php" is not what the name of a script ends in, such as .php`},
		{"a suffix of more than a name", "fastcgi / localhost {\n split .php/\n}", `Caddyfile:2:8: fastcgi: split: ".php/" is not what the name of a script ends in, such as .php`},
		{"an index in a folder", "fastcgi / localhost php {\n index a/b.php\n}", `Caddyfile:2:8: fastcgi: index: "a/b.php" is not the name of a file within a folder`},
		{"an index of what has no scripts", "fastcgi / localhost {\n index index.php\n}", "Caddyfile:2:2: fastcgi: index: there is no ext or split by which scripts could be told"},
		{"names of what has no scripts", "fastcgi / localhost {\n try /a.php\n}", "Caddyfile:2:2: fastcgi: try: there is no ext or split by which scripts could be told"},
		{"a name that is relative", "fastcgi / localhost php {\n try index.php\n}", `Caddyfile:2:6: fastcgi: try: "index.php" has to begin with / or {path}`},
		{"a status that is none", "fastcgi / localhost php {\n try {path} =200\n}", `Caddyfile:2:13: fastcgi: try: "=200" is not a status such as =404`},
		{"names twice", "fastcgi / localhost php {\n try /a.php\n try_files /b.php\n}", "Caddyfile:3:2: fastcgi: try_files: try and try_files are the same"},
		{"a variable without its value", "fastcgi / localhost php {\n env A\n}", "Caddyfile:2:2: fastcgi: env: its value is missing"},
		{"a variable with too much", "fastcgi / localhost php {\n env A b c\n}", `Caddyfile:2:10: fastcgi: env: unexpected "c"`},
		{"a variable that is none", "fastcgi / localhost php {\n env A=b c\n}", `Caddyfile:2:6: fastcgi: env: "A=b" cannot be the name of a variable`},
		{"the length", "fastcgi / localhost php {\n env CONTENT_LENGTH 1\n}", "Caddyfile:2:6: fastcgi: env: CONTENT_LENGTH is not for anybody to set"},
		{"an alias that is none", "fastcgi / localhost php {\n alias X-A\n}", `Caddyfile:2:8: fastcgi: alias: "X-A" is not the name of a field with a "_" or a "."`},
		{"a relative root", "fastcgi / localhost php {\n root www\n}", `Caddyfile:2:7: fastcgi: root: "www" has to be absolute: it is a folder where the application runs`},
		{"an unknown policy", "fastcgi / localhost php {\n policy randon\n}", `Caddyfile:2:9: fastcgi: policy: unknown policy "randon" (did you mean "random"?)`},
		{"a time that is none", "fastcgi / localhost php {\n read_timeout 0\n}", `Caddyfile:2:15: fastcgi: read_timeout: "0" is no time at all`},
		{"half of a health check", "fastcgi / localhost php {\n health_check_timeout 1s\n}", "Caddyfile:2:2: fastcgi: there is no health_check that this could be for"},
		{"a queue for nobody", "fastcgi / localhost php {\n queue 10\n}", "Caddyfile:2:2: fastcgi: there is no max_conns, so that nobody ever waits"},
		{"a name of others", "fastcgi / localhost php {\n fastcgi_param A b\n}", `Caddyfile:2:2: fastcgi: unknown property "fastcgi_param" (here it is called "env")`},
		{"a health check of no path", "fastcgi / localhost php {\n health_check ping\n}", `Caddyfile:2:15: fastcgi: health_check: "ping" is not a path such as /fpm-ping`},
		{"a size that is none", "fastcgi / localhost php {\n max_body much\n}", `Caddyfile:2:11: fastcgi: max_body: "much" is not a size such as 512B, 64KB or 10MB`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := caddyfiletest.Setup(t, fastcgi.Directive, tt.src)
			require.EqualError(t, err, tt.want)
		})
	}
}
