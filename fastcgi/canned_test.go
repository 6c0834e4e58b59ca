package fastcgi_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

// A canned connection answers every write with the same bytes, without a kernel.
type canned struct {
	answer []byte
	most   int // bytes that a Read returns; 0 is any number
	left   []byte
	closed bool
}

func (c *canned) Write(p []byte) (int, error) {
	c.left = c.answer
	if len(c.left) > 3 && len(p) > 3 {
		for i := 0; i+8 <= len(c.left); i += 8 + int(c.left[i+4])<<8 + int(c.left[i+5]) {
			c.left[i+3] = p[3]
		}
	}
	return len(p), nil
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	if c.most > 0 {
		p = p[:min(len(p), c.most)]
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *canned) Close() error                     { c.closed = true; return nil }
func (c *canned) LocalAddr() net.Addr              { return nil }
func (c *canned) RemoteAddr() net.Addr             { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// A raw canned connection does not change what it says.
type rawCanned struct{ canned }

func (c *rawCanned) Write(p []byte) (int, error) { return len(p), nil }

// An outcome that must not depend on how the bytes happen to come.
type result struct {
	status   int
	header   map[string][]string
	length   int64
	local    bool
	body     string
	end      fastcgi.End
	log      string
	err      string
	reusable bool
}

func resultOf(t testing.TB, data []byte, most int) (r result) {
	conn := &rawCanned{canned{left: data, most: most}}
	var log strings.Builder
	c := fastcgi.NewClient(fastcgi.ClientConfig{
		Dial:   func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		Stderr: func(_ context.Context, line []byte) { log.Write(line); log.WriteString("|") },
	})
	resp, err := c.Do(t.Context(), target, newRequest("POST", ""))
	if err != nil {
		require.True(t, conn.closed)
		return result{err: err.Error(), log: log.String()}
	}
	body, err := io.ReadAll(resp.Body)
	r = result{status: resp.Status, header: resp.Header, length: resp.ContentLength, local: resp.Local, body: string(body), end: resp.Body.End(), log: log.String()}
	if err != nil {
		r.err = err.Error()
	}
	require.NoError(t, resp.Body.Close())
	r.reusable = !conn.closed
	require.NoError(t, c.Close())
	return r
}

// FuzzRecords has the records of any answer lead to the same, in whichever pieces
// they come.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{
		rec(stdout, 1, hello) + ending(1, 0, 0),
		rec(stdout, 1, hello[:10]) + rec(stderr, 1, "one\ntwo") + rec(stdout, 1, hello[10:]) + rec(stdout, 1, "") + ending(1, 7, 0),
		rec(stdout, 1, "Status: 103\r\n\r\nStatus: 404\r\n\r\nnone") + ending(1, 0, 0),
		rec(stdout, 1, "Content-Length: 3\r\n\r\nhello") + ending(1, 0, 0),
		rec(stdout, 1, "Content-Length: 9\r\n\r\nhello") + ending(1, 0, 0),
		rec(stdout, 1, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n") + ending(1, 0, 0),
		rec(stdout, 1, hello) + rec(stdout, 2, hello) + ending(1, 0, 0),
		rec(stdout, 1, hello) + ending(1, 0, 2),
		rec(stdout, 1, hello) + ending(1, 0, 0) + "more",
		rec(stderr, 1, strings.Repeat("x", 40_000)) + ending(1, 0, 0),
		"\x01\x06\x00\x01\x00\x05\x03\x00A:\n\nxppp" + ending(1, 0, 0),
		"HTTP/1.1 400 Bad Request\r\n\r\n",
	} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, data []byte, most int) {
		if most <= 0 {
			most = 1
		}
		whole, pieces := resultOf(t, data, 0), resultOf(t, data, most)
		// Whether there was more than announced is seen only if it was already there,
		// and so is what comes after the end.
		if whole.length < 0 && whole.err == "" {
			require.Equal(t, whole.body, pieces.body)
		}
		whole.reusable, pieces.reusable = false, false
		whole.end, pieces.end = fastcgi.End{}, fastcgi.End{}
		if whole.length >= 0 || whole.status == 204 || whole.status == 304 {
			whole.log, pieces.log = "", ""
		}
		require.Equal(t, whole, pieces)
		if whole.length >= 0 {
			require.LessOrEqual(t, int64(len(whole.body)), whole.length)
		}
		body, ended := plain(data)
		encoded := strings.Contains(strings.ToLower(body), "chunked") // and tells its end itself
		if whole.err == "" && whole.length < 0 && whole.status != 204 && whole.status != 304 && !encoded {
			require.True(t, ended)
			require.True(t, strings.HasSuffix(body, whole.body))
		}
	})
}

