package main

import (
	"log"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/examples/bench/pair"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// TestMain lets rows start the program of the tests as a server, too.
func TestMain(m *testing.M) {
	if err := serveIfAsked(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

// TestRows checks that both sides of every row do what they should, for they fail
// if they do not.
func TestRows(t *testing.T) {
	require.NoError(t, pair.Check(rows()))
	for _, row := range rows() {
		t.Run(row.String(), func(t *testing.T) {
			if row.Fetch != nil {
				if err := row.Fetch(t.Context()); err != nil {
					middlewaretest.Lacks(t, err) // whoever tests this need not have a network; whoever measures it does
				}
			}
			t.Cleanup(func() {
				if t.Skipped() && os.Getenv("CI") == "true" {
					t.Error("skipped")
				}
			})
			ours, peer := row.Prepare(t)
			ours.Do()
			if row.Peer != "" {
				peer.Do()
			}
			require.Equal(t, row.Peer != "", peer.Do != nil)
		})
	}
}
