package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/fastcgi"
	"github.com/shallot-http/shallot/fastcgi/fastcgitest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/placeholder"
	"github.com/shallot-http/shallot/middleware/upstream"
)

const helloWorld = "Hello World"

// phpFPM is looked for by package fastcgitest, where Debian has it.
var phpFPM = pair.Program{Name: "php-fpm8.2", Version: "-v"}

// fastcgiRows are about a page of PHP, by the same php-fpm on both sides, for 16
// clients, or one: what the server in front of it takes, and what php-fpm does.
func fastcgiRows() []pair.Row {
	type side func(t pair.TB, f *fpm) process
	ours := func(how string) side {
		return func(t pair.TB, f *fpm) process {
			return startOurs(t, "fastcgi", how+" "+f.Target.Addr+" "+f.root, "GOMAXPROCS=1") // see handlerRows
		}
	}
	nginxBy := func(directives string, keep bool) side {
		return func(t pair.TB, f *fpm) process { return startNginxFPM(t, f, directives, keep) }
	}
	const (
		calls = "a third of it is the server of net/http, see the row about a handler that does nothing, and most of the rest are the calls of the " +
			"kernel by which an application is asked"
		warm = "where all connections are in use php-fpm has as many processes at work, each with a cold cache; where each is for one request, those " +
			"that were idle last, which are few, do all of it"
	)
	type about struct {
		clients int
		ofPHP   bool
		gap     string
	}
	row := func(name, peer string, a, b side, what about, bounds ...pair.Bound) pair.Row {
		needs := []pair.Program{phpFPM}
		if p, ok := map[string]pair.Program{"nginx": nginx, "HAProxy": haproxy}[strings.Fields(peer)[0]]; ok {
			needs = append(needs, p)
		}
		return pair.Row{Name: "fastcgi/" + name, Peer: peer, Needs: needs, Gap: what.gap, Bounds: bounds, Setup: func(t pair.TB) (pair.Op, pair.Op) {
			f := startFPM(t)
			of := func(s side) pair.Op {
				p := s(t, f)
				meter := p.meter
				if what.ofPHP {
					meter = pair.Tree(f.Pid())
				}
				if what.clients == 1 {
					return pair.Op{Do: ask(t, p.addr, get("/index.php"), int64(len(helloWorld))), Meter: meter}
				}
				return loadOn(t, p.addr, bytesOf(t, get("/index.php"), nil), int64(len(helloWorld))).op(t, meter)
			}
			return of(a), of(b)
		}}
	}
	const script = "fastcgi_param SCRIPT_FILENAME $document_root/index.php;"
	const split = `try_files $uri $uri/index.php /index.php; fastcgi_split_path_info ^(.+\.php)(/.*)$;
		fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name; fastcgi_param PATH_INFO $fastcgi_path_info;`
	all := about{clients: connections}
	return []pair.Row{
		row("no file is looked for", "nginx", ours("blind"), nginxBy(script, false), about{connections, false, calls}, pair.MaxRatio(1.2).Until(2.2)),
		row("files are looked for", "nginx", ours("php"), nginxBy(split, false), about{connections, false, calls}, pair.MaxRatio(1.5).Until(2)),
		row("connections are kept", "ours without", ours("php"), ours("dial"), all, pair.MaxRatio(0.8)),
		row("connections are kept, of php-fpm, one client", "ours without", ours("php"), ours("dial"), about{1, true, ""}, pair.MaxRatio(0.85)),
		row("connections are kept, of php-fpm", "ours without", ours("php"), ours("dial"), about{connections, true, warm}, pair.MaxRatio(0.85).Until(1.1)),
		// No claims, but what to expect.
		row("connections are kept", "nginx with keepalive", ours("blind"), nginxBy(script, true), all),
		row("no file is looked for", "HAProxy", ours("blind"), startHAProxyFPM, all),
		row("no file is looked for", "a handler that does nothing", ours("blind"), ours("floor"), all),
	}
}

// An fpm is php-fpm with a folder of one page.
type fpm struct {
	*fastcgitest.FPM
	root string
}

