package standard_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/directive"
)

// lines are what a site may have of each directive, and of what it must not.
var lines = []string{
	"root /srv\nindex a.html b.html\nbind 127.0.0.1 [::1]\nh2c",
	"timeouts 10s\ntimeouts {\n\tread 1s\n\theader 2s\n\twrite none\n\tidle 0\n}\ntrusted_proxies 10.0.0.0/8 ::1",
	"tls off\ntls self_signed\ntls me@example.com {\n\tca https://ca.example/dir\n\tprotocols tls1.2 tls1.3\n\tciphers a\n\tcurves p256\n\tclients request a.pem\n}\ntls a.pem b.pem",
	"startup make assets {\n\ttimeout 5m\n}\nshutdown \"a b\" c &\non certrenew x y",
	"git git@example.com:a/b.git ../c {\n\tbranch main\n\tkey k\n\tinterval 1h\n\tthen make a && b\n\tthen_long hugo\n\thook /h s\n\thook_type github\n\tstate s\n\tsubdir d\n\tdepth 1\n\tkeep 3\n\tsubmodules\n\tlfs\n\tlazy\n}\ngit {\n\trepo https://example.com/x\n\tpath p\n\ttoken_file f u\n\ttimeout 1m\n\tknown_hosts h\n}",
	"request_id X-Id {\n\ttrust 10.0.0.0/8\n}",
	"log\nlog / a.log \"{common} {>A} {when}\" {\n\texcept /x 404\n\tipmask 255.255.0.0 ffff::\n\theaders secrets\n\trotate_size 1\n\trotate_age 2\n\trotate_keep 3\n\trotate_compress\n}\nlog b.log {\n\tformat json\n\trotate_disable\n}",
	"gzip {\n\text .a *\n\tnot /b\n\tlevel 5\n\tmin_length 1KB\n\tencodings zstd br gzip\n\ttypes text/* !a/b\n\tetag weak\n\tcache 1MB\n\tjitter 32\n\tprecompressed br gzip\n\tdictionary /a.*.js {\n\t\tdest script\n\t\tid x\n\t\tfile missing\n\t}\n}\ndecompress {\n\tencodings gzip\n\tlimit 1MB\n\tratio 10\n}",
	"errors e.log {\n\t404 a.html\n\t* b.html\n\trotate_size 1\n}\nerrors visible",
	"header / {\n\tA b\n\t-C\n\t+D \"e {host}\"\n}\nheader /x -Server\nheader / F g",
	"rewrite /a /b {path}/ /c?{query}\nrewrite /d {\n\tr ^(.*)/(a|b)+$\n\text .x /\n\tif {path} not_match ^/a\n\tif {>A} starts_with b\n\tif_op or\n\tto {1} /e\n}",
	"redir /a https://b.com{uri} 308\nredir https://c.com 301\nredir 302 {\n\t/d /e\n\tif {scheme} is http\n\tif_op and\n}",
	"ext .html .txt /\nbasicauth /a u p\nbasicauth u htpasswd=missing {\n\trealm r\n\t/b\n}",
	"proxy /a a:1 b:2-5 https://c {\n\tpolicy header X\n\tfail_timeout 1s\n\tmax_fails 2\n\tmax_conns 3\n\tqueue 4 1s\n\thealth_check /h 1s\n\theader_upstream +A {b}\n\theader_downstream C (d) $1\n\twithout /a\n\texcept /b\n\ttransparent\n\twebsocket\n\tretry_status 503\n\tintercept 404\n\taccel /x y\n\tca_certificates missing\n\ttls_client a b\n}",
	"fastcgi /a 127.0.0.1:9000 php {\n\text .php\n\tsplit .php\n\tindex i.php\n\ttry {path} /i.php\n\tenv A {b}\n\texcept /c\n\troot /d e\n\tpool 3\n\tmax_body 1MB\n\tconnect_timeout none\n\ttemp /tmp\n}\nfastcgi / unix:/run/x.sock",
	"websocket /a \"cat -u\" {\n\ttype lines\n\tbufsize 1KB\n\torigins a.com\n\tmax_connections 3\n\tping 1s\n\tenv A b\n\trespawn\n}",
	"templates /a .html .tpl\ntemplates {\n\tpath /b\n\text .x\n\tbetween [[ ]]\n\ttext .txt\n\tenv A\n\tlimit 1MB 2s\n}",
	"browse /a missing\nbrowse {\n\tsort size desc\n\tlayout grid\n\tpage 10\n\tunlist *.bak [a-\n\tdotfiles\n\tsearch 1s 10\n\treadme\n\tthumbnails 1MB\n\tarchives zip tar.gz\n\tarchive_limit 1GB 10 1h\n}",
	"static {\n\tsymlinks inside\n\tdotfiles deny\n\thide *.x [\n\tsiblings br\n}",
	"basicauth / u htpasswd=/dev/zero",
	"tls /dev/zero /dev/zero",
	"tls {\n\tclients /dev/zero\n}",
	"browse / /dev/zero",
	"gzip {\n\tdictionary /a {\n\t\tfile /dev/zero\n\t}\n}",
	"proxy / a {\n\tca_certificates /dev/zero\n\ttls_client /dev/zero /dev/zero\n}",
	"limits 1MB\nlimits {\n\theader 1KB\n\tbody /a 1GB\n}\nmime .a text/a\nmime {\n\t.b text/b\n}\nstatus 404 /a\nstatus 410 {\n\t/b\n}\ninternal /c /d\nexpvar /e\npprof\nmarkdown /f {\n\text .md\n\ttemplate x y\n}\npush /g /h\nintrospect /i",
	"grpc\nlog a {\n\tb {\n\t\tc\n\t}\n}\nproxy\nimport x\n{ gzip }",
}

// FuzzSetup checks that whatever the lines of a site say, they are set up without
// harm or refused with their place, and that nothing is started to find that out.
// The site may not run commands.
func FuzzSetup(f *testing.F) {
	for _, src := range lines {
		f.Add(src)
		for line := range strings.SplitSeq(src, "\n") {
			f.Add(line)
		}
	}
	vocabulary := standard.Vocabulary()
	for _, name := range vocabulary.Names() {
		f.Add(name + "\n" + name + " /a b {\n\tc /d\n\t/e 1MB {\n\t\tf 10s\n\t}\n}")
	}
	c := caddyfile.ParseConfig{FS: fstest.MapFS{}, Directives: vocabulary.Names(), Env: func(string) (string, bool) { return "", false }}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src string) {
		file, err := caddyfile.Parse("Caddyfile", []byte("localhost:0 {\n"+src+"\n}\n"), c)
		if err != nil {
			return
		}
		for _, site := range file.Sites {
			if !slices.ContainsFunc(site.Lines, func(l *directive.Line) bool { return l.Name() == "root" }) {
				site.Lines = append(site.Lines, &directive.Line{Words: []directive.Word{{Text: "root"}, {Text: dir}}})
			}
		}
		server, err := caddyfile.Build(file, caddyfile.Config{Vocabulary: vocabulary, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			require.NoError(t, server.Close())
			return
		}
		require.NotContains(t, err.Error(), "panic")
		first := err
		if all, ok := err.(interface{ Unwrap() []error }); ok {
			first = all.Unwrap()[0]
		}
		at, ok := errors.AsType[*directive.Error](first)
		require.True(t, ok, err)
		require.NotZero(t, at.Pos.Line, err)
	})
}
