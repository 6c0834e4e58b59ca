package caddyfile

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// Inherited returns the listeners that the program was given when it was started, by
// systemd or whatever else follows its protocol for that (sd_listen_fds(3)), to be put
// into [Config].Listeners. So a program may listen on port 80 that otherwise could
// not, and connections wait while it is started anew. Without any, there are none.
//
//	[Socket]
//	ListenStream=80
//	ListenStream=443
//
// A socket of Unix, which has no port, is taken for the one that is its name in
// LISTEN_FDNAMES: a number, http or https.
//
//	ListenStream=/run/example.sock
//	FileDescriptorName=http
//
// They are the program's own from then on: the variables LISTEN_FDS, LISTEN_PID and
// LISTEN_FDNAMES are removed, and to call it again returns none. It fails if it was
// given something that is no socket of TCP, nor one of Unix with such a name.
func Inherited() ([]net.Listener, error) {
	n, names := os.Getenv("LISTEN_FDS"), strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	pid := os.Getenv("LISTEN_PID")
	for _, name := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} {
		os.Unsetenv(name)
	}
	if n == "" || pid != strconv.Itoa(os.Getpid()) { // which would be meant for who has started this
		return nil, nil
	}
	count, err := strconv.Atoi(n)
	if err != nil || count < 0 || count > 1<<16 {
		return nil, fmt.Errorf("caddyfile: LISTEN_FDS is %q, which is not how many there are", n)
	}
	const first = 3 // after the standard ones
	var listeners []net.Listener
	for i := range count {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		l, err := inherit(first+i, name)
		if err != nil {
			for _, l := range listeners {
				l.Close()
			}
			return nil, fmt.Errorf("caddyfile: descriptor %d, %q, cannot be listened on: %w", first+i, name, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// inherit makes a listener of a descriptor.
func inherit(fd int, name string) (net.Listener, error) {
	file := os.NewFile(uintptr(fd), name)
	defer file.Close() // there is another descriptor of it then, which children do not get
	l, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	if _, ok := l.Addr().(*net.TCPAddr); ok {
		return l, nil
	}
	number, err := parsePort(name)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("it has no port, and its name is none: %w", err)
	}
	return inPlace{l, namedAddr{l.Addr(), net.JoinHostPort(everywhere, number)}}, nil
}

// inPlace is a listener in the place of a port.
type inPlace struct {
	net.Listener
	addr net.Addr
}

func (l inPlace) Addr() net.Addr { return l.addr }

type namedAddr struct {
	net.Addr
	name string
}

func (a namedAddr) String() string { return a.name }
