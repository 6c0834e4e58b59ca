package upstream_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

func TestParse(t *testing.T) {
	tcp := func(addr string) upstream.Target { return upstream.Target{Network: "tcp", Addr: addr} }
	for _, tt := range []struct {
		name, text string
		want       []upstream.Target
	}{
		{"a host", "app.internal", []upstream.Target{tcp("app.internal:80")}},
		{"a host and a port", "app_1.internal:8080", []upstream.Target{tcp("app_1.internal:8080")}},
		{"a port", ":8080", []upstream.Target{tcp("localhost:8080")}},
		{"an address", "192.0.2.1:8080", []upstream.Target{tcp("192.0.2.1:8080")}},
		{"an IPv6 address", "[2001:db8::1]", []upstream.Target{tcp("[2001:db8::1]:80")}},
		{"an IPv6 address with a zone", "[fe80::1%eth0]:8080", []upstream.Target{tcp("[fe80::1%eth0]:8080")}},
		{"a range", "app:8001-8003", []upstream.Target{tcp("app:8001"), tcp("app:8002"), tcp("app:8003")}},
		{"a range of one", "app:8001-8001", []upstream.Target{tcp("app:8001")}},
		{"a range of IPv6", "[::1]:65534-65535", []upstream.Target{tcp("[::1]:65534"), tcp("[::1]:65535")}},
		{"http", "http://app", []upstream.Target{{Scheme: "http", Network: "tcp", Addr: "app:80"}}},
		{"https", "HTTPS://app/", []upstream.Target{{Scheme: "https", Network: "tcp", Addr: "app:443"}}},
		{"h2c", "h2c://app:50051", []upstream.Target{{Scheme: "h2c", Network: "tcp", Addr: "app:50051"}}},
		{"h2", "h2://app", []upstream.Target{{Scheme: "h2", Network: "tcp", Addr: "app:443"}}},
		{"fastcgi", "fastcgi://app", []upstream.Target{{Scheme: "fastcgi", Network: "tcp", Addr: "app:9000"}}},
		{"a path", "http://app:81/v%201/", []upstream.Target{{Scheme: "http", Network: "tcp", Addr: "app:81", Path: "/v%201/"}}},
		{"a socket", "unix:/run/app.sock", []upstream.Target{{Network: "unix", Addr: "/run/app.sock"}}},
		{"a socket as a URL", "unix:///run/app.sock", []upstream.Target{{Network: "unix", Addr: "/run/app.sock"}}},
		{"a path alone is a socket", "/run/app.sock", []upstream.Target{{Network: "unix", Addr: "/run/app.sock"}}},
		{"an abstract socket", "unix:@app", []upstream.Target{{Network: "unix", Addr: "@app"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := upstream.Parse(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", `"": a host is missing`},
		{"http://", `"http://": a host is missing`},
		{"app:", `"app:": a port is missing behind the colon`},
		{"app:http", `"app:http": "http" is not a port`},
		{"app:0", `"app:0": "0" is not a port`},
		{"app:080", `"app:080": "080" is not a port`},
		{"app:65536", `"app:65536": "65536" is not a port`},
		{"app:-1", `"app:-1": "" is not a port`},
		{"app:8001-", `"app:8001-": "" is not a port`},
		{"app:8001-8002-8003", `"app:8001-8002-8003": "8002-8003" is not a port`},
		{"app:8003-8001", `"app:8003-8001": the ports of a range go upwards`},
		{"app:1-65535", `"app:1-65535": a range has up to 1024 ports`},
		{"::1", `"::1": an IPv6 address has to be in brackets`},
		{"[::1", `"[::1": "[:" is not an IPv6 address`},
		{"[127.0.0.1]:80", `"[127.0.0.1]:80": "[127.0.0.1]" is not an IPv6 address`},
		{"[::1]x:80", `"[::1]x:80": "[::1]x" is not an IPv6 address`},
		{"ftp://app", `"ftp://app": unknown scheme "ftp"`},
		{"://app", `"://app": unknown scheme ""`},
		{"srv://app", `"srv://app": srv:// is a source of targets, for ParseSource`},
		{"8080", `"8080": a host is missing, or the colon in front of a port`},
		{"http//app:8080", `"http//app:8080": a scheme is followed by ://`},
		{"HTTPS:/app", `"HTTPS:/app": a scheme is followed by ://`},
		{"http:app", `"http:app": "app" is not a port`},
		{"app:80,app:81", `"app:80,app:81": every target has to be an argument of its own, without commas`},
		{"http://app?x", `"http://app?x": only a host, a port and a path can be given`},
		{"http://me:secret@app", `"http://me:secret@app": only a host, a port and a path can be given`},
		{"http://{host}", `"http://{host}": only a host, a port and a path can be given`},
		{"app one", `"app one": ' ' cannot stand in an address`},
		{"app\r\n", `"app\r\n": '\r' cannot stand in an address`},
		{"bücher.example", `"bücher.example": 'ü' cannot stand in an address`},
		{"a,b", `"a,b": every target has to be an argument of its own, without commas`},
		{"a;b", `"a;b": ';' cannot stand in a host`},
		{"unix:", `"unix:": a socket has to be given by its absolute path`},
		{"unix", `"unix": a host called unix has to be given with a scheme`},
		{"unix:app.sock", `"unix:app.sock": a socket has to be given by its absolute path`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := upstream.Parse("127.0.0.1", tt.text)
			require.EqualError(t, err, tt.want)
			require.Nil(t, got)
		})
	}
}

func TestParseSource(t *testing.T) {
	for _, text := range []string{
		"srv://_http._tcp.app.example", "srv+https://app.example/v1", "dns://app.example:8080", "dns+h2c://app.example:80",
	} {
		source, err := upstream.ParseSource(text)
		require.NoError(t, err)
		require.Equal(t, text, source.(interface{ String() string }).String())
	}
	for _, tt := range []struct{ text, want string }{
		{"app", `"app": a source begins with srv:// or dns://`},
		{"http://app", `"http://app": a source begins with srv:// or dns://`},
		{"srv+://app", `"srv+://app": a source begins with srv:// or dns://`},
		{"srv+ftp://app", `"ftp://app": unknown scheme "ftp"`},
		{"srv://app:80", `"srv://app:80": the ports are those of the records`},
		{"dns://app:80-81", `"dns://app:80-81": a source has one port`},
		{"dns:///run/app.sock", `"dns:///run/app.sock": a socket cannot be looked up`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			_, err := upstream.ParseSource(tt.text)
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestTargetURL(t *testing.T) {
	for _, tt := range []struct{ target, path, want string }{
		{"app:8080", "/x?y", "http://app:8080/x?y"},
		{"https://app/v1/", "/x", "https://app:443/v1/x"},
		{"h2c://app/v1", "/", "http://app:80/v1/"},
		{"h2://app/v1", "/", "https://app:443/v1/"},
		{"unix:/run/app.sock", "/x", "http://localhost/x"},
	} {
		targets, err := upstream.Parse(tt.target)
		require.NoError(t, err)
		u, err := targets[0].URL(tt.path)
		require.NoError(t, err)
		require.Equal(t, tt.want, u.String())
	}
}

// FuzzParse checks that what is read can be dialed, and that it reads as the same
// when it is written.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"app", "app:8001-8005", "https://[::1%eth0]:1-2/x", "unix:/a", "unix:@a", "unix:///a", "/a", ":80", "http://a:", "[::1]", "fastcgi://a/%zz", "srv+https://a/b", "dns://a:1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		upstream.ParseSource(text)
		targets, err := upstream.Parse(text)
		if err != nil {
			return
		}
		for _, target := range targets {
			if strings.ContainsFunc(target.String(), func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Fatalf("%q has a byte that could end a line", target)
			}
			if target.Network == "unix" {
				if target.Addr[0] != '/' && target.Addr[0] != '@' {
					t.Fatalf("%q is relative", target.Addr)
				}
			} else {
				host, port, err := net.SplitHostPort(target.Addr)
				if n, _ := strconv.Atoi(port); err != nil || host == "" || n < 1 || n > 65535 {
					t.Fatalf("%q: %v", target.Addr, err)
				}
			}
			again, err := upstream.Parse(target.String())
			if err != nil || len(again) != 1 || again[0] != target {
				t.Fatalf("%q reads as %v, %v", target, again, err)
			}
		}
	})
}
