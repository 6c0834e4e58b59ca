package autohttps

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
)

// A transport sends requests to an ACME server, as long as its Manager lives.
type transport struct {
	life context.Context
	base *http.Transport
}

func newTransport(life context.Context, roots *x509.CertPool) *transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = &tls.Config{RootCAs: roots}
	base.DisableKeepAlives = true // there is but a handful of requests in months
	return &transport{life, base}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.life.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(t.life, cancel)
	end := func() {
		stop()
		cancel()
	}
	w, err := t.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		end()
		return nil, err
	}
	w.Body = &body{w.Body, end}
	return w, nil
}

type body struct {
	io.ReadCloser
	end func()
}

func (b *body) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
