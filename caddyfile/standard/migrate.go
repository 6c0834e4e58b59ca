package standard

import (
	"cmp"
	"strings"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/middleware/directive"
)

// A Move is a line of a Caddyfile and what says the same in one of Caddy 2.
type Move struct {
	Pos  directive.Pos
	From string // the line's words
	To   string // a line for Caddy 2, which may need more; "" if it has none
	Note string // what is different; may be empty
}

// Migrate returns a Move for each line of f's sites, in order, and for those of the
// blocks of proxy and fastcgi. It is a report to work by, and no converter: what a
// line of Caddy 2 does may differ in more than the notes say.
func Migrate(f *caddyfile.File) []Move {
	var moves []Move
	for _, site := range f.Sites {
		for _, line := range site.Lines {
			moves = append(moves, move(line, successors[line.Name()], line.Name()))
			if inner := blocks[line.Name()]; inner != nil {
				for _, prop := range line.Block {
					moves = append(moves, move(prop, cmp.Or(inner[prop.Name()], ofUpstreams[prop.Name()]), prop.Name()))
				}
			}
		}
	}
	return moves
}

// A successor is what a directive or property has become in Caddy 2. Its name is
// followed by the words of the line, unless that is said to be all; "" is that
// there is none.
type successor struct {
	name string
	all  bool
	note string
}

const scopeNote = "a path is exact in Caddy 2 unless it ends in *, and without one here the scope is a prefix"

func move(line *directive.Line, s successor, name string) Move {
	m := Move{Pos: line.Words[0].Pos, From: text(line.Words), Note: s.note}
	if s == (successor{}) {
		m.Note = name + " is not known here"
		return m
	}
	if s.name == "" {
		return m
	}
	m.To = s.name
	if s.all {
		return m
	}
	_, hasScope := scoped[name]
	for i, w := range line.Words[1:] {
		word := w
		if i == 0 && hasScope && len(line.Words) > 2 && strings.HasPrefix(w.Text, "/") && !strings.HasSuffix(w.Text, "*") {
			word.Text += "*"
			if word.Text == "/*" {
				continue
			}
		}
		m.To += " " + quoted(word)
		if strings.Contains(w.Text, "{>") {
			m.Note = strings.TrimPrefix(m.Note+"; {>Name} is {header.Name} there", "; ")
		}
	}
	return m
}

func text(words []directive.Word) string {
	var parts []string
	for _, w := range words {
		parts = append(parts, quoted(w))
	}
	return strings.Join(parts, " ")
}

// quoted returns a word as it has to be written.
func quoted(w directive.Word) string {
	switch {
	case !w.Quoted && w.Text != "":
		return w.Text
	case !strings.Contains(w.Text, "`"):
		return "`" + w.Text + "`"
	}
	return `"` + strings.ReplaceAll(w.Text, `"`, `\"`) + `"`
}

// successors are those of the directives, by their names here.
var successors = map[string]successor{
	"basicauth":       {"basic_auth", false, "passwords have to be hashed (caddy hash-password), and are in a block; " + scopeNote},
	"bind":            {"bind", false, ""},
	"browse":          {"file_server browse", true, "in a handle block for a path; there are no pages of a listing, nor archives"},
	"decompress":      {"", false, "bodies of requests are not decompressed"},
	"errors":          {"handle_errors", true, "each page is a rewrite and a file_server within it"},
	"expvar":          {"", false, "the admin endpoint has /debug/vars"},
	"ext":             {"try_files {path} {path}.html", true, "with the extensions of this line in place of .html"},
	"fastcgi":         {"php_fastcgi", false, "for PHP; for others, reverse_proxy with a transport fastcgi; " + scopeNote},
	"git":             {"", false, "a plugin, caddy-git, has to be built in"},
	"gzip":            {"encode zstd gzip", true, "brotli and dictionaries take plugins"},
	"h2c":             {"servers { protocols h1 h2 h2c }", true, "in the global options"},
	"header":          {"header", false, scopeNote},
	"index":           {"file_server { index … }", true, ""},
	"internal":        {"respond PATH* 404", true, "X-Accel-Redirect takes a handle_response in reverse_proxy"},
	"introspect":      {"", false, "the admin endpoint has /metrics"},
	"limits":          {"request_body { max_size … }", true, "headers are limited by max_header_size in the global options"},
	"log":             {"log { output file … }", true, "formats are encoders; rotation is roll_size, roll_keep and roll_keep_for; log_skip excepts paths"},
	"markdown":        {"templates", true, "a template calls markdown and splitFrontMatter"},
	"mime":            {"header Content-Type", false, "with a path matcher for the extension"},
	"on":              {"", false, "the events app, with the plugin events.handlers.exec"},
	"pprof":           {"", false, "the admin endpoint has /debug/pprof/"},
	"proxy":           {"reverse_proxy", false, scopeNote + "; the first of several counts, not the longest"},
	"push":            {"header Link \"</FILE>; rel=preload\"", true, "browsers have given up HTTP/2 push"},
	"redir":           {"redir", false, "the default is 302, not 301; no path is appended unless the target has {uri}"},
	"request_id":      {"header X-Request-Id {http.request.uuid}", true, "an ID that comes with a request is not taken over"},
	"rewrite":         {"rewrite", false, "a regexp is a path_regexp matcher; of several the first counts"},
	"root":            {"root *", false, ""},
	"shutdown":        {"", false, "the events app, with the plugin events.handlers.exec"},
	"startup":         {"", false, "the events app, with the plugin events.handlers.exec"},
	"static":          {"file_server", true, ""},
	"status":          {"respond", false, "the path comes first, then the status; " + scopeNote},
	"templates":       {"templates", true, "it renders responses rather than files, with text/template"},
	"timeouts":        {"servers { timeouts { … } }", true, "in the global options: read_body, read_header, write and idle"},
	"tls":             {"tls", false, "self_signed is internal; certificates are got for every name unless auto_https is off"},
	"trusted_proxies": {"servers { trusted_proxies static … }", true, "in the global options"},
	"websocket":       {"", false, "there is no directive to run a program for each WebSocket"},
}

