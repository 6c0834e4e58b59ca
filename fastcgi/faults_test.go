package fastcgi_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/fastcgi"
)

// A fault is something that an application does.
type fault struct {
	name   string
	script func(*peer)
	method string // GET unless given
	want   string // see outcome
	conns  int    // that two requests take; 2 unless given: nothing broken is used again
}

// With an answer to every request.
func answer(name, response, want string, conns int) fault {
	return fault{name: name, script: always(response), want: want, conns: conns}
}

// then reads a request and does something.
func then(do func(*peer)) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			do(p)
		}
	}
}

// closing is then, and the end of the connection.
func closing(do func(*peer)) func(*peer) {
	return func(p *peer) {
		if p.request() != nil {
			do(p)
		}
	}
}

var faults = []fault{
	// Connections that break.
	{name: "closes without an answer", script: closing(func(*peer) {}), want: "502 header: EOF", conns: 4},
	{name: "resets without an answer", script: closing(func(p *peer) { p.reset() }), want: "502 header: EOF", conns: 4},
	{name: "closes within the header of a record", script: closing(func(p *peer) { p.send("\x01\x06\x00") }), want: "502 header: unexpected EOF"},
	{name: "closes within the head", script: closing(func(p *peer) { p.out("A: b\r\n") }), want: "502 header: unexpected EOF"},
	{name: "closes without having ended the request", script: closing(func(p *peer) { p.out(hello) }), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes within a record", script: closing(func(p *peer) { p.send(rec(stdout, p.id, hello+"12345")[:len(hello)+8]) }), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes after an empty record of output", script: closing(func(p *peer) { p.out(hello); p.send(rec(stdout, p.id, "")) }), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes within the end", script: closing(func(p *peer) { p.out(hello); p.send(ending(p.id, 0, 0)[:12]) }), want: "200 hello, then 502 body: unexpected EOF"},
	{name: "closes after the length announced without having ended the request", script: closing(func(p *peer) { p.out("Content-Length: 5\r\n\r\nhello") }), want: "200 hello"},
	{name: "closes before the length announced", script: closing(func(p *peer) { p.out("Content-Length: 5\r\n\r\nhel") }), want: "200 hel, then 502 body: unexpected EOF"},
	{name: "resets within the body", script: closing(func(p *peer) {
		p.out("Content-Length: 5\r\n\r\nhel")
		p.awaitRead()
		p.reset()
	}), want: "200 hel, then 502 body: connection reset by peer"},
	{name: "closes after the end", script: closing(func(p *peer) { p.reply(hello) }), want: "200 hello"},

	// Connections that stall.
	{name: "never answers", script: func(p *peer) { p.request(); p.ended() }, want: "504 header: the application does not answer"},
	{name: "stalls within the head", script: then(func(p *peer) { p.out("A: b\r\n"); p.ended() }), want: "504 header: the application does not answer"},
	{name: "stalls within the body", script: then(func(p *peer) { p.out(hello); p.ended() }), want: "200 hello, then 504 body: the application does not go on"},
	{name: "stalls after the length announced", script: then(func(p *peer) { p.out("Content-Length: 5\r\n\r\nhello"); p.ended() }), want: "200 hello"},

	// Ends.
	{name: "is overloaded", script: then(func(p *peer) { p.end(0, 2) }), want: "503 header: refused: it is overloaded"},
	{name: "cannot multiplex", script: then(func(p *peer) { p.end(0, 1) }), want: "502 header: refused: it takes one request at a time"},
	{name: "has no such role", script: then(func(p *peer) { p.end(0, 3) }), want: "502 header: refused: it does not have this role"},
	{name: "ends for a reason that is not known", script: then(func(p *peer) { p.end(0, 9) }), want: "502 header: refused: protocol status 9"},
	{name: "is overloaded within the body", script: then(func(p *peer) { p.out(hello); p.end(0, 2) }), want: "200 hello, then 503 body: refused: it is overloaded"},
	{name: "ends with a status of its own", script: then(func(p *peer) { p.out(hello); p.end(7, 0) }), want: "200 hello; exit 7", conns: 1},
	{name: "ends without an answer", script: then(func(p *peer) { p.end(0, 0) }), want: "502 header: malformed response: it has ended within its head"},
	{name: "ends within the head", script: then(func(p *peer) { p.reply("hello") }), want: "502 header: malformed response: it has ended within its head"},
	{name: "ends before the length announced", script: then(func(p *peer) { p.reply("Content-Length: 5\r\n\r\nhel") }), want: "200 hel, then 502 body: unexpected EOF", conns: 1},
	{name: "goes on after the end", script: then(func(p *peer) { p.reply(hello); p.out(hello) }), want: "200 hello"},
	{name: "goes on after the end, all at once", script: then(func(p *peer) {
		p.send(rec(stdout, p.id, hello) + ending(p.id, 0, 0) + rec(stdout, p.id, hello) + ending(p.id, 0, 0))
	}), want: "200 hello"},
	{name: "ends the output and then the request", script: then(func(p *peer) {
		p.send(rec(stdout, p.id, hello) + rec(stdout, p.id, "") + rec(stderr, p.id, "") + ending(p.id, 0, 0))
	}), want: "200 hello", conns: 1},

	// Records.
	{name: "answers another request", script: then(func(p *peer) { p.send(recs(stdout, 7, hello)) }), want: "502 header: malformed response: a record of request 7"},
	{name: "answers another request within the body", script: then(func(p *peer) { p.out(hello); p.send(recs(stdout, 7, "foreign")) }), want: "200 hello, then 502 body: malformed response: a record of request 7"},
	{name: "ends another request", script: then(func(p *peer) { p.out(hello); p.send(ending(7, 0, 0)) }), want: "200 hello, then 502 body: malformed response: a record of request 7"},
	{name: "answers the request before it", script: then(func(p *peer) { p.send(recs(stdout, 3-p.id, hello)) }), want: "502 header: malformed response: a record of request 2"},
	{name: "says something about itself", script: then(func(p *peer) { p.send(rec(11, 0, "")) }), want: "502 header: malformed response: a record of request 0"},
	{name: "speaks HTTP", script: then(func(p *peer) { p.send("HTTP/1.1 400 Bad Request\r\n\r\n") }), want: "502 header: malformed response: no record of version 1"},
	{name: "sends what only servers do", script: then(func(p *peer) { p.send(rec(stdin, p.id, hello)) }), want: "502 header: malformed response: a record of type 5"},
	{name: "goes on after the end of its output", script: then(func(p *peer) { p.send(rec(stdout, p.id, hello) + rec(stdout, p.id, "") + rec(stdout, p.id, "x")) }), want: "200 hello, then 502 body: malformed response: output after its end"},
	{name: "ends in a record of another size", script: then(func(p *peer) { p.out(hello); p.send(rec(end, p.id, "12345678x")) }), want: "200 hello, then 502 body: malformed response: an end of 9 bytes"},
	{name: "pads everything", script: then(func(p *peer) {
		for _, r := range []string{rec(stderr, p.id, "x"), rec(stdout, p.id, hello[:20]), rec(stdout, p.id, hello[20:]), ending(p.id, 0, 0)} {
			p.send(r[:6] + "\xff\x00" + r[8:] + strings.Repeat("p", 255))
		}
	}), want: "200 hello; log x", conns: 1},
	{name: "sends each byte on its own", script: then(func(p *peer) {
		for _, b := range []byte(rec(stdout, p.id, hello) + ending(p.id, 0, 0)) {
			p.send(string(rune(b)))
		}
	}), want: "200 hello", conns: 1},
	{name: "has a record for each byte", script: then(func(p *peer) {
		for _, b := range []byte(hello) {
			p.send(rec(stdout, p.id, string(rune(b))))
		}
		p.end(0, 0)
	}), want: "200 hello", conns: 1},

	// Heads.
	answer("has a status that is no number", "Status: abc\r\n\r\nhello", `502 header: malformed response: status "abc"`, 2),
	answer("has a status of two digits", "Status: 42\r\n\r\nhello", `502 header: malformed response: status "42"`, 2),
	answer("has a status of four digits", "Status: 2000 OK\r\n\r\nhello", `502 header: malformed response: status "2000 OK"`, 2),
	answer("has a status with a sign", "Status: +20 OK\r\n\r\nhello", `502 header: malformed response: status "+20 OK"`, 2),
	answer("has an empty status", "Status:\r\n\r\nhello", `502 header: malformed response: status ""`, 2),
	answer("has a status below 100", "Status: 099\r\n\r\nhello", `502 header: malformed response: status "099"`, 2),
	answer("has two statuses", "Status: 200\r\nStatus: 404\r\n\r\nhello", `502 header: malformed response: status "404"`, 2),
	answer("switches protocols", "Status: 101\r\n\r\n", "502 header: malformed response: status 101", 2),
	answer("has a status without a reason", "Status: 404\r\n\r\nhello", "404 hello", 1),
	answer("has a status line", "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nhello", "404 hello", 1),
	answer("has a status line that is none", "HTTP/1.1 x\r\nA: b\r\n\r\nhello", `502 header: malformed response: status line "HTTP/1.1 x"`, 2),
	answer("ends lines in LF", "Status: 404\nA: b\n\nhello", "404 hello", 1),
	answer("has no head", "<html>hello</html>\n\n", `502 header: malformed response: field "<html>hello</html>"`, 2),
	answer("has an empty head", "\r\nhello", "502 header: malformed response: no fields", 2),
	answer("has a field without a name", ": x\r\n\r\n", `502 header: malformed response: field ": x"`, 2),
	answer("folds a line", "A: b\r\n c\r\n\r\nhello", `502 header: malformed response: field " c"`, 2),
	answer("has NUL in a value", "A: \x00\r\n\r\nhello", "502 header: malformed response: value of A", 2),
	answer("has CR in a value", "A: b\rSet-Cookie: x\r\n\r\nhello", "502 header: malformed response: value of A", 2),
	answer("has a space before the colon", "Status : 404\r\n\r\nhello", `502 header: malformed response: field "Status : 404"`, 2),
	answer("has a huge head", "A: "+strings.Repeat("x", 2<<20)+"\r\n\r\n", "502 header: malformed response: head too long", 2),
	answer("has a head that never ends", strings.Repeat("x", 2<<20), "502 header: malformed response: head too long", 2),
	answer("has too many fields", strings.Repeat("A:\r\n", 3000)+"\r\n", "502 header: malformed response: too many fields", 2),
	answer("has a head of several records", "A: "+strings.Repeat("x", 200<<10)+"\r\n\r\nhello", "200 hello", 1),
	answer("has early hints", "Status: 103\r\nLink: </a>\r\n\r\n"+hello, "103 [</a>]; 200 hello", 1),
	answer("has several hints", "Status: 103\r\nLink: </a>\r\n\r\nStatus: 100\r\n\r\nStatus: 102 x\r\n\r\n"+hello, "103 [</a>]; 102 []; 200 hello", 1),
	answer("has hints and nothing else", "Status: 103\r\nLink: </a>\r\n\r\n", "103 [</a>]; 502 header: malformed response: it has ended within its head", 2),
	answer("has hints without end", strings.Repeat("Status: 100\r\n\r\n", 100)+hello, "502 header: malformed response: status 100", 2),

	// Lengths.
	answer("sends more than the length announced", "Content-Length: 5\r\n\r\nhello, world", "200 hello; too much", 2),
	{name: "sends more than the length announced, later", script: then(func(p *peer) { p.out("Content-Length: 5\r\n\r\nhello"); p.out("x"); p.end(0, 0) }), want: "200 hello; too much"},
	answer("announces no number", "Content-Length: x\r\n\r\nhello", `502 header: malformed response: Content-Length "x"`, 2),
	answer("announces less than nothing", "Content-Length: -1\r\n\r\nhello", `502 header: malformed response: Content-Length "-1"`, 2),
	answer("announces two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", `502 header: malformed response: Content-Length "6"`, 2),
	answer("announces a length twice", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "200 hello", 1),
	answer("announces what is no length at all", "Content-Length: 99999999999999999999\r\n\r\nhello", `502 header: malformed response: Content-Length "99999999999999999999"`, 2),
	answer("encodes the body", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "200 hello", 1),
	answer("encodes the body and adds a trailer", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n", "200 hello", 1),
	answer("encodes half a body", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "200 hel, then 502 body: unexpected EOF", 1),
	answer("encodes badly", "Transfer-Encoding: chunked\r\n\r\nx\r\nhel", "200 , then 502 body: invalid byte in chunk length", 1),
	answer("encodes otherwise", "Transfer-Encoding: gzip, chunked\r\n\r\n", `502 header: malformed response: Transfer-Encoding "gzip, chunked"`, 2),
	answer("does not encode", "Transfer-Encoding: identity\r\n\r\nhello", "200 hello", 1),
	answer("has no body", "Status: 204\r\n\r\n", "204 ", 1),
	answer("has a body where there is none", "Status: 304\r\nContent-Length: 5\r\n\r\nhello", "304 ", 1),
	{name: "answers HEAD", method: "HEAD", script: always("Content-Length: 5\r\n\r\n"), want: "200 ", conns: 1},
	{name: "answers HEAD with a body", method: "HEAD", script: always("Content-Length: 5\r\n\r\nhello"), want: "200 ", conns: 1},
	{name: "answers HEAD with a large body", method: "HEAD", script: always("A: b\r\n\r\n" + strings.Repeat("x", 200<<10)), want: "200 "},

	// Standard error.
	{name: "complains", script: then(func(p *peer) { p.errs("one\ntwo\r\n\nthree"); p.reply(hello) }), want: "log one; log two; 200 hello; log three", conns: 1},
	{name: "complains within the head", script: then(func(p *peer) { p.out("A: b\r\n"); p.errs("x"); p.out("\r\nhello"); p.end(0, 0) }), want: "200 hello; log x", conns: 1},
	{name: "complains after its output", script: then(func(p *peer) { p.out(hello); p.send(rec(stdout, p.id, "")); p.errs("o"); p.errs("ne"); p.end(0, 0) }), want: "200 hello; log one", conns: 1},
	{name: "complains and closes", script: closing(func(p *peer) { p.errs("PHP Fatal error") }), want: "log PHP Fatal error; 502 header: unexpected EOF"},
	{name: "complains in a line of 40,000 bytes", script: then(func(p *peer) {
		p.errs(strings.Repeat("x", 20_000))
		p.errs(strings.Repeat("x", 20_000) + "\ny")
		p.reply(hello)
	}), want: "log 16384 bytes; log 16384 bytes; log 7232 bytes; 200 hello; log y", conns: 1},
}

// TestFaults has an application do what it should not, twice.
func TestFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := startApp(t, f.script)
			var notes []string
			patience := 30 * time.Second
			if strings.Contains(f.name, "stalls") || strings.Contains(f.name, "never answers") {
				patience = time.Second
			}
			c := newClient(t, fastcgi.ClientConfig{
				ReadTimeout: patience,
				Stderr: func(_ context.Context, line []byte) {
					notes = append(notes, "log "+short(string(line)))
				},
			})
			for i := range 2 {
				notes = nil
				r := newRequest(cmp.Or(f.method, "GET"), "")
				r.Informational = func(status int, h http.Header) error {
					notes = append(notes, fmt.Sprint(status, " ", h["Link"]))
					return nil
				}
				got := outcome(t, c, s, r, &notes)
				if i == 1 && f.conns == 1 {
					require.Equal(t, strings.ReplaceAll(f.want, "request 2", "request 1"), got, "the second time")
				} else {
					require.Equal(t, f.want, got)
				}
			}
			require.Equal(t, cmp.Or(f.conns, 2), s.count(), "connections")
		})
	}
}

