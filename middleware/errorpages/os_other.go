//go:build !unix

package errorpages

import "os"

const openFlags = os.O_RDONLY
