package pair

import (
	"context"
	"fmt"
	"time"
)

// A Method says how rows are measured.
type Method struct {
	Pairs int           `json:"pairs"`    // of batches, from MinPairs to MaxPairs, and four times that where a bound is missed, but not beyond doubt
	Batch time.Duration `json:"batch_ns"` // that a batch takes; what takes longer by itself is a batch of one
}

// A Report is told what there is to say as soon as there is.
type Report interface {
	Start(env Environment, m Method, rows []Row)
	Row(Row)       // is going to be measured
	Result(Result) // of the row that was
	End()          // of all
}

// Run measures rows one after the other until ctx is done. It reports whether
// all of them kept their bounds.
func (m Method) Run(ctx context.Context, rows []Row, report Report) (bool, error) {
	if m.Pairs < MinPairs || m.Pairs > MaxPairs {
		return false, fmt.Errorf("%d pairs: there have to be from %d to %d", m.Pairs, MinPairs, MaxPairs)
	}
	if err := Check(rows); err != nil {
		return false, err
	}
	report.Start(environmentOf(rows), m, rows)
	ok := true
	for _, row := range rows {
		if ctx.Err() != nil {
			break
		}
		report.Row(row)
		result := m.result(ctx, row)
		ok = ok && result.OK()
		report.Result(result)
	}
	report.End()
	return ok, ctx.Err()
}

func (m Method) result(ctx context.Context, row Row) Result {
	result := Result{Row: row}
	result.Skipped, result.Failed = perform(ctx, func(t TB) {
		result = m.measure(t, row)
	})
	return result
}
