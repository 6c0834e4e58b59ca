package proxy_test

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile/caddyfiletest"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/proxy"
)

// echoWithTrailer answers with what it was sent, as it comes, and a trailer as gRPC
// has it.
func echoWithTrailer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", "Grpc-Status")
	w.Header().Set("X-Proto", r.Proto)
	w.Header().Set("X-Te", r.Header.Get("Te"))
	rc := http.NewResponseController(w)
	rc.EnableFullDuplex()
	rc.Flush()
	io.Copy(w, r.Body)
	w.Header().Set("Grpc-Status", "0")
}

// TestBackends checks that backends of every kind can be named in a Caddyfile and
// get what a client sends.
func TestBackends(t *testing.T) {
	dir := t.TempDir()
	tls := httptest.NewTLSServer(http.HandlerFunc(echoWithTrailer))
	defer tls.Close()
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600))

	h2 := httptest.NewUnstartedServer(http.HandlerFunc(echoWithTrailer))
	h2.EnableHTTP2 = true
	h2.StartTLS()
	defer h2.Close()
	h2URL := "h2" + strings.TrimPrefix(h2.URL, "https")

	h2c := httptest.NewUnstartedServer(http.HandlerFunc(echoWithTrailer))
	h2c.Config.Protocols = new(http.Protocols)
	h2c.Config.Protocols.SetUnencryptedHTTP2(true)
	h2c.Start()
	defer h2c.Close()

	socket := httptest.NewUnstartedServer(http.HandlerFunc(echoWithTrailer))
	socket.Listener.Close()
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	socket.Listener = l
	socket.Start()
	defer socket.Close()

	for _, tt := range []struct{ name, line, proto string }{
		{"by TLS", "proxy / " + tls.URL + " {\n ca_certificates " + ca + "\n}", "HTTP/1.1"},
		{"by TLS, believing anybody", "proxy / " + tls.URL + " {\n insecure_skip_verify\n}", "HTTP/1.1"},
		{"by HTTP/2", "proxy / " + h2URL + " {\n ca_certificates " + ca + "\n health_check /\n}", "HTTP/2.0"},
		{"by HTTP/2 without TLS", "proxy / h2c://" + h2c.Listener.Addr().String(), "HTTP/2.0"},
		{"by a Unix socket", "proxy / unix:" + filepath.ToSlash(path), "HTTP/1.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "by a Unix socket" && filepath.IsAbs(path) && path[0] != '/' {
				t.Skip("a socket has to be given by a path that begins with a slash")
			}
			mw, err := caddyfiletest.Setup(t, proxy.Directive, tt.line)
			require.NoError(t, err)
			front := httptest.NewServer(middleware.AppHandler(mw(middleware.Status(404)).ServeHTTP))
			defer front.Close()
			for _, size := range []int{0, 5, 200_000} {
				content := bytes.Repeat([]byte("x"), size)
				r, err := http.NewRequest("POST", front.URL, bytes.NewReader(content))
				require.NoError(t, err)
				r.Header.Set("Te", "trailers")
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				resp.Body.Close()
				require.Equal(t, 200, resp.StatusCode)
				require.True(t, bytes.Equal(content, body), "%d bytes came back", len(body))
				require.Equal(t, tt.proto, resp.Header.Get("X-Proto"))
				require.Equal(t, "trailers", resp.Header.Get("X-Te"))
				require.Equal(t, http.Header{"Grpc-Status": {"0"}}, resp.Trailer)
			}
		})
	}
}

// TestBackendThatIsNotBelieved checks that TLS is not for show.
func TestBackendThatIsNotBelieved(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.HandlerFunc(echoWithTrailer))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	mw, err := caddyfiletest.Setup(t, proxy.Directive, "proxy / "+tls.URL)
	require.NoError(t, err)
	status, err := mw(middleware.Status(404)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 502, status)
	require.ErrorContains(t, err, "certificate")
}
