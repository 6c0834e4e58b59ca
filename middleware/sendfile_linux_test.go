package middleware_test

import (
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

const sendfileEnv = "MIDDLEWARE_TEST_SENDFILE"

// TestSendfile watches the kernel being asked to send a file that is served from
// behind several layers, in a process of its own.
func TestSendfile(t *testing.T) {
	if way := os.Getenv(sendfileEnv); way != "" {
		serveFile(t, sending[way], func(l net.Listener) net.Listener { return l })
		return
	}
	for way := range sending {
		t.Run(way, func(t *testing.T) {
			sent := middlewaretest.Traced(t, "sendfile", sendfileEnv+"="+way)
			// net/http may write the start itself, from which it tells the type.
			require.LessOrEqual(t, fileSize-512, sent)
		})
	}
}
