package pair

import (
	"context"
	"fmt"
	"regexp"
	"slices"
)

// A Row is one line of the report: an operation of ours, what it is compared
// with, and the bounds it has to keep.
type Row struct {
	Name   string    // subject/case
	Peer   string    // what the operation is compared with; "" is nothing
	Bounds []Bound   // all of them to be kept; none is for information only
	Needs  []Program // what has to be installed, or else the row is skipped
	Pairs  int       // of batches, where fewer do than the Method has; 0 is as many
	Gap    string    // why there are bounds with a gap, within which a miss is reported but fails nothing

	// Fetch gets what the row is about from elsewhere, unless it is here by now.
	// Where that fails the row fails, for nobody knows if it would be kept.
	Fetch func(context.Context) error

	// Setup gets both sides ready. The peer is the zero Op if there is none.
	Setup func(t TB) (ours, peer Op)
}

// String returns the name by which a row is chosen and reported.
func (r Row) String() string {
	if r.Peer == "" {
		return r.Name
	}
	return r.Name + " vs " + r.Peer
}

// Prepare calls Fetch and Setup, unless some program is missing, which skips the
// row.
func (r Row) Prepare(t TB) (ours, peer Op) {
	for _, p := range r.Needs {
		if err := p.find(); err != nil {
			t.Skip(err) // which the report says of the row
		}
	}
	if r.Fetch != nil {
		if err := r.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return r.Setup(t)
}

// An Op is one side of a comparison.
type Op struct {
	Do    func()      // once; it may fail by the TB that Setup was given
	Many  func(n int) // n times, some of them at once; nil is one after the other
	Meter Meter       // the zero Meter is CPU()
	Size  int64       // of what it makes, in bytes; zero if that does not matter
}

// A TB is what of testing.TB it takes to set up a row, so that a row can be a
// benchmark of package testing, too. All of it means the same here.
type TB interface {
	Cleanup(f func())
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Helper()
	Skip(args ...any)
	TempDir() string
}

// Select returns the rows whose String matches an expression.
func Select(rows []Row, expr string) ([]Row, error) {
	pattern, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !pattern.MatchString(r.String()) })
	if len(rows) == 0 {
		return nil, fmt.Errorf("no row matches %q", expr)
	}
	return rows, nil
}

// Check reports rows of the same name, numbers of pairs that there cannot be,
// gaps without a reason, and bounds that need a peer where there is none.
func Check(rows []Row) error {
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.String()] {
			return fmt.Errorf("there are two rows %q", row)
		}
		seen[row.String()] = true
		if row.Pairs != 0 && (row.Pairs < MinPairs || row.Pairs > MaxPairs) {
			return fmt.Errorf("row %q has %d pairs: there have to be from %d to %d", row, row.Pairs, MinPairs, MaxPairs)
		}
		for _, b := range row.Bounds {
			if b.Gap > 0 && row.Gap == "" {
				return fmt.Errorf("row %q does not say why there is a gap", row)
			}
			if b.Relative && row.Peer == "" {
				return fmt.Errorf("row %q has the bound %v but no peer", row, b)
			}
		}
	}
	return nil
}