// plain returns what lies in records of standard output, and whether request 1 was
// ended.
func plain(data []byte) (body string, ended bool) {
	for len(data) >= 8 {
		n, padding := int(data[4])<<8|int(data[5]), int(data[6])
		kind, rest := data[1], data[8:]
		switch kind {
		case stdout:
			body += string(rest[:min(len(rest), n)])
		case end:
			return body, n == 8 && len(rest) >= n && rest[4] == 0
		}
		if len(rest) < n {
			return body, false
		}
		data = rest[min(len(rest), n+padding):]
	}
	return body, false
}

// FuzzHead has nothing come out of a head that a client should not see.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		hello, "Status: 404 Not Found\nA: b\n\nbody", "HTTP/1.0 200 OK\r\nA:b\r\n\r\n", "Location: /a?b\n\n", "Location: //evil\n\n",
		"Status: 103\n\n" + hello, "Content-Length: 5\nConnection: close\nKeep-Alive: x\n\nhello", "A: \tb \n\n", "\n\n", "Transfer-Encoding: chunked\n\n0\r\n\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8<<10 {
			return
		}
		data := recs(stdout, 1, text) + ending(1, 0, 0)
		var each strings.Builder
		for i := range len(text) {
			each.WriteString(rec(stdout, 1, text[i:i+1]))
		}
		r := resultOf(t, []byte(data), 0)
		apart := resultOf(t, []byte(each.String()+ending(1, 0, 0)), 0)
		apart.reusable, apart.end, r.reusable, r.end = false, fastcgi.End{}, false, fastcgi.End{}
		require.Equal(t, r, apart)
		if r.status == 0 {
			return
		}
		require.True(t, 200 <= r.status && r.status <= 999)
		require.True(t, !r.local || r.status == 302 && strings.HasPrefix(r.header["Location"][0], "/"))
		for name, values := range r.header {
			require.NotContains(t, []string{"Status", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Te", "Trailer", "Upgrade", ""}, name)
			require.False(t, strings.ContainsAny(name, "\x00\r\n :\x7f"), name)
			for _, v := range values {
				require.False(t, strings.ContainsAny(v, "\x00\r\n\x7f"), v)
			}
		}
	})
}

// benchParams adds what a browser's request has.
func benchParams(p *fastcgi.Params) {
	p.Reset()
	for _, pair := range [...][2]string{
		{"GATEWAY_INTERFACE", "CGI/1.1"}, {"SERVER_SOFTWARE", "shallot"}, {"SERVER_PROTOCOL", "HTTP/1.1"},
		{"REQUEST_METHOD", "GET"}, {"REQUEST_SCHEME", "https"}, {"REQUEST_URI", "/index.php?a=b"}, {"QUERY_STRING", "a=b"},
		{"SCRIPT_NAME", "/index.php"}, {"DOCUMENT_URI", "/index.php"}, {"DOCUMENT_ROOT", "/srv/www/example.com/current"},
		{"REMOTE_ADDR", "192.0.2.1"}, {"REMOTE_PORT", "54321"}, {"SERVER_ADDR", "192.0.2.2"}, {"SERVER_NAME", "example.com"},
		{"SERVER_PORT", "443"}, {"HTTPS", "on"}, {"SSL_PROTOCOL", "TLSv1.3"}, {"SSL_CIPHER", "TLS_AES_128_GCM_SHA256"},
		{"REDIRECT_STATUS", "200"}, {"HTTP_HOST", "example.com"}, {"HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{"HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"}, {"HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.5"},
		{"HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
		{"HTTP_SEC_FETCH_DEST", "document"}, {"HTTP_SEC_FETCH_MODE", "navigate"}, {"HTTP_SEC_FETCH_SITE", "none"},
	} {
		p.Add(pair[0], pair[1])
	}
	p.Join("SCRIPT_FILENAME", "", "/srv/www/example.com/current", "/index.php")
	p.Join("HTTP_COOKIE", "; ", "session=0123456789abcdef0123456789abcdef", "theme=dark")
}

// BenchmarkFrame is the parameters and records of a request. Caddy 2 takes 52
// allocations for this and the answer.
func BenchmarkFrame(b *testing.B) {
	b.ReportAllocs()
	var p fastcgi.Params
	var buf []byte
	for b.Loop() {
		benchParams(&p)
		buf = fastcgi.Frame(buf, &p, 100)
	}
}

// BenchmarkDo is a request and its answer, without a kernel.
func BenchmarkDo(b *testing.B) {
	b.ReportAllocs()
	answer := rec(stdout, 1, "X-Powered-By: PHP/8.2.36\r\nContent-type: text/html; charset=UTF-8\r\n\r\nHello, World!") + ending(1, 0, 0)
	conn := &canned{answer: []byte(answer)}
	c := fastcgi.NewClient(fastcgi.ClientConfig{Dial: dialing(conn)})
	defer c.Close()
	var p fastcgi.Params
	r := &fastcgi.Request{Params: &p}
	for b.Loop() {
		benchParams(&p)
		resp, err := c.Do(b.Context(), target, r)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != 13 || err != nil {
			b.Fatal(n, err)
		}
		resp.Body.Close()
	}
}
