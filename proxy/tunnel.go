package proxy

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// askUpgrade finds out whether the request asks for a protocol that it may have. A
// body cannot go before it, and for WebSocket the rest has to be in order, too: a
// backend that only pretends to agree would otherwise be sent whatever the client
// likes. RFC 6455, section 4.2.1.
func (d *delivery) askUpgrade() error {
	h := d.r.Header
	asked := h["Upgrade"]
	if len(asked) == 0 || len(d.h.cfg.Upgrade) == 0 || d.r.ProtoMajor != 1 || d.r.ProtoMinor < 1 ||
		!slices.ContainsFunc(h["Connection"], func(v string) bool { return hasToken(v, "upgrade") }) {
		return nil
	}
	for _, protocol := range d.h.cfg.Upgrade {
		if slices.ContainsFunc(asked, func(v string) bool { return hasToken(v, protocol) }) {
			d.upgrade = protocol
			break
		}
	}
	switch {
	case d.upgrade == "":
		return nil
	case d.r.Method != http.MethodGet || d.r.ContentLength != 0:
		return refusal("an upgrade by other than a GET without a body")
	case !strings.EqualFold(d.upgrade, "websocket"):
		return nil
	}
	key, version := h["Sec-Websocket-Key"], h["Sec-Websocket-Version"]
	if len(key) != 1 || len(version) != 1 || version[0] != "13" {
		return refusal("a handshake of another version of WebSocket than 13")
	}
	if nonce, err := base64.StdEncoding.DecodeString(key[0]); err != nil || len(nonce) != 16 {
		return refusal("a key that is none of WebSocket's")
	}
	return nil
}

// tunnel connects the client with the backend that has agreed to switch protocols.
// Until then, nothing that the client may have sent was passed on: CVE-2026-2833.
func (d *delivery) tunnel(resp *http.Response, protocol []string) (int, error) {
	up, ok := resp.Body.(*Upgraded)
	header := d.w.Header()
	head := header.Clone()
	clear(header)
	delete(head, "Content-Length") // RFC 9110, section 8.6
	if !ok {
		return http.StatusBadGateway, &Error{Op: OpHeader, Address: resp.Request.URL.Host, Sent: true, Answered: true, Err: malformed("101")}
	}
	conn, client, err := d.client().Hijack()
	if err != nil {
		return http.StatusInternalServerError, fmt.Errorf("proxy: switching protocols: %w", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Time{})
	head["Connection"], head["Upgrade"] = []string{"Upgrade"}, protocol
	_, _ = client.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = head.Write(client)
	_, _ = client.WriteString("\r\n")
	if client.Flush() != nil {
		return 0, nil // it has left
	}
	early, _ := client.Reader.Peek(client.Reader.Buffered())
	t := &tunnel{client: conn, backend: up, idle: d.h.cfg.UpgradeIdle, websocket: strings.EqualFold(d.upgrade, "websocket")}
	t.connect(early, d.h.cfg.UpgradeTimeout, d.h.cfg.Drain)
	return 0, nil
}
