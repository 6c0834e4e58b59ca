package standard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
	"github.com/shallot-http/shallot/middleware/live"
)

// TestIntrospect checks what is seen of a request that is refused, one that a backend
// is asking about itself, and one that its client has given up, in front of all
// layers.
func TestIntrospect(t *testing.T) {
	var self http.Handler
	look := func(path string) string {
		r := httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		self.ServeHTTP(w, r)
		return w.Body.String()
	}
	var inFlight string
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inFlight = look("/debug/requests?path=/api")
	}))
	defer backend.Close()
	t.Chdir(t.TempDir())
	addr := strings.TrimPrefix(backend.URL, "http://")
	f, err := caddyfile.Parse("Caddyfile", []byte(`127.0.0.1 {
		introspect {
			slow 1ns
		}
		basicauth /secret user password
		proxy /api `+addr+`
	}`), caddyfile.ParseConfig{})
	require.NoError(t, err)
	log := &lockedBuffer{}
	s, err := caddyfile.Build(f, caddyfile.Config{Vocabulary: standard.Vocabulary(), Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	require.NoError(t, s.Open(t.Context()))
	defer s.Close()
	self = s.Handler()
	get := func(ctx context.Context, path string) int {
		w := httptest.NewRecorder()
		self.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1"+path, nil))
		return w.Code
	}

	require.Equal(t, 200, get(t.Context(), "/api/x"))
	var seen struct{ Requests []live.Request }
	require.NoError(t, json.Unmarshal([]byte(inFlight), &seen))
	require.Len(t, seen.Requests, 1)
	require.Equal(t, "proxy", seen.Requests[0].Layer)
	require.Equal(t, addr, seen.Requests[0].Upstream)

	require.Equal(t, 401, get(t.Context(), "/secret"))
	text := look("/debug/slow?path=/secret")
	require.Contains(t, text, `"status": 401`)
	require.Contains(t, text, `"layer": "basicauth"`)
	text = look("/debug/upstreams")
	require.Contains(t, text, `"name": "127.0.0.1 proxy /api"`)
	require.Contains(t, text, `"addr": "`+addr+`"`)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	get(gone, "/api/quiet")
	require.NotContains(t, log.String(), "/api/quiet", "that a client has left is not logged")
	r := httptest.NewRequest("PUT", "http://127.0.0.1/debug/log?level=debug&for=60s", nil)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	self.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	get(gone, "/api/loud")
	require.Contains(t, log.String(), "/api/loud", "unless its level was set")
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
