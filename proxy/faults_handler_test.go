package proxy_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestFaultsSeenByClients puts a Handler, in a server, in front of each backend that
// has a fault, and looks at what becomes of that for a client: a status that tells,
// or a response that is cut off and does not look whole, and never one that what
// comes next would be taken for a part of.
func TestFaultsSeenByClients(t *testing.T) {
	middlewaretest.NoLeaks(t)
	var handlers []*proxy.Handler
	var backends []*raw
	var groups []*upstream.Group
	for _, f := range faults {
		b := startRaw(t, f.script)
		backends = append(backends, b)
		groups = append(groups, group(t, b.url()))
		handlers = append(handlers, proxy.NewHandler(nil, proxy.Config{
			Upstreams: groups[len(groups)-1], Transport: newTransport(t, f.config()), Upgrade: []string{"websocket"},
		}))
	}
	edge := middleware.Edge{Log: slog.New(slog.DiscardHandler)}
	front := httptest.NewUnstartedServer(edge.Handler(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			return 404, nil
		}
		return handlers[i].ServeHTTP(w, r)
	})))
	front.Config.Protocols = new(http.Protocols)
	front.Config.Protocols.SetHTTP1(true)
	front.Config.Protocols.SetUnencryptedHTTP2(true)
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	front.Start()
	t.Cleanup(front.Close)
	h2 := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	h2.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(h2.CloseIdleConnections)

	t.Run("all", func(t *testing.T) { // of which the end is waited for before the server is closed
		for i, f := range faults {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				want := f.wantOfClients()
				f.check(t, want, "HTTP/1.1", f.askRaw(t, front.Listener.Addr().String(), i, "HTTP/1.1"))
				f.check(t, want, "HTTP/2", f.askHTTP2(t, h2, front.URL, i))
				if want := cmp.Or(f.conns, 2); want != anyNumber {
					require.Equal(t, want, backends[i].count(), "connections")
				}
				f.check(t, want, "HTTP/1.0", f.askRaw(t, front.Listener.Addr().String(), i, "HTTP/1.0"))
			})
		}
	})
	for i, g := range groups {
		middlewaretest.Eventually(t, func() bool { return g.Status().Upstreams[0].Active == 0 })
		require.Equal(t, "up", g.Status().Upstreams[0].State, faults[i].name)
	}
}

// wantOfClients returns what f.want is to a client: a status and a body, or "cut"
// with as much of a body as there may be.
func (f fault) wantOfClients() string {
	if seen, _, cut := strings.Cut(f.want, ", then "); cut {
		return "cut " + seen[len("200 "):]
	}
	if status, _, failed := strings.Cut(f.want, " header: "); failed {
		return status + " " + status + " " + http.StatusText(must(strconv.Atoi(status))) + "\n"
	}
	return f.want
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// check compares what a client got.
func (f fault) check(t *testing.T, want, protocol, got string) {
	t.Helper()
	if f.method == "HEAD" {
		want, got = strings.TrimRight(want, " ")[:3], got[:3]
	}
	most, cut := strings.CutPrefix(want, "cut ")
	if !cut {
		require.Equal(t, want, got, protocol)
		return
	}
	body, ok := strings.CutPrefix(got, "cut ")
	require.True(t, ok, "%s: %q looks whole", protocol, got)
	require.True(t, strings.HasPrefix(most, body), "%s: %q", protocol, got)
}

// askRaw sends the request and, after its response, another one on the same
// connection, which must have an answer of its own if there is a connection still.
func (f fault) askRaw(t *testing.T, address string, i int, protocol string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	method := cmp.Or(f.method, "GET")
	go func() { // until it is refused
		fmt.Fprintf(c, "%s /%d %s\r\nHost: a\r\n", method, i, protocol)
		if f.upload != "" {
			fmt.Fprintf(c, "Content-Length: %d\r\n", len(f.upload))
		}
		_, _ = io.WriteString(c, "\r\n"+f.upload+"GET /next "+protocol+"\r\nHost: a\r\n\r\n")
	}()
	br := bufio.NewReader(c)
	status, body, err := readFinal(br, method)
	if err != nil {
		return "cut " + body
	}
	if status, _, err := readFinal(br, "GET"); err == nil {
		require.Equal(t, 404, status, "what comes next")
	} else {
		require.True(t, protocol == "HTTP/1.0" || f.upload != "", "the connection has ended: %v", err)
	}
	return fmt.Sprintf("%d %s", status, body)
}

// readFinal reads the next response that is not of status 1xx.
func readFinal(br *bufio.Reader, method string) (status int, body string, err error) {
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			return 0, "", err
		}
		if resp.StatusCode < 200 {
			continue
		}
		text, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text), err
	}
}

func (f fault) askHTTP2(t *testing.T, tr *http.Transport, url string, i int) string {
	t.Helper()
	var upload io.Reader
	if f.upload != "" {
		upload = struct{ io.Reader }{strings.NewReader(f.upload)}
	}
	r := newRequest(t, cmp.Or(f.method, "GET"), url+"/"+strconv.Itoa(i), upload)
	if f.upload != "" {
		r.ContentLength = int64(len(f.upload))
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "cut "
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, http.ErrBodyReadAfterClose) {
		return "cut " + string(text)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, text)
}

// TestFaultsOfConnectionsUsedBefore is TestFaults for a request that is not the first
// of its connection, to which other rules apply.
func TestFaultsOfConnectionsUsedBefore(t *testing.T) {
	middlewaretest.NoLeaks(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			backend := startRaw(t, func(p *peer) {
				if p.n == 0 {
					if p.request() == nil {
						return
					}
					p.send(hello)
				}
				f.script(p)
			})
			c := f.config()
			c.HeaderTimeout *= 5 // which is there for the first, too
			tr := newTransport(t, c)
			require.Equal(t, "hello", get(t, tr, backend.url()))
			require.Equal(t, f.want, f.outcome(t, tr, backend.url(), func(w *given, body io.Reader) error {
				_, err := io.Copy(w, body)
				return err
			}))
		})
	}
}
