// Bench measures every speed claim of this module against its peers.
//
//	go -C examples/bench run . [-run REGEXP] [-pairs N] [-list] [-json] [-exchanges]
//
// It prints what the figures depend on, and a line for each claim. The status is
// 1 if a bound was missed. See README.md for how to read, and to add, a row.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// rows returns all claims, in the order of the report.
func rows() []pair.Row {
	return slices.Concat(
		chainRows(),
		probeRows(),
		recorderRows(),
		accesslogRows(),
		hostsRows(),
		parseRows(),
		sitesRows(),
		staticRows(),
		gzipRows(),
		browseRows(),
		proxyRows(),
		gitRows(),
		fastcgiRows(),
		liveRows(), // x/net/trace keeps what it has seen, and with more to keep garbage is cheaper for all
	)
}

func main() {
	log.SetFlags(0)
	if err := serveIfAsked(); err != nil {
		log.Fatal(err)
	}
	run := flag.String("run", "", "measure only the rows that match the regular `expression`")
	pairs := flag.Int("pairs", 30, "how many times to run both sides")
	list := flag.Bool("list", false, "print the rows and their bounds, and measure nothing")
	json := flag.Bool("json", false, "print lines of JSON")
	exchanges := flag.Bool("exchanges", false, "print which exchanges of package gziptest go wrong, and measure nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *exchanges {
		printExchanges(ctx, os.Stdout)
		return
	}
	selected, err := pair.Select(rows(), *run)
	if err != nil {
		log.Fatal(err)
	}
	if *list {
		pair.List(os.Stdout, selected)
		return
	}
	report := pair.Table(os.Stdout)
	if *json {
		report = pair.Lines(os.Stdout)
	}
	kept, err := pair.Method{Pairs: *pairs, Batch: 40 * time.Millisecond}.Run(ctx, selected, report)
	if err != nil {
		log.Fatal(err)
	}
	if !kept {
		os.Exit(1)
	}
}
