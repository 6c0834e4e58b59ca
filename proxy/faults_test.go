package proxy_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/proxy"
)

// A fault is something that a backend does.
type fault struct {
	name   string
	script func(*peer)
	method string // GET unless given
	upload string
	want   string // see outcome
	conns  int    // that two requests take; 2 unless given: nothing broken is used again
}

// With bytes that every request is answered by.
func answer(name, response, want string) fault {
	return fault{name: name, script: always(response), want: want}
}

// then answers the first request on a connection with some bytes and then does
// something.
func then(response string, do func(*peer)) func(*peer) {
	return func(p *peer) {
		if p.request() != nil {
			p.send(response)
			do(p)
		}
	}
}

func closes(*peer)   {}
func waits(p *peer)  { p.ended() }
func resets(p *peer) { p.reset() }

const (
	ok       = "HTTP/1.1 200 OK\r\n"
	okFive   = ok + "Content-Length: 5\r\n\r\n"
	okChunks = ok + "Transfer-Encoding: chunked\r\n\r\n"
)

var million = strings.Repeat("x", 1<<20)

var faults = []fault{
	// Connections that break.
	{name: "closes without an answer", script: then("", closes), want: "502 header: EOF"},
	{name: "resets without an answer", script: then("", resets), want: "502 header: EOF"},
	{name: "closes within the status line", script: then("HTTP/1.1 2", closes), want: "502 header: unexpected EOF"},
	{name: "closes within a field", script: then(ok+"A: b", closes), want: "502 header: unexpected EOF"},
	{name: "closes before the empty line", script: then(ok+"A: b\r\n", closes), want: "502 header: unexpected EOF"},
	{name: "resets within the head", script: then(ok+"A:", func(p *peer) { p.awaitRead(); p.reset() }), want: "502 header: EOF"},
	{name: "closes after a response of 1xx", script: then("HTTP/1.1 103 Early Hints\r\n\r\n", closes), want: "502 header: EOF"},
	{name: "closes within a sized body", script: then(okFive+"hel", closes), want: "200 hel, then 502 body: unexpected EOF"},
	{name: "closes before a sized body", script: then(okFive, closes), want: "200 , then 502 body: unexpected EOF"},
	{name: "resets within a sized body", script: then(okFive+"hel", func(p *peer) { p.awaitRead(); p.reset() }), want: "200 hel, then 502 body: connection reset by peer"},
	{name: "closes within a chunk", script: then(okChunks+"5\r\nhel", closes), want: "200 hel, then 502 body: unexpected EOF"},
	{name: "closes after a chunk", script: then(okChunks+"5\r\nhello", closes), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes before the last chunk", script: then(okChunks+"5\r\nhello\r\n", closes), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes within the size of a chunk", script: then(okChunks+"5", closes), want: "200 , then 502 body: unexpected EOF"},
	{name: "closes after the last chunk, before its end", script: then(okChunks+"5\r\nhello\r\n0\r\n", closes), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes within the trailer", script: then(okChunks+"0\r\nA: b\r\n", closes), want: "200 , then 502 body: unexpected EOF"},
	{name: "closes after the response without having said so", script: then(hello, closes), want: "200 hello"},

	// Connections that stall.
	{name: "never answers", script: func(p *peer) { p.request(); p.ended() }, want: "504 header: the backend does not answer"},
	{name: "never reads", script: func(p *peer) { <-p.over() }, want: "504 header: the backend does not answer"},
	{name: "stalls within the head", script: then(ok+"A: b\r\n", waits), want: "504 header: the backend does not answer"},
	{name: "drips a head for ever", script: then(ok, func(p *peer) { p.drip("A: b\r\n") }), want: "504 header: the backend does not answer"},
	{name: "stalls within a sized body", script: then(okFive+"hel", waits), want: "200 hel, then 504 body: the backend does not go on"},
	{name: "stalls within a chunk", script: then(okChunks+"5\r\nhel", waits), want: "200 hel, then 504 body: the backend does not go on"},
	{name: "stalls before the last chunk", script: then(okChunks+"5\r\nhello\r\n", waits), want: "200 hello, then 504 body: the backend does not go on"},
	{name: "stalls within a body that ends with the connection", script: then(ok+"\r\nhello", waits), want: "200 hello, then 504 body: the backend does not go on"},

	// What is not HTTP/1.
	answer("says nothing that makes sense", "lorem ipsum\r\n\r\n", "502 header: malformed response: not HTTP/1"),
	answer("speaks another protocol", "SSH-2.0-OpenSSH_9.7\r\n", "502 header: malformed response: not HTTP/1"),
	answer("speaks HTTP/0.9", "<html>hello</html>", "502 header: malformed response: not HTTP/1"),
	answer("sends TLS", "\x15\x03\x01\x00\x02\x02\x46", "502 header: malformed response: not HTTP/1"),
	answer("answers with a frame of HTTP/2", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", "502 header: malformed response: not HTTP/1"),
	answer("answers in HTTP/2.0 of text", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "502 header: malformed response: not HTTP/1"),
	answer("answers in HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", `502 header: malformed response: status line "HTTP/1.2 200 OK"`),
	answer("has no status line", "\r\n\r\n", "502 header: malformed response: not HTTP/1"),
	answer("has a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", `502 header: malformed response: status "20 OK"`),
	answer("has a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", `502 header: malformed response: status "2000 OK"`),
	answer("has a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n", `502 header: malformed response: status "+20 OK"`),
	answer("has a status below 100", "HTTP/1.1 099 No\r\n\r\n", `502 header: malformed response: status "099 No"`),
	answer("has a status of letters", "HTTP/1.1 abc OK\r\n\r\n", `502 header: malformed response: status "abc OK"`),

	// Fields.
	answer("ends lines in LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "502 header: malformed response: line that does not end in CRLF"),
	answer("ends one line in LF", ok+"A: b\nContent-Length: 5\r\n\r\nhello", "502 header: malformed response: line that does not end in CRLF"),
	answer("ends the head in LF", ok+"Content-Length: 5\r\n\nhello", "502 header: malformed response: line that does not end in CRLF"),
	answer("has CR within a line", ok+"A: b\rContent-Length: 9\r\nContent-Length: 5\r\n\r\nhello", "502 header: malformed response: value of A"),
	answer("folds a line", ok+"A: b\r\n c\r\nContent-Length: 5\r\n\r\nhello", `502 header: malformed response: field " c"`),
	answer("folds the status line", ok+" A: b\r\nContent-Length: 5\r\n\r\nhello", `502 header: malformed response: field " A: b"`),
	answer("has a space before a colon", ok+"Content-Length : 5\r\n\r\nhello", `502 header: malformed response: field "Content-Length : 5"`),
	answer("has no colon", ok+"Content-Length\r\n\r\nhello", `502 header: malformed response: field "Content-Length"`),
	answer("has a field without a name", ok+": 5\r\n\r\nhello", `502 header: malformed response: field ": 5"`),
	answer("has NUL in a name", ok+"A\x00B: 5\r\n\r\n", `502 header: malformed response: field "A\x00B: 5"`),
	answer("has NUL in a value", ok+"A: \x00\r\nContent-Length: 5\r\n\r\nhello", "502 header: malformed response: value of A"),
	answer("has NUL in the status line", "HTTP/1.1 200 O\x00K\r\n\r\n", `502 header: malformed response: status "200 O\x00K"`),
	answer("has a huge line", ok+"A: "+million[:70<<10]+"\r\n\r\n", "502 header: malformed response: head too long"),
	answer("has a line that never ends", ok+"A: "+million[:70<<10], "502 header: malformed response: head too long"),
	answer("has a huge head", ok+strings.Repeat("A: "+million[:1<<10]+"\r\n", 1100)+"\r\n", "502 header: malformed response: head too long"),
	answer("has too many fields", ok+strings.Repeat("A:\r\n", 3000)+"\r\n", "502 header: malformed response: too many fields"),

	// Lengths.
	answer("has two lengths", ok+"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", `502 header: malformed response: Content-Length "6"`),
	answer("has two lengths in one field", ok+"Content-Length: 5, 5\r\n\r\nhello", `502 header: malformed response: Content-Length "5, 5"`),
	answer("has the same length in two ways", ok+"Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello", `502 header: malformed response: Content-Length "05"`),
	answer("has a length with a sign", ok+"Content-Length: +5\r\n\r\nhello", `502 header: malformed response: Content-Length "+5"`),
	answer("has a length below zero", ok+"Content-Length: -5\r\n\r\nhello", `502 header: malformed response: Content-Length "-5"`),
	answer("has an empty length", ok+"Content-Length:\r\n\r\nhello", `502 header: malformed response: Content-Length ""`),
	answer("has a length in hexadecimal", ok+"Content-Length: 0x5\r\n\r\nhello", `502 header: malformed response: Content-Length "0x5"`),
	answer("has a length that overflows", ok+"Content-Length: 9223372036854775808\r\n\r\nhello", `502 header: malformed response: Content-Length "9223372036854775808"`),
	answer("has a length and chunks", ok+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "502 header: malformed response: both Content-Length and Transfer-Encoding"),
	answer("has chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `502 header: malformed response: Transfer-Encoding "chunked"`),
	answer("is chunked twice", ok+"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `502 header: malformed response: Transfer-Encoding "chunked"`),
	answer("is chunked and compressed", ok+"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", `502 header: malformed response: Transfer-Encoding "gzip, chunked"`),
	answer("is encoded as identity", ok+"Transfer-Encoding: identity\r\n\r\n", `502 header: malformed response: Transfer-Encoding "identity"`),
	answer("is nearly chunked", ok+"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", `502 header: malformed response: Transfer-Encoding "xchunked"`),
	{name: "has a length twice, the same", script: always(ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), want: "200 hello", conns: 1},
	{name: "sends more than its length", script: always(hello + "x"), want: "200 hello"},
	{name: "sends a second response", script: always(hello + hello), want: "200 hello"},
	{name: "sends a body with 204", script: always("HTTP/1.1 204 No Content\r\n\r\nhello"), want: "204 "},
	{name: "sends a body with 304", script: always("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"), want: "304 "},
	{name: "sends a body to HEAD", method: "HEAD", script: always(hello), want: "200 "},

	// Chunks.
	answer("ends a chunk's size in LF", okChunks+"5\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: line that does not end in CRLF"),
	answer("ends a chunk in LF", okChunks+"5\r\nhello\n0\r\n\r\n", "200 hello, then 502 body: malformed response: line that does not end in CRLF"),
	answer("has CR within a chunk's size", okChunks+"5\r;\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: line that does not end in CRLF"),
	answer("has a chunk without a size", okChunks+"\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("has a chunk with a sign", okChunks+"+5\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("has a chunk of 0x", okChunks+"0x5\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("has a chunk that overflows", okChunks+"ffffffffffffffff5\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("has a space before a chunk's size", okChunks+" 5\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("has a chunk longer than its size", okChunks+"4\r\nhello\r\n0\r\n\r\n", "200 hell, then 502 body: malformed response: chunk longer than its size"),
	answer("has a chunk's extension of a mile", okChunks+"5;a="+million[:8<<10]+"\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: line too long"),
	answer("has more extensions than data", okChunks+strings.Repeat("1;a="+million[:200]+"\r\nx\r\n", 100)+"0\r\n\r\n", "200 "+strings.Repeat("x", 87)+", then 502 body: malformed response: chunks of little but extensions"),
	answer("has NUL in a chunk's extension", okChunks+"5;\x00\r\nhello\r\n0\r\n\r\n", "200 , then 502 body: malformed response: chunk size"),
	answer("announces a trailer that would frame", ok+"Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n", `502 header: malformed response: Trailer "Content-Length"`),
	answer("has a malformed trailer", okChunks+"0\r\nA : b\r\n\r\n", `200 , then 502 body: malformed response: field "A : b"`),
	answer("has a trailer of a mile", okChunks+"0\r\n"+strings.Repeat("A: "+million[:100]+"\r\n", 1000)+"\r\n", "200 , then 502 body: malformed response: trailer too long"),
	{name: "sends more than its last chunk", script: always(okChunks + "5\r\nhello\r\n0\r\n\r\nx"), want: "200 hello"},
	{name: "has a chunk with an extension and spaces after it", script: always(okChunks + "5;a=b \t\r\nhello\r\n0\r\n\r\n"), want: "200 hello", conns: 1},

	// Responses of 1xx.
	answer("never stops to hint", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000)+hello, "502 header: malformed response: too many responses of status 1xx"),
	answer("hints at length", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: "+million[:60<<10]+"\r\n\r\n", 30)+hello, "502 header: malformed response: head too long"),
	answer("upgrades unasked", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "502 header: malformed response: 101 to what was not asked for"),
	{name: "says 100 that nobody waits for", script: always("HTTP/1.1 100 Continue\r\n\r\n" + hello), want: "200 hello", conns: 1},
	{name: "sends 103 first", script: always("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello), want: "200 hello", conns: 1},

	// Uploads.
	{name: "refuses a large upload early and closes", method: "POST", upload: million, script: func(p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
	}, want: "413 big"},
	{name: "refuses a large upload early and reads on", method: "POST", upload: million, script: func(p *peer) {
		for r := p.head(); r != nil; r = p.head() {
			p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}, want: "413 big", conns: anyNumber},
	{name: "refuses a small upload without reading it", method: "POST", upload: "small", script: func(p *peer) {
		p.head()
		p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
	}, want: "403 no"},
	{name: "resets during an upload", method: "POST", upload: million, script: func(p *peer) { p.head(); p.reset() },
		want: "502 header: EOF"}, // or a reset, which describe makes the same
	{name: "closes after a POST", method: "POST", upload: "small", script: then("", closes), want: "502 header: EOF"},

	// What is unusual but right.
	{name: "ends the body with the connection", script: then(ok+"\r\nhello", closes), want: "200 hello"},
	{name: "answers in HTTP/1.0", script: then("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", closes), want: "200 hello"},
	{name: "answers in HTTP/1.0 and keeps the connection", script: always("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"), want: "200 hello", conns: 1},
	{name: "has no reason", script: always("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"), want: "200 hello", conns: 1},
	{name: "drips a response", script: func(p *peer) {
		for p.request() != nil {
			for i := range len(hello) {
				p.send(hello[i : i+1])
			}
		}
	}, want: "200 hello", conns: 1},
	{name: "says that it closes", script: then(ok+"Connection: x, Close\r\nContent-Length: 5\r\n\r\nhello", waits), want: "200 hello"},
	{name: "has a length with HEAD", method: "HEAD", script: always(okFive), want: "200 ", conns: 1},
	{name: "is chunked with HEAD", method: "HEAD", script: always(okChunks), want: "200 ", conns: 1},
	{name: "has a length with 304", script: always("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), want: "304 ", conns: 1},
}

const anyNumber = -1

// awaitRead returns once what was sent has most likely been taken: a reset before
// would discard it.
func (p *peer) awaitRead() {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-p.over():
	}
}

// over is closed when the other side closes the connection, as far as that can be
// told without reading what it has sent.
func (p *peer) over() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		for err == nil {
			_, err = p.br.Peek(1)
			if err == nil {
				_, err = p.br.Discard(1)
			}
		}
	}()
	return done
}

// drip sends the same until nobody takes it.
func (p *peer) drip(s string) {
	for {
		if _, err := io.WriteString(p, s); err != nil {
			return
		}
		p.awaitTick()
	}
}

func (p *peer) awaitTick() { <-time.After(5 * time.Millisecond) }

func TestFaults(t *testing.T) {
	require.GreaterOrEqual(t, len(faults), 40)
	middlewaretest.NoLeaks(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			backend := startRaw(t, f.script)
			tr := newTransport(t, f.config())
			require.Equal(t, f.want, f.outcome(t, tr, backend.url(), func(w *given, body io.Reader) error {
				_, err := io.Copy(&w.Buffer, struct{ io.Reader }{body}) // by Read
				return err
			}))
			require.Equal(t, f.want, f.outcome(t, tr, backend.url(), func(w *given, body io.Reader) error {
				_, err := io.Copy(w, body) // by WriteTo
				return err
			}))
			if want := cmp.Or(f.conns, 2); want != anyNumber {
				require.Equal(t, want, backend.count(), "connections")
			}
		})
	}
}

// config is short of patience only where that is what it is about, so that a busy
// machine changes nothing.
func (f fault) config() proxy.TransportConfig {
	const short = 200 * time.Millisecond
	var c proxy.TransportConfig
	if strings.HasPrefix(f.want, "504") {
		c.HeaderTimeout = short
	}
	if strings.Contains(f.want, "then 504") {
		c.BodyTimeout = short
	}
	return c
}

// outcome describes what became of a request: "200 body", or "502 header: why",
// or both if the body was cut off.
func (f fault) outcome(t testing.TB, tr *proxy.Transport, url string, read func(*given, io.Reader) error) string {
	var body io.Reader
	if f.upload != "" {
		body = strings.NewReader(f.upload)
	}
	resp, err := tr.RoundTrip(newRequest(t, cmp.Or(f.method, "GET"), url, body))
	if err != nil {
		return describe(t, err)
	}
	var text given
	err = read(&text, resp.Body)
	require.NoError(t, resp.Body.Close())
	got := fmt.Sprintf("%d %s", resp.StatusCode, text.String())
	if err != nil {
		got += ", then " + describe(t, err)
	}
	return got
}

func describe(t testing.TB, err error) string {
	e := asError(t, err)
	why := e.Err.Error()
	switch {
	case strings.HasSuffix(why, ": connection reset by peer") && e.Op == proxy.OpBody:
		why = "connection reset by peer"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		why = "EOF"
	}
	return fmt.Sprintf("%d %s: %s", e.StatusCode(), e.Op, why)
}

var _ http.RoundTripper = (*proxy.Transport)(nil)
