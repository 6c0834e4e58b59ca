package git

import (
	"bytes"
	"fmt"
)

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	max int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.max {
		return 0, fmt.Errorf("more than %d bytes", l.max)
	}
	return l.Buffer.Write(p)
}
