//go:build !unix

package main

import (
	"os"
	"syscall"
)

// reloadSignals are none where there are no such signals: -watch does it.
var reloadSignals = []os.Signal{syscall.SIGHUP}
