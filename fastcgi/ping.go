package fastcgi

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/shallot-http/shallot/middleware/upstream"
)

// Ping is an [upstream.Checker] that requests a page of PHP's FPM, by a connection
// of its own. It must be answered with status 200.
type Ping struct {
	Path     string // as of ping.path in the configuration of FPM; "" is /fpm-ping
	Contains string // what must be in the first 64 KiB; "" is anything
}

const maxPing = 64 << 10

// Check returns why the answer is not the one expected.
func (p Ping) Check(ctx context.Context, u *upstream.Upstream) error {
	client := NewClient(ClientConfig{MaxIdle: -1})
	path := cmp.Or(p.Path, "/fpm-ping")
	var params Params
	params.Add("REQUEST_METHOD", http.MethodGet)
	params.Add("SCRIPT_NAME", path)
	params.Add("SCRIPT_FILENAME", path)
	params.Add("REQUEST_URI", path)
	params.Add("QUERY_STRING", "")
	params.Add("SERVER_PROTOCOL", "HTTP/1.1")
	params.Add("GATEWAY_INTERFACE", "CGI/1.1")
	resp, err := client.Do(ctx, u.Target, &Request{Params: &params})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.Status != http.StatusOK {
		return fmt.Errorf("status %d", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPing))
	if err == nil && !strings.Contains(string(body), p.Contains) {
		return fmt.Errorf("%q is not in %q", p.Contains, body[:min(len(body), 40)])
	}
	return err
}
