package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/gzip"
	"github.com/shallot-http/shallot/gzip/gziptest"
)

// exchangeRows are about getting HTTP right: what is counted is how many exchanges
// of package gziptest are not.
func exchangeRows() (rows []pair.Row) {
	for _, peer := range peers() {
		rows = append(rows, pair.Row{
			Name: fmt.Sprintf("gzip exchanges/wrong, of %d", len(gziptest.Exchanges())), Peer: peer.name, Pairs: pair.MinPairs,
			Bounds: []pair.Bound{pair.MaxCount(0, "wrong")},
			Setup: func(t pair.TB) (o, theirs pair.Op) {
				return counts(wrong(t, ours(gzip.Config{}))), counts(wrong(t, peer.encoder))
			},
		})
	}
	return rows
}

// wrong returns how many exchanges an encoder gets wrong.
func wrong(t pair.TB, e encoder) (n int64) {
	for _, err := range exchange(t.Context(), e) {
		if err != nil {
			n++
		}
	}
	return n
}

// exchange returns what is wrong with each exchange.
func exchange(ctx context.Context, e encoder) []error {
	exchanges := gziptest.Exchanges()
	errs := make([]error, len(exchanges))
	limit := make(chan struct{}, 8) // some do nothing but hang
	var running sync.WaitGroup
	for i, each := range exchanges {
		running.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			errs[i] = each.Run(ctx, e)
		})
	}
	running.Wait()
	return errs
}

// printExchanges prints what each encoder gets wrong, and why that is.
func printExchanges(ctx context.Context, out io.Writer) {
	exchanges := gziptest.Exchanges()
	for _, side := range append(peers(), peer{"package gzip", ours(gzip.Config{})}) {
		right := len(exchanges)
		for i, err := range exchange(ctx, side.encoder) {
			if err != nil {
				right--
				reason, _, _ := strings.Cut(err.Error(), "\n")
				fmt.Fprintf(out, "  %s (%s): %s\n", exchanges[i].Name, cmp.Or(exchanges[i].Source, "RFC 9110"), reason)
			}
		}
		fmt.Fprintf(out, "%s: %d of %d right\n", side.name, right, len(exchanges))
	}
}

// counts is the operation of counting n more.
func counts(n int64) pair.Op {
	var total int64
	return pair.Op{Do: func() { total += n }, Meter: pair.Counter("exchanges", "", func() int64 { return total })}
}
