package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/shallot-http/shallot/examples/bench/pair"
)

// A process is a server whose CPU time is not that of its clients.
type process struct {
	addr  string
	meter pair.Meter
}

// answer is the operation of having p answer r. Only what p spends is counted.
func (p process) answer(t pair.TB, r *http.Request, size int64) pair.Op {
	return pair.Op{Do: ask(t, p.addr, r, size), Meter: p.meter}
}

// server returns what this program serves in a process of its own, for which arg
// is whatever it has to be told.
func server(role, arg string) (http.Handler, error) {
	switch role {
	case "browse":
		return browseServer(arg)
	case "static":
		return staticServer(arg)
	case "direct":
		return directServer(arg)
	case "proxy":
		return proxyServer(arg)
	case "fastcgi":
		return fastcgiServer(arg)
	case "reverseproxy":
		return reverseProxyServer(arg), nil
	case "sites":
		return sitesServer(arg)
	case "oxy":
		return oxyServer(arg), nil
	}
	return nil, fmt.Errorf("there is no server %q", role)
}

const roleVariable = "BENCH_SERVER"

// serveIfAsked makes a server of this process if it was started as one.
func serveIfAsked() error {
	role, arg, asked := strings.Cut(os.Getenv(roleVariable), ":")
	if !asked {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if role == "backend" {
		b, err := newBackend(arg)
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		return b.serve(l)
	}
	h, err := server(role, arg)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, h)
}

// startOurs starts a server of this module, see server.
func startOurs(t pair.TB, role, arg string, env ...string) process {
	cmd, addr := launch(t, role, arg, env...)
	t.Cleanup(func() { _ = cmd.Wait() }) // it was told to end, by a signal
	return process{addr, pair.Tree(cmd.Process.Pid)}
}

// launch starts such a server, and returns where it listens.
func launch(t pair.TB, role, arg string, env ...string) (cmd *exec.Cmd, addr string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), env...), roleVariable+"="+role+":"+arg)
	return cmd, listens(t, cmd)
}

// listens starts a server, and returns where it says that it listens.
func listens(t pair.TB, cmd *exec.Cmd) (addr string) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(cmd, ": ", err)
	}
	return strings.TrimSpace(addr)
}

// firstAnswer is the operation of having a new server answer r, and nothing else.
func firstAnswer(t pair.TB, role, arg string, r *http.Request) pair.Op {
	var spent time.Duration
	meter := pair.Counter("CPU of a new process", "ns", func() int64 { return int64(spent) })
	meter.Elsewhere = true
	return pair.Op{Meter: meter, Do: func() {
		cmd, addr := launch(t, role, arg)
		sizeOf(t, addr, r)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		spent += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}}
}

var nginx = pair.Program{Name: "nginx", Version: "-v"}

// startNginx starts nginx with one worker and a server with these directives.
func startNginx(t pair.TB, directives string) process { return startNginxWith(t, "", directives) }

// startNginxWith is startNginx with directives about all servers, too.
func startNginxWith(t pair.TB, all, directives string) process {
	dir, addr := t.TempDir(), freeAddr(t)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // who alone may read what was made for this
	}
	conf := filepath.Join(dir, "nginx.conf")
	err := os.WriteFile(conf, fmt.Appendf(nil, `
		daemon off; worker_processes 1; pid nginx.pid; error_log stderr error; %s
		events {}
		http {
			access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on;
			types { text/html html; }
			%s
			server { listen %s; %s }
		}`, user, all, addr, directives), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, addr, nginx.Name, "-p", dir, "-c", conf)
}

// startProgram starts a server that has been told to listen at addr.
func startProgram(t pair.TB, addr, name string, args ...string) process {
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = os.Stderr
	start(t, cmd)
	t.Cleanup(func() { _ = cmd.Wait() }) // it was told to end, by a signal
	awaitAddr(t, addr)
	return process{addr, pair.Tree(cmd.Process.Pid)}
}

// start starts a process that is told to end with the row.
func start(t pair.TB, cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // so that it ends its children, too
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// freeAddr returns an address for a program that cannot choose one by itself.
func freeAddr(t pair.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// awaitAddr waits until somebody listens. nginx and HAProxy do not say when that
// is to who has started them, so that it has to be tried.
func awaitAddr(t pair.TB, addr string) {
	var last error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		last = cmp.Or(last, err)
	}
	t.Fatal(errors.Join(errors.New("nobody listens"), last))
}