func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprint(len(s), " bytes")
	}
	return s
}

// outcome puts what became of a request in words.
func outcome(t *testing.T, c *fastcgi.Client, s *app, r *fastcgi.Request, notes *[]string) string {
	resp, err := c.Do(t.Context(), s.target(), r)
	if err != nil {
		return strings.Join(append(*notes, failure(t, err)), "; ")
	}
	require.NotContains(t, resp.Header, "Status")
	require.NotContains(t, resp.Header, "Transfer-Encoding")
	before := len(*notes)
	body, err := io.ReadAll(resp.Body)
	got := fmt.Sprint(resp.Status, " ", string(body))
	if err != nil {
		got += ", then " + failure(t, err)
	}
	switch e := resp.Body.End(); {
	case e.Excess:
		got += "; too much"
	case e.AppStatus != 0:
		got += fmt.Sprint("; exit ", e.AppStatus)
	}
	require.NoError(t, resp.Body.Close())
	return strings.Join(append(append((*notes)[:before:before], got), (*notes)[before:]...), "; ")
}

// failure puts an error in words that are the same wherever the kernel reports it.
func failure(t *testing.T, err error) string {
	e := asError(t, err)
	cause := e.Err.Error()
	if i := strings.LastIndex(cause, ": "); i >= 0 && !strings.HasPrefix(cause, "malformed") && !strings.HasPrefix(cause, "refused") {
		cause = cause[i+2:]
	}
	if e.Op == fastcgi.OpWrite || e.Op == fastcgi.OpHeader && !e.Answered && cause == "connection reset by peer" {
		return "502 header: EOF"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		cause = "unexpected EOF"
	}
	return fmt.Sprint(e.StatusCode(), " ", e.Op, ": ", cause)
}
