//go:build unix

package caddyfile_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
)

// TestInherited hands descriptors to another process, as systemd does, which serves
// on them.
func TestInherited(t *testing.T) {
	if os.Getenv("INHERITED_TEXT") != "" {
		serveInherited()
		return
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer tcp.Close()
	path := t.TempDir() + "/socket"
	unix, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer unix.Close()
	a, err := tcp.(*net.TCPListener).File()
	require.NoError(t, err)
	defer a.Close()
	b, err := unix.(*net.UnixListener).File()
	require.NoError(t, err)
	defer b.Close()

	text := tcp.Addr().String() + " {\n answer tcp\n}\nsome.example:80 {\n answer unix\n}"
	out, err := child(t, text, "2", "web:http", a, b)
	require.NoError(t, err)
	require.Equal(t, "serving on "+tcp.Addr().String()+" and :80, with  left\n", out)
	require.Equal(t, "tcp", get(t, tcp.Addr().String(), "127.0.0.1"))
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}, DisableKeepAlives: true}}
	resp, err := client.Get("http://some.example/")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)

	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer file.Close()
	for _, tt := range []struct {
		name, fds, names string
		files            []*os.File
		want             string
	}{
		{"no listener", "1", "x", []*os.File{file}, `caddyfile: descriptor 3, "x", cannot be listened on: `},
		{"a socket without a port", "1", "x", []*os.File{b}, `caddyfile: descriptor 3, "x", cannot be listened on: it has no port, and its name is none: "x" is not a port`},
		{"no number", "two", "", nil, `caddyfile: LISTEN_FDS is "two", which is not how many there are`},
		{"fewer than said", "1", "", nil, `caddyfile: descriptor 3, "", cannot be listened on: `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := child(t, "127.0.0.1:0", tt.fds, tt.names, tt.files...)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(out, tt.want), out)
		})
	}
}

// child starts this program once more, with descriptors, and returns the first line
// that it writes. A shell says which process they are for, which takes its place.
func child(t *testing.T, text, fds, names string, files ...*os.File) (string, error) {
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" -test.run='^TestInherited$'`, os.Args[0])
	cmd.Env = append(os.Environ(), "INHERITED_TEXT="+text, "LISTEN_FDS="+fds, "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	t.Cleanup(func() {
		stdin.Close() // which has it end
		_ = cmd.Wait()
	})
	return bufio.NewReader(stdout).ReadString('\n')
}

func serveInherited() {
	listeners, err := caddyfile.Inherited()
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := caddyfile.Parse("Caddyfile", []byte(os.Getenv("INHERITED_TEXT")), caddyfile.ParseConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := caddyfile.Build(f, caddyfile.Config{Vocabulary: vocabulary(), Listeners: listeners})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := server.Listen(ctx); err != nil {
		fmt.Println(err)
		return
	}
	var addrs []string
	for _, l := range server.Listeners() {
		addrs = append(addrs, l.Addr.String())
	}
	fmt.Printf("serving on %s, with %s left\n", strings.Join(addrs, " and "), os.Getenv("LISTEN_FDS"))
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		stop()
	}()
	_ = server.Serve(ctx)
}
