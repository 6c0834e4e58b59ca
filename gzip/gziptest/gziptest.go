// Package gziptest checks what encodes responses, by exchanges with a real server
// of which there is something to get wrong.
//
//	for _, e := range gziptest.Exchanges() {
//		t.Run(e.Name, func(t *testing.T) {
//			if err := e.Run(t.Context(), wrap); err != nil {
//				t.Error(err)
//			}
//		})
//	}
//
// They are about plain HTTP, so that any func(http.Handler) http.Handler can be
// put to them, whichever codings it knows as long as gzip is among them. It is to
// encode what has 1,024 bytes or more, and to be told nothing else. Where an RFC
// leaves a choice, all that it permits is right.
package gziptest

import (
	"context"
	"net/http"
	"slices"
)

// An Exchange is one or several requests, and what is right to answer.
type Exchange struct {
	Name   string
	Source string // an RFC's section, or the issue where somebody found out

	run func(*server) error
}

// Run has a server behind wrap answer, and returns what is wrong with that.
func (e Exchange) Run(ctx context.Context, wrap func(http.Handler) http.Handler) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := &server{ctx: ctx, wrap: wrap}
	defer s.close()
	return e.run(s)
}

// Exchanges returns all exchanges.
func Exchanges() []Exchange {
	return slices.Concat(negotiation(), variation(), types(), bodies(), conditions(), streams(), connections())
}