func startFPM(t pair.TB) *fpm {
	f, err := fastcgitest.Start(t.Context(), fastcgitest.Config{Children: connections, Pool: []string{"php_admin_value[opcache.enable] = 1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "index.php"), []byte("<?php header('Content-Length: 11'); echo '"+helloWorld+"';"), 0o644); err != nil {
		t.Fatal(err)
	}
	return &fpm{f, root}
}

// fastcgiServer serves PHP in one of several ways.
func fastcgiServer(arg string) (http.Handler, error) {
	how, rest, _ := strings.Cut(arg, " ")
	addr, dir, _ := strings.Cut(rest, " ")
	if how == "floor" {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			w.Header().Set("X-Powered-By", "PHP")
			fmt.Fprint(w, helloWorld)
		}), nil
	}
	root, err := middleware.PinnedRoot(dir)
	if err != nil {
		return nil, err
	}
	group, err := upstream.Open(context.Background(), upstream.Config{Targets: []upstream.Target{{Network: "unix", Addr: addr}}})
	if err != nil {
		return nil, err
	}
	cfg := fastcgi.PHP()
	cfg.Root, cfg.Upstreams = root, group
	switch how {
	case "blind":
		cfg.Ext, cfg.Split, cfg.Index = nil, nil, nil
		for name, value := range map[string]string{"SCRIPT_FILENAME": filepath.Join(root.Dir, "index.php"), "SCRIPT_NAME": "/index.php", "PATH_INFO": ""} {
			cfg.Env = append(cfg.Env, fastcgi.Var{Name: name, Value: placeholder.Compile(value, placeholder.Plain)})
		}
	case "dial":
		cfg.Client = fastcgi.NewClient(fastcgi.ClientConfig{MaxIdle: -1})
	}
	return middleware.Wrap(http.NotFoundHandler(), fastcgi.New(cfg)), nil
}

// startNginxFPM starts nginx in front of php-fpm.
func startNginxFPM(t pair.TB, f *fpm, directives string, keep bool) process {
	pass, all := "unix:"+f.Target.Addr, ""
	if keep {
		pass, directives = "fpm", directives+" fastcgi_keep_conn on;"
		all = "upstream fpm { server unix:" + f.Target.Addr + "; keepalive 4; keepalive_requests 1000000000; }"
	}
	// As /etc/nginx/fastcgi_params of Debian has it.
	return startNginxWith(t, all, `root `+f.root+`; location / {
		fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
		fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
		fastcgi_param SCRIPT_NAME $fastcgi_script_name; fastcgi_param REQUEST_URI $request_uri;
		fastcgi_param DOCUMENT_URI $document_uri; fastcgi_param DOCUMENT_ROOT $document_root;
		fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param REQUEST_SCHEME $scheme; fastcgi_param HTTPS $https if_not_empty;
		fastcgi_param GATEWAY_INTERFACE CGI/1.1; fastcgi_param SERVER_SOFTWARE nginx/$nginx_version;
		fastcgi_param REMOTE_ADDR $remote_addr; fastcgi_param REMOTE_PORT $remote_port;
		fastcgi_param SERVER_ADDR $server_addr; fastcgi_param SERVER_PORT $server_port; fastcgi_param SERVER_NAME $server_name;
		fastcgi_param REDIRECT_STATUS 200;
		`+directives+` fastcgi_pass `+pass+`; }`)
}

// startHAProxyFPM starts HAProxy in front of php-fpm, with one thread.
func startHAProxyFPM(t pair.TB, f *fpm) process {
	addr := freeAddr(t)
	conf := filepath.Join(t.TempDir(), "haproxy.cfg")
	err := os.WriteFile(conf, []byte(`
global
	nbthread 1
defaults
	mode http
	http-reuse always
	timeout connect 5s
	timeout client 1m
	timeout server 1m
fcgi-app php
	docroot `+f.root+`
	index index.php
	path-info ^(/.+\.php)(/.*)?$
listen front
	bind `+addr+`
	use-fcgi-app php
	server fpm unix@`+f.Target.Addr+` proto fcgi
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, addr, haproxy.Name, "-db", "-q", "-f", conf)
}
