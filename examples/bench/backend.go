package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// A backend answers every request with the same body, by one write, and costs as
// little as it can, so that the two cores of a machine are there for proxies. To
// one that wants a WebSocket it sends back every frame.
type backend struct{ head, body []byte }

func newBackend(size string) (backend, error) {
	n, err := strconv.Atoi(size)
	head := "HTTP/1.1 200 OK\r\nServer: backend\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" +
		"Content-Type: application/octet-stream\r\nContent-Length: " + size + "\r\n" +
		"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\nEtag: \"2e-1\"\r\nCache-Control: max-age=60\r\n\r\n"
	return backend{[]byte(head), make([]byte, max(n, 0))}, err
}

func (b backend) serve(l net.Listener) error {
	whole := append(b.head, b.body[:min(len(b.body), 64<<10)]...)
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			b.answer(conn, whole[:len(b.head)+min(len(b.body), 64<<10)])
		}()
	}
}

// answer answers requests until there are no more.
func (b backend) answer(conn net.Conn, start []byte) {
	r := bufio.NewReader(conn)
	for {
		length, upgrade := 0, false
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) == len("\r\n") {
				break
			}
			name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
			switch {
			case bytes.EqualFold(name, []byte("Content-Length")):
				length, _ = strconv.Atoi(string(value))
			case bytes.EqualFold(name, []byte("Sec-WebSocket-Key")):
				upgrade = true
				fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
					"Sec-WebSocket-Accept: %s\r\n\r\n", acceptKey(value))
			}
		}
		if upgrade {
			echo(conn, r)
			return
		}
		if _, err := r.Discard(length); err != nil {
			return
		}
		if _, err := conn.Write(start); err != nil {
			return
		}
		if _, err := conn.Write(b.body[len(start)-len(b.head):]); err != nil {
			return
		}
	}
}

// acceptKey is what a server proves by that it speaks WebSocket: RFC 6455, section
// 4.2.2.
func acceptKey(key []byte) string {
	sum := sha1.Sum([]byte(string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const frameSize = 512 // of what is echoed, without what is around it

// frame returns a frame of a client, masked by 0, or the one that answers it.
func frame(mask bool) []byte {
	head := []byte{0x82, 126, frameSize >> 8, frameSize & 0xff}
	if mask {
		head[1] |= 0x80
		head = append(head, 0, 0, 0, 0)
	}
	return append(head, make([]byte, frameSize)...)
}

func echo(conn net.Conn, r io.Reader) {
	in, out := frame(true), frame(false)
	for {
		if _, err := io.ReadFull(r, in); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// handshake returns a request for a WebSocket.
func handshake() *http.Request {
	r := get("/")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-Websocket-Key", base64.StdEncoding.EncodeToString(make([]byte, 16)))
	r.Header.Set("Sec-Websocket-Version", "13")
	return r
}
