package caddyfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

func TestAddress(t *testing.T) {
	for _, tt := range []struct{ text, scheme, host, port, path string }{
		{"localhost", "", "localhost", "", ""},
		{"localhost:2015", "", "localhost", "2015", ""},
		{"Example.COM", "", "Example.COM", "", ""},
		{":2015", "", "", "2015", ""},
		{":0", "", "", "0", ""},
		{":http", "", "", "80", ""},
		{"a.com:https", "", "a.com", "443", ""},
		{"a.com:00080", "", "a.com", "80", ""},
		{"http://", "http", "", "", ""},
		{"http://a.com", "http", "a.com", "", ""},
		{"http://a.com:443", "http", "a.com", "443", ""},
		{"1.example", "", "1.example", "", ""},
		{"HTTPS://a.com:8443", "https", "a.com", "8443", ""},
		{"http://:8080", "http", "", "8080", ""},
		{"a.com/", "", "a.com", "", ""},
		{"a.com/b", "", "a.com", "", "/b"},
		{"a.com:80/b/c/", "", "a.com", "80", "/b/c"},
		{"https://a.com/b*", "https", "a.com", "", "/b*"},
		{"a.com/*", "", "a.com", "", "/*"},
		{"a.com/b/*", "", "a.com", "", "/b/*"},
		{"a.com/.well-known", "", "a.com", "", "/.well-known"},
		{"/b", "", "", "", "/b"},
		{"127.0.0.1:80", "", "127.0.0.1", "80", ""},
		{"[::1]", "", "::1", "", ""},
		{"[::1]:80", "", "::1", "80", ""},
		{"http://[2001:db8::1]:80/a", "http", "2001:db8::1", "80", "/a"},
		{"::1", "", "::1", "", ""},
		{"fe80::1%eth0", "", "fe80::1%eth0", "", ""},
		{"*", "", "*", "", ""},
		{"*.example.com", "", "*.example.com", "", ""},
		{"*.*.example.com", "", "*.*.example.com", "", ""},
		{"new-*.example.com", "", "new-*.example.com", "", ""},
		{"deep.*.example.com", "", "deep.*.example.com", "", ""},
		{"under_score.example.com.", "", "under_score.example.com.", "", ""},
		{"bücher.example", "", "bücher.example", "", ""},
		{"ノート・パソコン.example", "", "ノート・パソコン.example", "", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			f, err := caddyfile.Parse("", []byte(tt.text+" {\n}"), caddyfile.ParseConfig{})
			require.NoError(t, err)
			a := f.Sites[0].Addrs[0]
			require.Equal(t, caddyfile.Address{Text: tt.text, Pos: a.Pos, Scheme: tt.scheme, Host: tt.host, Port: tt.port, Path: tt.path}, a)
		})
	}
}

func TestAddressErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`""`, `the address of a site must not be empty`},
		{"``", `the address of a site must not be empty`},
		{"{$NOPE}", `the address of a site must not be empty, but {$NOPE} is: if it may be, write {$NAME*} (the environment variable NOPE is not set)`},
		{"{$NOPE*}", `this site has no address: what is here stands for nothing`},
		{"/", `"/" is not the address of a site: it has no host`},
		{":", `":" is not the address of a site: the port is missing after the colon`},
		{"a.com:", `"a.com:" is not the address of a site: the port is missing after the colon`},
		{"a.com:65536", `"a.com:65536" is not the address of a site: "65536" is not a port, which is a number up to 65535`},
		{"a.com:-1", `"a.com:-1" is not the address of a site: "-1" is not a port, which is a number up to 65535`},
		{"a.com:+1", `"a.com:+1" is not the address of a site: "+1" is not a port, which is a number up to 65535`},
		{"a.com:ssh", `"a.com:ssh" is not the address of a site: "ssh" is not a port, which is a number up to 65535`},
		{"ftp://a.com", `"ftp://a.com" is not the address of a site: the scheme has to be http or https`},
		{"htpp://a.com", `"htpp://a.com" is not the address of a site: the scheme has to be http or https (did you mean "http"?)`},
		{"2016", `"2016" is not the address of a site: a host is not a mere number (did you mean ":2016"?)`},
		{"http://2016", `"http://2016" is not the address of a site: a host is not a mere number (did you mean ":2016"?)`},
		{"65536", `"65536" is not the address of a site: a host is not a mere number`},
		{"2016:2017", `"2016:2017" is not the address of a site: a host is not a mere number`},
		{"https://a.com:80", `"https://a.com:80" is not the address of a site: the port 80 is not one of https`},
		{"a..com", `"a..com" is not the address of a site: there is nothing before a dot`},
		{".com", `".com" is not the address of a site: there is nothing before a dot`},
		{`"a b"`, `"a b" is not the address of a site: ' ' cannot be part of a host`},
		{"user@a.com", `"user@a.com" is not the address of a site: '@' cannot be part of a host`},
		{"a.com,b.com", `"a.com,b.com": after a comma there has to be a space`},
		{"a.com:80,b.com", `"a.com:80,b.com": after a comma there has to be a space`},
		{`"a.com,b.com"`, `"a.com,b.com" is not the address of a site: a space is missing after the comma`},
		{"a.com,,", `"a.com,": after a comma there has to be a space`},
		{"{gzip}", `"{gzip}" is one word, not a block: after { and before } there has to be a space`},
		{"[::1", `"[::1" is not the address of a site: what is in brackets has to be an IPv6 address`},
		{"[127.0.0.1]", `"[127.0.0.1]" is not the address of a site: what is in brackets has to be an IPv6 address`},
		{"[::1]80", `"[::1]80" is not the address of a site: after the bracket there can only be a port`},
		{"a:b:80", `"a:b:80" is not the address of a site: it has several colons, but is not an IPv6 address`},
		{"a*b*.com", `"a*b*.com" is not the address of a site: a host can have several * only as its first labels, as in *.*.example.com`},
		{"*.a-*.com", `"*.a-*.com" is not the address of a site: a host can have several * only as its first labels, as in *.*.example.com`},
		{"a.com//", `"a.com//" is not the address of a site: its path has to be written "/"`},
		{"a.com//b", `"a.com//b" is not the address of a site: its path has to be written "/b/"`},
		{"a.com/b/../c", `"a.com/b/../c" is not the address of a site: its path has to be written "/c/"`},
		{"a.com/b*c", `"a.com/b*c" is not the address of a site: its path can have a * only at the end`},
		{"a.com/b%20c", `"a.com/b%20c" is not the address of a site: its path has to be written without %-escapes, and without a query`},
		{"a.com/b?c", `"a.com/b?c" is not the address of a site: its path has to be written without %-escapes, and without a query`},
		{strings.Repeat("a", 256), `"` + strings.Repeat("a", 64) + `…" is not the address of a site: a host has at most 255 bytes`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			_, err := caddyfile.Parse("", []byte(tt.text+" {\n}"), caddyfile.ParseConfig{})
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, "Caddyfile:1:1: "+tt.want, first)
		})
	}
}
