//go:build !linux

package pair

import (
	"errors"
	"time"
)

func treeTime(int) (time.Duration, error) { return 0, errors.ErrUnsupported }
