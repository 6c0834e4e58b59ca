package websocket

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	ws "github.com/coder/websocket"

	"github.com/shallot-http/shallot/middleware"
)

// A Type says how messages and the program's input and output become each other.
type Type int

// The types there are.
const (
	Lines  Type = iota // a message is a line; what is no UTF-8 in output becomes U+FFFD
	Text               // output is sent as it comes, as text, cut between characters
	Binary             // output is sent as it comes, in binary messages
)

// Defaults of a Config.
const (
	DefaultBufferSize     = 64 << 10
	DefaultMaxConnections = 100
	DefaultPing           = 30 * time.Second
)

// Config says which program to run for which requests. Without a Command all
// requests go on to the next handler.
type Config struct {
	Command []string        // the program and its arguments; there is no shell
	Path    middleware.Path // for which requests, as by Path.Within; "" is all
	Type    Type

	// BufferSize is how many bytes there may be in a message from the client, or
	// else it is closed with status 1009, in a line of output, or else the program
	// is ended, and in a piece. Zero is DefaultBufferSize.
	BufferSize int

	// Origins are hosts, or patterns of [path.Match] for them, whose pages may open
	// WebSockets, besides those of the request's own host. A port is part of a host.
	Origins []string

	MaxConnections int           // at once; zero is DefaultMaxConnections, negative is no limit
	Ping           time.Duration // interval of pings, which have as long to be answered; zero is DefaultPing, negative is none

	Dir     string         // to run the program in; "" is the working directory
	Env     []string       // more variables for it, as NAME=value
	Trusted []netip.Prefix // proxies whose word on the client counts, see middleware.ClientIP
	Log     *slog.Logger   // told of what the program prints on its standard error; nil is slog.Default()

	// Drain is closed to have WebSockets end with status 1001, as when the server is
	// to stop, which net/http does not tell them. Nil is never.
	Drain <-chan struct{}
}

// New returns the middleware that answers requests for WebSockets as c says.
func New(c Config) middleware.Middleware {
	c = c.complete()
	slots := c.slots()
	return func(next middleware.Handler) middleware.Handler { return &Handler{next, c, slots} }
}

// NewHandler returns the Handler that New(c) puts in front of next.
func NewHandler(next middleware.Handler, c Config) *Handler {
	c = c.complete()
	return &Handler{next, c, c.slots()}
}

// A Handler runs a program for each WebSocket.
type Handler struct {
	next  middleware.Handler
	cfg   Config
	slots chan struct{} // has room for as many connections as there may be; nil is no limit
}

func (c Config) complete() Config {
	c.Command, c.Origins, c.Env, c.Trusted = slices.Clone(c.Command), slices.Clone(c.Origins), slices.Clone(c.Env), slices.Clone(c.Trusted)
	c.BufferSize = cmp.Or(c.BufferSize, DefaultBufferSize)
	c.MaxConnections = cmp.Or(c.MaxConnections, DefaultMaxConnections)
	c.Ping = cmp.Or(c.Ping, DefaultPing)
	c.Log = cmp.Or(c.Log, slog.Default())
	return c
}

func (c Config) slots() chan struct{} {
	if c.MaxConnections < 0 {
		return nil
	}
	return make(chan struct{}, c.MaxConnections)
}

// ServeHTTP implements [middleware.Handler]. It returns when the WebSocket has
// ended.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	if len(h.cfg.Command) == 0 || !h.cfg.Path.Within(r) || !asksForWebSocket(r) {
		return h.next.ServeHTTP(w, r)
	}
	if status, err := check(w, r); err != nil {
		return status, err
	}
	if err := h.checkOrigin(r); err != nil {
		return http.StatusForbidden, err
	}
	if h.slots != nil {
		select {
		case h.slots <- struct{}{}:
			defer func() { <-h.slots }()
		default:
			return http.StatusServiceUnavailable, fmt.Errorf("websocket: there are %d WebSockets already", cap(h.slots))
		}
	}
	return h.run(w, r)
}

// asksForWebSocket reports whether r wants one as HTTP/1.1 has it. What RFC 8441
// does in its place over HTTP/2 net/http does not offer.
func asksForWebSocket(r *http.Request) bool {
	return r.ProtoMajor == 1 && hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket")
}

func hasToken(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// check returns what is wrong with a request for a WebSocket, before anything is
// run for it: RFC 6455, sections 4.2.1 and 4.4.
func check(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) {
		return http.StatusBadRequest, fmt.Errorf("websocket: a WebSocket is opened by GET and HTTP/1.1, not by %s and %s", r.Method, r.Proto)
	}
	if strings.ContainsRune(r.URL.Path, 0) {
		return http.StatusBadRequest, errors.New("the path has a zero byte, which no variable can have")
	}
	if v := r.Header["Sec-Websocket-Version"]; !slices.Equal(v, []string{"13"}) {
		w.Header().Set("Sec-WebSocket-Version", "13")
		return http.StatusUpgradeRequired, fmt.Errorf("websocket: the version of WebSocket is %q, not 13", v)
	}
	keys := r.Header["Sec-Websocket-Key"]
	if len(keys) == 1 {
		if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0])); err == nil && len(key) == 16 {
			return 0, nil
		}
	}
	return http.StatusBadRequest, errors.New("websocket: the key of the WebSocket is not one of 16 bytes")
}

func (h *Handler) checkOrigin(r *http.Request) error {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return nil
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" || len(origins) > 1 { // "null", for example
		return fmt.Errorf("websocket: the origin %q is no host", origins)
	}
	if strings.EqualFold(u.Host, r.Host) && (r.TLS == nil || u.Scheme == "https") {
		return nil // without TLS here a proxy may have it
	}
	host := strings.ToLower(u.Host)
	for _, pattern := range h.cfg.Origins {
		if ok, _ := path.Match(strings.ToLower(pattern), host); ok {
			return nil
		}
	}
	return fmt.Errorf("websocket: pages of %s may not open WebSockets to %s", u.Host, r.Host)
}

// accept makes a WebSocket of the connection.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request) (*ws.Conn, error) {
	conn, err := ws.Accept(w, r, &ws.AcceptOptions{
		InsecureSkipVerify: true, // the origin has been checked
		CompressionMode:    ws.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(int64(h.cfg.BufferSize))
	return conn, nil
}
