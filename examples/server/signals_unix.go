//go:build unix

package main

import (
	"os"
	"syscall"
)

// reloadSignals are those that ask for a reload. Caddy 1 has SIGUSR1 for it.
var reloadSignals = []os.Signal{syscall.SIGHUP, syscall.SIGUSR1}
