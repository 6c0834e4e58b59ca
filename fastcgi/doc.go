// Package fastcgi has applications answer that speak FastCGI, such as PHP's FPM: a
// [Handler] for sites, and what it talks to them with, a [Client], which is of use
// alone.
//
//	targets, err := upstream.Parse("unix:/run/php/php-fpm.sock")
//	...
//	group, err := upstream.Open(ctx, upstream.Config{Targets: targets})
//	...
//	defer group.Close()
//	php := fastcgi.PHP()
//	php.Root, php.Upstreams = middleware.NewRoot("public"), group
//	files := static.New(static.Config{Root: php.Root, Hide: php.Hide})
//	http.ListenAndServe(addr, middleware.Wrap(http.NotFoundHandler(), fastcgi.New(php), files))
//
// In a Caddyfile:
//
//	fastcgi [PATH] ADDR [php] {
//		ext              EXT...
//		split            SUFFIX...
//		index            FILE...
//		try              NAME...
//		env              NAME VALUE
//		except           PATH...
//		root             DIR [LOCAL]
//		mount            PATH
//		alias            FIELD...
//		upstream         ADDR...
//		policy           NAME [ARG]
//		fail_timeout     DURATION
//		max_fails        N
//		max_conns        N
//		queue            N [DURATION]
//		slow_start       DURATION
//		try_duration     DURATION
//		try_interval     DURATION
//		health_check     PATH [INTERVAL]
//		health_check_interval|health_check_timeout  DURATION
//		health_check_contains  TEXT
//		health_check_rise|health_check_fall         N
//		status           PATH NETWORK...
//		connect_timeout|send_timeout|read_timeout   DURATION|none
//		pool             N
//		idle_timeout     DURATION
//		max_body         SIZE
//		body_memory      SIZE
//		temp             DIR
//		sendfile         DIR
//	}
//
// The PATH is / unless given. Of several lines, that with the longest wins. The
// word php stands for "ext .php", "split .php" and "index index.php". ADDR is a
// host, with a port if that is not 9000, the path of a Unix socket, or the same
// behind unix:, tcp:// or fastcgi://; srv:// and dns:// look addresses up. The root is
// what the site's is called where the application runs, as in Caddy 1.0.5, or what the
// folder LOCAL above it is called there. The PATHs of except are relative to PATH. A
// pool of 0 is a new connection for every request. Values of env may have
// placeholders. The name try_files means try. Trusted are the site's trusted_proxies,
// and files that end in ext are hidden from all layers of the site.
//
// What is said of policies, failures, limits, tries, health checks and the status
// package [properties] describes: it is the same for a proxy. The policy is round_robin
// unless given. The path /fpm-ping is what a health_check commonly asks for; it has to
// be the ping.path of FPM.
//
// # Which requests
//
// Without Ext and Split, all of From is the application's, which is at From itself.
// Else files decide, of the names in Config.Try one after the other. Usually those
// are what was asked for, the index script of that folder, and the front controller:
// the index script of the root. By PHP with the static handler behind it,
//
//	/style.css       a file                         the next handler
//	/a.php           a script                       SCRIPT_NAME=/a.php
//	/a.php/b/c       a script with more behind it   the same, and PATH_INFO=/b/c
//	/blog/           a folder with an index.php     SCRIPT_NAME=/blog/index.php
//	/blog            the same                       308 to /blog/
//	/docs/           a folder with a StaticIndex    the next handler
//	/no/such/thing   nothing                        SCRIPT_NAME=/index.php, or else the next handler
//	/.git/hooks      begins with a dot              the next handler
//	/up.jpg/x.php    no script                      as nothing is, or else 404
//
// A script ends with the first segment that ends in one of Split, byte by byte, and
// is a regular file below the root, and only then is the application told of it. So
// neither can an upload be run by what is put behind its name, nor do letters count
// that look like others or become them in lower case (CVE-2026-27590,
// CVE-2026-45135). Links are followed as long as they stay below the root.
//
// The source of a script is never seen: what its name says is one, in whatever
// letters, is answered with 404 if it is not run. Config.Hide has other layers hide
// it, too. Of folders that visitors may write to, Except has nothing run. Control
// bytes in a path are answered with 400.
//
// In Caddy 0.7.1 the front controller gets the path as PATH_INFO. Here, as commonly
// with nginx and Caddy 2, it has to look at REQUEST_URI, unless Try has an
// /index.php{path}. What is found behind a name is believed for a second.
//
// # What applications are told
//
// The variables of RFC 3875, section 4.1, and those that PHP has them by:
//
//	GATEWAY_INTERFACE SERVER_SOFTWARE REDIRECT_STATUS  CGI/1.1, shallot, 200
//	SERVER_PROTOCOL REQUEST_METHOD REQUEST_SCHEME      HTTP/1.1, GET, http
//	REQUEST_URI               as it stood in the request, whatever was rewritten since
//	QUERY_STRING              as it is now, escaped
//	SCRIPT_NAME DOCUMENT_URI  Mount and the script
//	PATH_INFO                 what is behind it, unescaped; may be empty
//	PATH_TRANSLATED           that, below the root, unless it is empty or there are no files
//	SCRIPT_FILENAME           the script below the root, if it is a file
//	DOCUMENT_ROOT             the root, or UpstreamRoot
//	CONTENT_LENGTH            unless there is no body
//	CONTENT_TYPE              if the client says so
//	REMOTE_ADDR REMOTE_PORT   the client's, see [middleware.ClientIP]; no port of behind a proxy
//	REMOTE_USER               if a layer further out has authenticated somebody
//	AUTH_TYPE                 Basic, if it was by that; else as an authorizer says
//	SERVER_NAME               one of Names, whatever Host says
//	SERVER_ADDR SERVER_PORT   of the listener; no address of a Unix socket
//	HTTPS                     on, or missing
//	SSL_PROTOCOL SSL_CIPHER   TLSv1.3, TLS_AES_128_GCM_SHA256
//	HTTP_*                    fields of the request
//
// Nothing is there twice: what Config.Env sets nothing else does, least of all a
// client. Fields are left out that are for one connection, that other variables
// tell, whose names have anything but letters, digits and "-" (see Config.Aliases),
// and Proxy, CVE-2016-5385. Of several cookies the values are joined by "; ", of other
// fields by ", ".
//
// The root is that of the request, see [middleware.RootOf], by its name without
// links. So the files of one request are those of one release, also where PHP
// remembers what it has compiled by the names of files.
//
// # Bodies
//
// An application has to be told the length of a body first. One of up to BodyMemory
// is read before the application is asked, so that a slow client does not occupy it.
// A larger one is sent as it comes if its length is known; else it goes to a
// temporary file, which has no name, but on Windows. While a body is sent the
// response is passed on already.
//
// # Responses
//
// Without Status the status is 200, or with a Location 302. If that is a path and
// there is nothing else, another request is answered in place of this one, which
// may be the next handler's: RFC 3875, section 6.2.2. X-Sendfile and
// X-Accel-Redirect have a file of SendFile sent in place of the body, with ranges;
// without SendFile they are dropped, unless X-Accel-Redirect is for a layer further
// out to answer, as the directive internal is (see Config.Redirects). What the application has sent is flushed as
// soon as it pauses, unless it says X-Accel-Buffering: yes. Responses of status 1xx
// are passed on. A body that breaks off is cut off. What an application writes to
// its standard error is logged, see [LogStderr].
//
// Handlers further out get a status with the error:
//
//	400  the request cannot be sent on
//	405  CONNECT
//	408  the client is too slow to send its body
//	413  the body exceeds BodyMax, or an http.MaxBytesReader
//	431  a field is too long to be sent on, which is never cut off
//	499  the client has left
//	502  no application could be reached, or what it said is not CGI
//	503  none is fit, all are full, or it is overloaded
//	504  it took too long
//
// With 503 goes a Retry-After: of one second if all are full, of ten if none is fit, and
// of five if it is overloaded.
//
// # Retries
//
// A request that did not reach an application, or that it refused, goes to another,
// until all were tried. One that may have reached it is sent to another only if its
// method is idempotent or it has an Idempotency-Key, none of the response was passed
// on, it is not a matter of time, and few other requests fail: see
// [upstream.Budget]. So a POST is never executed twice. Bodies that were read first
// can be sent again, others for as long as none of them was read.
//
// # Authorizers
//
// An application may also be asked whether a request may pass, and who it is from:
// see [NewAuthorizer].
//
// # The Client
//
// It keeps connections, but few and not for long, as a process of PHP serves nobody
// else for as long as one is open. A connection is used again only if both the
// request and the response ended exactly where they had to, nothing came after, and
// it is still silent when it is next needed: caddy#1204. The Client itself sends a
// request again, on a new connection, if one turned out to be dead without any answer,
// and then only if nothing of the request was taken or its method is idempotent. So
// neither pm.max_requests nor a reload of FPM, which by default kills what its
// processes are doing, is seen by who asks for a page: caddy#1123, caddy#1166.
//
// When a request's context ends its connection is closed at once. PHP knows no other
// sign.
//
// A failure is an [*Error]. It says whether any of the request can have reached the
// application and whether any of an answer came from it.
package fastcgi
