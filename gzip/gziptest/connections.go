package gziptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// connections is about what handlers do with the connection, and what its
// protocol is.
func connections() []Exchange {
	return []Exchange{
		{"hijacked", "caddy#635", func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				defer conn.Close()
				io.WriteString(conn, "HTTP/1.1 299 Own\r\nContent-Length: 3\r\n\r\nown")
			}, "Accept-Encoding", "gzip")
			return all(a, err, is(299, "own"))
		}},
		{"upgraded", "caddy#635", upgraded},
		{"a tunnel", "caddy#6733", tunnel},
		{"deadlines", "net/http.ResponseController", func(s *server) error {
			a, err := s.get(func(w http.ResponseWriter, r *http.Request) {
				control := http.NewResponseController(w)
				if err := errors.Join(
					control.SetReadDeadline(time.Now().Add(time.Minute)),
					control.SetWriteDeadline(time.Now().Add(time.Minute)),
					control.EnableFullDuplex(),
				); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				writes(html, page)(w, r)
			}, "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in("gzip"))
		}},
		{"an echo", "", func(s *server) error {
			srv := s.start(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", html)
				io.Copy(w, r.Body)
			})
			a, err := send(s.ctx, srv, "POST", strings.NewReader(page), "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in("gzip"))
		}},
		fileSent("the file of a picture reaches the connection", "nytimes/gziphandler#35", "image/png", "gzip"),
		fileSent("the file of a page that must not be encoded reaches the connection", "caddy#6749", html, "identity"),
		{"HTTP/2", "RFC 9113", func(s *server) error {
			s.http2 = true
			a, err := s.get(writes(html, page), "Accept-Encoding", "gzip")
			return all(a, err, is(200, page), in("gzip"), varies, func(a *answer) error {
				if a.ProtoMajor != 2 {
					return errors.New("it is not")
				}
				return nil
			})
		}},
		{"HTTP/1.0", "RFC 9112, section 9.3", func(s *server) error {
			srv := s.start(writes(html, page))
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				return err
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			fmt.Fprintf(conn, "GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return err
			}
			a := &answer{Response: resp}
			a.raw, a.err = io.ReadAll(resp.Body)
			return all(a, nil, is(200, page))
		}},
	}
}

// upgraded speaks another protocol over the connection, as a WebSocket does.
func upgraded(s *server) error {
	srv := s.start(func(w http.ResponseWriter, _ *http.Request) {
		h, ok := w.(http.Hijacker) // as libraries of WebSockets ask
		if !ok {
			http.Error(w, "no http.Hijacker", http.StatusInternalServerError)
			return
		}
		conn, rw, err := h.Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, line)
	})
	a, err := open(s.ctx, srv, "GET", nil, "Accept-Encoding", "gzip", "Connection", "Upgrade", "Upgrade", "echo")
	if err != nil {
		return err
	}
	defer a.Body.Close()
	conn, ok := a.Body.(io.ReadWriter)
	if a.StatusCode != http.StatusSwitchingProtocols || !ok || a.coding() != "" {
		return fmt.Errorf("the status is %d, and Content-Encoding %q", a.StatusCode, a.coding())
	}
	return echoed(conn, bufio.NewReader(conn))
}

// tunnel speaks another protocol after a CONNECT that was answered by a flush.
func tunnel(s *server) error {
	srv := s.start(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			return
		}
		control := http.NewResponseController(w)
		control.EnableFullDuplex()
		w.Header().Set("Content-Type", html)
		w.WriteHeader(http.StatusOK)
		conn, rw, err := control.Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, line)
	})
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nAccept-Encoding: gzip\r\n\r\n")
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return errors.New("a tunnel has a coding")
	}
	return echoed(conn, r)
}

func echoed(w io.Writer, r *bufio.Reader) error {
	if _, err := io.WriteString(w, "hello\n"); err != nil {
		return err
	}
	line, err := r.ReadString('\n')
	if line != "hello\n" {
		return fmt.Errorf("got %q, %w", line, err)
	}
	return nil
}

// fileSent checks that a connection is handed the file itself, so that it can use
// sendfile(2) or what the system has.
func fileSent(name, source, contentType, accept string) Exchange {
	return Exchange{name, source, func(s *server) error {
		file, err := os.CreateTemp("", "gziptest")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		text := strings.Repeat(page, 10)
		if _, err := file.WriteString(text); err != nil {
			return err
		}
		handed := make(chan io.Reader, 100)
		s.listen = func(l net.Listener) net.Listener { return listener{l, handed} }
		a, err := s.get(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
			file.Seek(0, io.SeekStart)
			io.Copy(w, file)
		}, "Accept-Encoding", accept)
		if err := all(a, err, is(200, text), in("")); err != nil {
			return err
		}
		for len(handed) > 0 {
			src := <-handed
			if limited, ok := src.(*io.LimitedReader); ok {
				src = limited.R
			}
			if _, ok := src.(syscall.Conn); ok { // as package net asks
				return nil
			}
		}
		return errors.New("the connection got the bytes, but not the file")
	}}
}

// A listener hands out connections that note what they are to read from.
type listener struct {
	net.Listener
	handed chan<- io.Reader
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn{c.(*net.TCPConn), l.handed}, nil
}

type conn struct {
	*net.TCPConn
	handed chan<- io.Reader
}

func (c conn) ReadFrom(src io.Reader) (int64, error) {
	c.handed <- src
	return c.TCPConn.ReadFrom(src)
}
