//go:build soak

package gzip_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// soakKinds are what handlers do with a body.
var soakKinds = [...]string{"write", "flush", "copy", "content", "panic", "fail", "short", "hijack"}

// soaked answers with the part of texts that is asked for, in the way that is asked
// for.
func soaked(w http.ResponseWriter, r *http.Request, texts string, panics *atomic.Int64) (int, error) {
	q := r.URL.Query()
	number := func(name string) int {
		n, _ := strconv.Atoi(q.Get(name))
		return n
	}
	body := texts[number("from"):][:number("size")]
	random := rand.New(rand.NewPCG(uint64(number("from")), uint64(number("size"))))
	if contentType := q.Get("type"); contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	if random.IntN(2) == 0 {
		w.Header().Set("Vary", "Origin")
	}
	write := func(flush bool, text string) error {
		for text != "" {
			piece := text[:min(len(text), 1+random.IntN(len(body)/3+100))]
			text = text[len(piece):]
			if _, err := io.WriteString(w, piece); err != nil {
				return err
			}
			if flush {
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	switch kind := q.Get("kind"); kind {
	case "write", "flush":
		if err := write(kind == "flush", body); err != nil {
			return http.StatusBadGateway, err
		}
	case "copy":
		if _, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(body)}); err != nil {
			return http.StatusBadGateway, err
		}
	case "content":
		w.Header().Set("Etag", fmt.Sprintf(`"%d-%d"`, number("from"), number("size")))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(body))
	case "panic":
		write(random.IntN(2) == 0, body[:len(body)/2])
		panics.Add(1)
		panic(http.ErrAbortHandler)
	case "fail":
		write(random.IntN(2) == 0, body[:len(body)/2])
		return http.StatusBadGateway, errReason
	case "short":
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		write(random.IntN(2) == 0, body)
	case "hijack":
		write(false, body[:min(len(body), 100)])
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return http.StatusNotImplemented, err
		}
		conn.Close()
	}
	return 0, nil
}

// A visited is what a client has asked for and got.
type visited struct {
	from, size             int
	method, accept, fields string
	status                 int
	coding                 string
}

// visit asks for something, and may leave before it is there. The error is what is
// wrong with what was got.
func visit(ctx context.Context, srv *httptest.Server, random *rand.Rand, kind int, texts string) (v visited, err error) {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	sizes := []int{1, 600, 1100, 9000, 60_000, 400_000, 1 << 20}
	v = visited{size: random.IntN(sizes[random.IntN(len(sizes))]), method: "GET"}
	v.from = random.IntN(16) * (len(texts) - v.size) / 16
	if random.IntN(8) == 0 {
		v.method = "HEAD"
	}
	v.accept = pick("", "gzip", "br", "zstd", browser, "identity", "gzip;q=0.5, *;q=0", "*", "br;q=0.1, gzip;q=0.2")
	q := url.Values{
		"kind": {soakKinds[kind]}, "from": {strconv.Itoa(v.from)}, "size": {strconv.Itoa(v.size)},
		"type": {pick("", "text/plain", "application/json", "image/png")},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, v.method, srv.URL+"/?"+q.Encode(), nil)
	if err != nil {
		return v, err
	}
	if v.accept != "" {
		r.Header.Set("Accept-Encoding", v.accept)
	}
	want := texts[v.from:][:v.size]
	switch tag := fmt.Sprintf("%d-%d", v.from, v.size); random.IntN(6) {
	case 0:
		r.Header.Set("If-None-Match", fmt.Sprintf(`"x", "%s-%s"`, tag, pick("gzip", "br", "zstd")))
	case 1:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", v.size/2))
	}
	v.fields = fmt.Sprint(r.Header)

	fails := map[string]bool{"panic": true, "fail": true, "short": true, "hijack": true}[soakKinds[kind]]
	resp, err := srv.Client().Do(r)
	if err != nil {
		if fails {
			err = nil
		}
		return v, err
	}
	defer resp.Body.Close()
	v.status, v.coding = resp.StatusCode, resp.Header.Get("Content-Encoding")
	if v.coding != "" && (v.accept == "" || v.accept == "identity") {
		return v, fmt.Errorf("coded in %s", v.coding)
	}
	if random.IntN(4) == 0 { // leave
		io.CopyN(io.Discard, resp.Body, random.Int64N(100_000))
		return v, nil
	}
	raw, err := io.ReadAll(resp.Body)
	switch {
	case v.method == "HEAD":
		return v, nil
	case fails:
		if err == nil && v.status < 500 {
			return v, errors.New("what has failed looks whole")
		}
		return v, nil
	case err != nil:
		return v, err
	case v.status == http.StatusNotModified, v.status == http.StatusRequestedRangeNotSatisfiable:
		return v, nil
	case v.status == http.StatusPartialContent:
		want = want[v.size/2:]
	case v.status != http.StatusOK:
		return v, errors.New("the status is wrong")
	}
	got, err := read(v.coding, strings.NewReader(string(raw)))
	if err == nil && got != want {
		err = fmt.Errorf("got %d bytes that are not what was written", len(got))
	}
	return v, err
}
