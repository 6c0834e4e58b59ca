package gziptest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// patience is for how long an exchange may take. Some hang.
const patience = 3 * time.Second

// A server answers the requests of one exchange.
type server struct {
	ctx     context.Context
	wrap    func(http.Handler) http.Handler
	started []*httptest.Server
	http2   bool
	listen  func(net.Listener) net.Listener
}

func (s *server) close() {
	for _, srv := range s.started {
		srv.CloseClientConnections()
		srv.Close()
	}
}

// start has h answer, from behind what is being tested.
func (s *server) start(h http.HandlerFunc) *httptest.Server {
	srv := httptest.NewUnstartedServer(s.wrap(h))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if s.listen != nil {
		srv.Listener = s.listen(srv.Listener)
	}
	if s.http2 {
		srv.EnableHTTP2 = true
		srv.StartTLS()
	} else {
		srv.Start()
	}
	s.started = append(s.started, srv)
	srv.Client().Transport.(*http.Transport).DisableCompression = true
	srv.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return srv
}

// An answer is a response as it was on the wire.
type answer struct {
	*http.Response
	raw   []byte
	err   error // of reading raw
	hints []http.Header
}

// get has h answer a GET with these fields, names and values by turns.
func (s *server) get(h http.HandlerFunc, fields ...string) (*answer, error) {
	return s.ask("GET", h, fields...)
}

func (s *server) ask(method string, h http.HandlerFunc, fields ...string) (*answer, error) {
	return send(s.ctx, s.start(h), method, nil, fields...)
}

// send sends a request to srv and reads the answer.
func send(ctx context.Context, srv *httptest.Server, method string, body io.Reader, fields ...string) (*answer, error) {
	a, err := open(ctx, srv, method, body, fields...)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	a.raw, a.err = io.ReadAll(a.Body)
	return a, nil
}

// open is send without reading the body.
func open(ctx context.Context, srv *httptest.Server, method string, body io.Reader, fields ...string) (*answer, error) {
	a := new(answer)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			a.hints = append(a.hints, http.Header(h).Clone())
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, method, srv.URL+"/page", body)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	a.Response, err = srv.Client().Do(r)
	return a, err
}

func (a *answer) coding() string { return a.Header.Get("Content-Encoding") }

// decoded returns the body without its coding.
func (a *answer) decoded() ([]byte, error) {
	if a.err != nil {
		return nil, fmt.Errorf("the body broke off: %w", a.err)
	}
	r, err := decoder(a.coding(), bytes.NewReader(a.raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// decoder returns a reader of what is encoded in r.
func decoder(coding string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(coding) {
	case "":
		return r, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "br":
		return brotli.NewReader(r), nil
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("the coding %q was not asked for", coding)
}

// A check says what is wrong with an answer.
type check func(*answer) error

// all applies checks to an answer, if there is one.
func all(a *answer, err error, checks ...check) error {
	if err != nil {
		return err
	}
	for _, c := range checks {
		err = errors.Join(err, c(a))
	}
	return err
}

// is checks the status, and that the body is text.
func is(status int, text string) check {
	return func(a *answer) error {
		if a.StatusCode != status {
			return fmt.Errorf("the status is %d, not %d", a.StatusCode, status)
		}
		got, err := a.decoded()
		if err != nil {
			return err
		}
		if string(got) != text {
			return fmt.Errorf("the body has %d bytes and is not what was written, which has %d", len(got), len(text))
		}
		return nil
	}
}

// in checks that the coding is one of these; "" is none.
func in(codings ...string) check {
	return func(a *answer) error {
		for _, c := range codings {
			if c == a.coding() {
				return nil
			}
		}
		return fmt.Errorf("Content-Encoding is %q, not %q", a.coding(), codings)
	}
}

// isEncoded checks that there is a coding.
func isEncoded(a *answer) error {
	if a.coding() == "" {
		return errors.New("it is not encoded")
	}
	return nil
}

// has checks the values of a field, joined; none is "".
func has(name, value string) check {
	return func(a *answer) error {
		if got := strings.Join(a.Header[name], ", "); got != value {
			return fmt.Errorf("%s is %q, not %q", name, got, value)
		}
		return nil
	}
}

// varies checks that Vary names Accept-Encoding, once.
func varies(a *answer) error {
	n := 0
	for _, line := range a.Header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "Accept-Encoding"):
				n++
			case name == "*":
				return nil
			}
		}
	}
	if n != 1 {
		return fmt.Errorf("Vary has Accept-Encoding %d times", n)
	}
	return nil
}