const dropped = "that is so without it"

// blocks are the successors of properties, by directive.
var blocks = map[string]map[string]successor{
	"proxy": {
		"upstream": {"to", false, ""}, "backup": {"", false, "lb_policy first has an order"}, "retry_status": {"lb_retry_match", true, "responses are not retried, requests are"},
		"health_check_port": {"health_port", false, ""}, "health_check_host": {"health_headers { Host … }", true, ""}, "health_check_status": {"health_status", false, ""},
		"without": {"uri strip_prefix", false, "beside reverse_proxy, or handle_path around it"}, "except": {"", false, "a matcher: @name not path …"},
		"relocate": {"header_down Location", true, "with a regexp"}, "transparent": {"", false, dropped},
		"header_upstream": {"header_up", false, ""}, "proxy_header": {"header_up", false, ""}, "header_downstream": {"header_down", false, ""},
		"forwarded": {"header_up Forwarded", true, "with a value of your own"}, "via": {"", false, dropped}, "aliases": {"", false, "there is none"}, "request_trailers": {"", false, dropped},
		"websocket": {"", false, dropped}, "upgrade": {"", false, dropped}, "upgrade_timeout": {"stream_timeout", false, ""}, "upgrade_idle": {"", false, "there is none"},
		"intercept": {"handle_response", true, ""}, "accel": {"handle_response", true, "with a matcher of the header X-Accel-Redirect"},
		"mirror":    {"", false, "a plugin has to be built in"},
		"keepalive": {"transport http { keepalive_idle_conns_per_host … }", true, ""}, "keepalive_timeout": {"transport http { keepalive … }", true, ""},
		"timeout": {"transport http { dial_timeout … }", true, ""}, "tls_timeout": {"transport http { tls_timeout … }", true, ""},
		"header_timeout": {"transport http { response_header_timeout … }", true, ""}, "read_timeout": {"transport http { read_timeout … }", true, ""},
		"write_timeout": {"transport http { write_timeout … }", true, ""}, "fallback_delay": {"transport http { dial_fallback_delay … }", true, ""},
		"insecure_skip_verify": {"transport http { tls_insecure_skip_verify }", true, ""}, "ca_certificates": {"transport http { tls_trust_pool file … }", true, ""},
		"tls_client": {"transport http { tls_client_auth … }", true, ""}, "tls_server_name": {"transport http { tls_server_name … }", true, ""},
	},
	"fastcgi": {
		"ext": {"", false, "a matcher, path *.php"}, "split": {"split", false, ""}, "index": {"index", false, ""}, "env": {"env", false, ""}, "root": {"root", false, ""},
		"try": {"try_files", false, ""}, "try_files": {"try_files", false, ""}, "except": {"", false, "a matcher: @name not path …"}, "upstream": {"", false, "the addresses follow php_fastcgi"},
		"connect_timeout": {"dial_timeout", false, ""}, "read_timeout": {"read_timeout", false, ""}, "send_timeout": {"write_timeout", false, ""},
		"mount": {"", false, "handle_path around it"}, "alias": {"", false, "there is none"},
		"pool": {"", false, "connections are not kept"}, "idle_timeout": {"", false, "connections are not kept"},
		"max_body": {"request_body { max_size … }", true, "beside php_fastcgi"}, "body_memory": {"request_buffers", false, "what is more is not kept in a file"}, "temp": {"", false, "nothing is kept in files"},
		"sendfile": {"", false, "X-Sendfile takes a handle_response in reverse_proxy"},
	},
}

// ofUpstreams are the successors of package properties, which proxy and fastcgi share.
var ofUpstreams = map[string]successor{
	"policy": {"lb_policy", false, "ip_hash is client_ip_hash"}, "status": {"", false, "the admin endpoint has /reverse_proxy/upstreams"},
	"fail_timeout": {"fail_duration", false, ""}, "max_fails": {"max_fails", false, ""}, "max_conns": {"unhealthy_request_count", false, ""},
	"queue": {"", false, "lb_try_duration makes requests wait"}, "slow_start": {"", false, "there is none"},
	"try_duration": {"lb_try_duration", false, ""}, "try_interval": {"lb_try_interval", false, ""},
	"health_check": {"health_uri", false, "an interval is health_interval"}, "health_check_interval": {"health_interval", false, ""}, "health_check_timeout": {"health_timeout", false, ""},
	"health_check_contains": {"health_body", false, "it is a regexp"}, "health_check_rise": {"health_passes", false, ""}, "health_check_fall": {"health_fails", false, ""},
}
