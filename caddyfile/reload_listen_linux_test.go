package caddyfile_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestReloadOpensAgain checks that what was closed for nothing is opened again. It is
// Linux that takes all of 127.0.0.0/8 for its own without being told.
func TestReloadOpensAgain(t *testing.T) {
	number := ports(t, 1)[0]
	addr := "127.0.0.1:" + number
	server := load(t, addr+" {\n answer one\n}", caddyfile.Config{Vocabulary: vocabulary()})
	start(t, server)
	busy, err := net.Listen("tcp", "127.0.0.2:"+number)
	require.NoError(t, err)
	defer busy.Close()
	_, err = server.Reload(t.Context(), parse(t, ":"+number+" {\n answer all\n}"))
	require.Error(t, err)
	require.Equal(t, "one", dial(t, addr).ask(t))
	require.Len(t, server.Listeners(), 1)
}
