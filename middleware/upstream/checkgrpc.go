package upstream

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// grpcServing is the answer of a service that is fit: field 1, SERVING.
var grpcServing = []byte{0, 0, 0, 0, 2, 8, 1}

// GRPCCheck asks by the gRPC health checking protocol, grpc.health.v1, over HTTP/2:
// with TLS if the scheme is https or h2, else without.
type GRPCCheck struct {
	Service string      // "" is the server as a whole
	TLS     *tls.Config // for https and h2; nil is the default
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
	if target.Scheme != "https" && target.Scheme != "h2" {
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
		return errors.New("the service is not serving")
	}
	return nil
}
