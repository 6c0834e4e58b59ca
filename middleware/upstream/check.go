package upstream

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
)

// TCPCheck connects.
type TCPCheck struct{}

// Check connects to u and hangs up.
func (TCPCheck) Check(ctx context.Context, u *Upstream) error {
	conn, err := dial(ctx, u)
	if err != nil {
		return err
	}
	return conn.Close()
}

func dial(ctx context.Context, u *Upstream) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, u.Network, u.Addr)
}

// HTTPCheck sends a request, by a connection of its own, and looks at the answer.
// Redirects are not followed. The zero HTTPCheck is a GET of / that is answered with
// a status from 200 to 399, as in Caddy 0.7.1.
type HTTPCheck struct {
	Method string      // "" is GET
	URI    string      // path and query, put behind the Path of the target; "" is /
	Host   string      // "" is what the target is called
	Header http.Header // further fields
	Port   string      // "" is that of the target

	Status []int          // that are expected; none is 200 to 399
	Body   *regexp.Regexp // that must match the first 64 KiB; nil is anything

	TLS *tls.Config // for https; nil is the default
}

// maxCheckBody is how much of an answer is looked at.
const maxCheckBody = 64 << 10

// Check returns why the answer is not the one expected.
func (h HTTPCheck) Check(ctx context.Context, u *Upstream) error {
	address, err := u.URL(cmp.Or(h.URI, "/"))
	if err != nil {
		return err
	}
	target := *u
	if h.Port != "" && u.Network == "tcp" {
		host, _, _ := net.SplitHostPort(u.Addr)
		target.Addr = net.JoinHostPort(host, h.Port)
	}
	r, err := http.NewRequestWithContext(ctx, cmp.Or(h.Method, http.MethodGet), address.String(), nil)
	if err != nil {
		return err
	}
	for name, values := range h.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "shallot health check")
	}
	r.Host = cmp.Or(h.Host, r.Host)
	transport := transportTo(&target, h.TLS)
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if status := response.StatusCode; len(h.Status) > 0 && !slices.Contains(h.Status, status) ||
		len(h.Status) == 0 && (status < 200 || status > 399) {
		return fmt.Errorf("status %d", status)
	}
	if h.Body == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCheckBody))
	if err == nil && !h.Body.Match(body) {
		return fmt.Errorf("body %q does not match %v", body[:min(len(body), 40)], h.Body)
	}
	return err
}

// transportTo returns one that connects to u whatever it is asked for.
func transportTo(u *Upstream, c *tls.Config) *http.Transport {
	var protocols http.Protocols
	switch u.Scheme {
	case "h2c":
		protocols.SetUnencryptedHTTP2(true)
	default:
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(true)
	}
	if c != nil {
		c = c.Clone()
	}
	return &http.Transport{
		DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, u) },
		TLSClientConfig:        c,
		Protocols:              &protocols,
		DisableKeepAlives:      u.Scheme != "h2c", // of HTTP/2 it would refuse to connect
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxCheckBody,
	}
}

// grpcServing is the answer of a service that is fit: field 1, SERVING.
var grpcServing = []byte{0, 0, 0, 0, 2, 8, 1}

// GRPCCheck asks by the gRPC health checking protocol, grpc.health.v1, over HTTP/2:
// with TLS if the scheme is https, else without.
type GRPCCheck struct {
	Service string      // "" is the server as a whole
	TLS     *tls.Config // for https; nil is the default
}

// Check returns why the service is not serving.
func (g GRPCCheck) Check(ctx context.Context, u *Upstream) error {
	if len(g.Service) > 127 {
		return fmt.Errorf("the name of the service has %d bytes, of 127 that it may have", len(g.Service))
	}
	var message []byte // HealthCheckRequest{service = 1}
	if g.Service != "" {
		message = append([]byte{1<<3 | 2, byte(len(g.Service))}, g.Service...)
	}
	frame := append([]byte{0, 0, 0, 0, byte(len(message))}, message...) // neither compressed nor long
	target := *u
	target.Path = ""
	if target.Scheme != "https" {
		target.Scheme = "h2c"
	}
	address, err := target.URL("/grpc.health.v1.Health/Check")
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(frame))
	if err != nil {
		return err
	}
	r.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
	transport := transportTo(&target, g.TLS)
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCheckBody))
	if err != nil {
		return err
	}
	status := cmp.Or(response.Trailer.Get("Grpc-Status"), response.Header.Get("Grpc-Status"))
	switch {
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("status %d", response.StatusCode)
	case status != "0":
		message := cmp.Or(response.Trailer.Get("Grpc-Message"), response.Header.Get("Grpc-Message"))
		return fmt.Errorf("gRPC status %q: %s", status, message)
	case !bytes.Equal(body, grpcServing):
		return fmt.Errorf("the service is not serving")
	}
	return nil
}
