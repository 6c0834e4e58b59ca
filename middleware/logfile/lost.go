package logfile

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// losses counts the records that could not be written. Nobody looks at what a
// log's Write returns, so that it has to be remembered.
type losses struct {
	n      atomic.Int64
	latest atomic.Pointer[error]
}

func (l *losses) add(err error) error {
	l.n.Add(1)
	l.latest.Store(&err)
	return err
}

// report returns err together with what there is to say of losses.
func (l *losses) report(name string, err error) error {
	n := l.n.Load()
	if n == 0 {
		return err
	}
	records := "records"
	if n == 1 {
		records = "record"
	}
	return errors.Join(err, fmt.Errorf("%d %s of %s lost: %w", n, records, name, *l.latest.Load()))
}
