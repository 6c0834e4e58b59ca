package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	coredns "github.com/coredns/caddy/caddyfile"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/examples/bench/pair"
)

// parseRows are about reading long Caddyfiles. The peer is the parser of Caddy 1,
// as CoreDNS keeps it.
func parseRows() []pair.Row {
	const peer = "coredns/caddy"
	alone := func(text func(int) string, n int) func(pair.TB) (ours, none pair.Op) {
		return func(t pair.TB) (ours, none pair.Op) { return parse(t, text(n), n), pair.Op{} }
	}
	versus := func(text func(int) string, n int) func(pair.TB) (ours, theirs pair.Op) {
		return func(t pair.TB) (ours, theirs pair.Op) {
			return parse(t, text(n), n), parseCoreDNS(t, text(n), n)
		}
	}
	growth := func(text func(int) string) func(pair.TB) (ours, theirs pair.Op) {
		return func(t pair.TB) (ours, theirs pair.Op) {
			return parse(t, text(10_000), 10_000), parse(t, text(1_000), 1_000)
		}
	}
	const memory = "25 MB do not fit the processor's cache and are asked of the kernel page by page, 2.5 MB do, and are used again"
	ms := func(n time.Duration) []pair.Bound { return []pair.Bound{pair.MaxTime(n * time.Millisecond)} }
	ratio := func(limit float64) []pair.Bound { return []pair.Bound{pair.MaxRatio(limit)} }
	return []pair.Row{
		{Name: "parse/10,000 sites", Peer: peer, Bounds: append(ms(80), ratio(0.5)...), Setup: versus(sites, 10_000)},
		{Name: "parse/10,000 sites", Peer: "1,000 sites", Gap: memory, Setup: growth(sites),
			Bounds: []pair.Bound{pair.MaxRatio(12).Until(18)}},
		{Name: "parse/10,000 imports", Bounds: ms(200), Setup: alone(imports, 10_000)},
		{Name: "parse/10,000 imports", Peer: "1,000 imports", Bounds: ratio(12), Setup: growth(imports)},
		// CoreDNS takes time that grows with the square: 10,000 would take too long.
		{Name: "parse/1,000 imports", Peer: peer, Bounds: ratio(0.1), Setup: versus(imports, 1_000)},
		{Name: "parse/memory for 10,000 sites", Bounds: []pair.Bound{pair.MaxBytes(60e6)}, Setup: alone(sites, 10_000)},
		{Name: "parse/formatting 10,000 sites", Bounds: ms(45), Setup: formatted(sites(10_000))}, // 2.2 MB
		// What is meant to cost a lot is refused before it does.
		{Name: "parse/snippets that double 18 times", Bounds: append(ms(50), pair.MaxBytes(32<<20)), Setup: refused(laughs(18))},
		{Name: "parse/a heredoc's marker of 100 KB", Bounds: ms(10),
			Setup: refused("a.com\nx <<" + strings.Repeat("M", 100<<10) + "\n" + strings.Repeat("M", 200<<10))},
	}
}

func formatted(text string) func(pair.TB) (ours, none pair.Op) {
	return func(t pair.TB) (ours, none pair.Op) {
		src := []byte(text)
		return pair.Op{Do: func() {
			if _, err := caddyfile.Format(src); err != nil {
				t.Fatal(err)
			}
		}}, pair.Op{}
	}
}

func refused(text string) func(pair.TB) (ours, none pair.Op) {
	return func(t pair.TB) (ours, none pair.Op) {
		src := []byte(text)
		return pair.Op{Do: func() {
			if _, err := caddyfile.Parse("Caddyfile", src, caddyfile.ParseConfig{}); err == nil {
				t.Fatal("not refused")
			}
		}}, pair.Op{}
	}
}

// laughs returns snippets that each import the one before it twice, and a site that
// imports the last of them.
func laughs(depth int) string {
	var b strings.Builder
	b.WriteString("(0) {\nx\n}\n")
	for i := range depth {
		fmt.Fprintf(&b, "(%d) {\nimport %d\nimport %[2]d\n}\n", i+1, i)
	}
	fmt.Fprintf(&b, "a.com {\nimport %d\n}\n", depth)
	return b.String()
}

func parse(t pair.TB, text string, sites int) pair.Op {
	src := []byte(text)
	return pair.Op{Do: func() {
		f, err := caddyfile.Parse("Caddyfile", src, caddyfile.ParseConfig{})
		if err != nil || len(f.Sites) != sites {
			t.Fatal("not parsed: ", err)
		}
	}}
}

func parseCoreDNS(t pair.TB, text string, sites int) pair.Op {
	src := []byte(text)
	return pair.Op{Do: func() {
		blocks, err := coredns.Parse("Caddyfile", bytes.NewReader(src), nil)
		if err != nil || len(blocks) != sites {
			t.Fatal("not parsed: ", err)
		}
	}}
}

// sites returns a Caddyfile of n sites, with 23 tokens in each.
func sites(n int) string {
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
	return b.String()
}

// imports returns a Caddyfile of n sites that import the same four directives.
func imports(n int) string {
	var b strings.Builder
	b.WriteString("(common) {\n\tgzip\n\troot /var/www\n\tlog /var/log/caddy.log\n\theader / X-Frame-Options DENY\n}\n")
	for i := range n {
		fmt.Fprintf(&b, "site%05d.example.com {\n\timport common\n}\n", i)
	}
	return b.String()
}
