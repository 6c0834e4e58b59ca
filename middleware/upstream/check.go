package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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
	Port   int         // 0 is that of the target

	Status []int          // that are expected; none is 200 to 399
	Body   *regexp.Regexp // that must match the first 64 KiB; nil is anything

	TLS *tls.Config // for https and h2; nil is the default
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
	if h.Port != 0 && u.Network == "tcp" {
		host, _, _ := net.SplitHostPort(u.Addr)
		target.Addr = net.JoinHostPort(host, strconv.Itoa(h.Port))
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
	case "h2":
		protocols.SetHTTP2(true)
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
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxCheckBody,
	}
}
