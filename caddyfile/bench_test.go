package caddyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// manySites returns a Caddyfile of n sites, with 23 tokens in each.
func manySites(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `site%05[1]d.example.com:8080 {
	root /var/www/site%05[1]d/public
	gzip
	log access.log "{common} {request_id}"
	header / X-Frame-Options DENY
	proxy /api localhost:9001 localhost:9002 {
		policy round_robin
		max_fails 3
	}
}
`, i)
	}
	return []byte(b.String())
}

// manyImports returns a Caddyfile of n sites that import the same four directives.
func manyImports(n int) []byte {
	var b strings.Builder
	b.WriteString("(common) {\n\tgzip\n\troot /var/www\n\tlog /var/log/caddy.log\n\theader / X-Frame-Options DENY\n}\n")
	for i := range n {
		fmt.Fprintf(&b, "site%05d.example.com {\n\timport common\n}\n", i)
	}
	return []byte(b.String())
}

func benchmarkParse(b *testing.B, src []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		_, err := caddyfile.Parse("Caddyfile", src, caddyfile.ParseConfig{})
		require.NoError(b, err)
	}
}

// The parser of Caddy 2 takes 330 to 370 ms for the like of it, and 1.0.5's 290.
func BenchmarkParse10kSites(b *testing.B) { benchmarkParse(b, manySites(10_000)) }
func BenchmarkParse1kSites(b *testing.B)  { benchmarkParse(b, manySites(1_000)) }

// The parser of Caddy 2 takes 61 s, 57 times what it takes for a tenth of it.
func BenchmarkParse10kImports(b *testing.B) { benchmarkParse(b, manyImports(10_000)) }
func BenchmarkParse1kImports(b *testing.B)  { benchmarkParse(b, manyImports(1_000)) }

// The lexer of Caddy 2 does some 6 MB/s.
func BenchmarkLex(b *testing.B) {
	src := string(manySites(10_000))
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if n := caddyfile.CountTokens(src); n != 230_000 {
			b.Fatal(n)
		}
	}
}
