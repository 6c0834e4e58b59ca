//go:build !unix

package main

import (
	"os"
	"syscall"
)

// reloadSignals has one that never comes, since none would be all there are to
// package signal: where there are no such signals, -watch does it.
var reloadSignals = []os.Signal{syscall.SIGHUP}
