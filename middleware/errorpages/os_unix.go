//go:build unix

package errorpages

import "syscall"

// openFlags keep the opening of a pipe or a terminal, should one have taken the
// place of a page just now, from having consequences.
const openFlags = syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
