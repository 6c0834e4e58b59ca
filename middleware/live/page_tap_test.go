package live_test

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/live"
)

// TestTapPage reads what a client of the tap gets, over a connection.
func TestTapPage(t *testing.T) {
	recorder := open(t)
	server := httptest.NewServer(live.Pages(live.PagesConfig{Recorder: recorder}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/debug/tap?path=/x")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "application/x-ndjson", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	serve(recorder, "/y")
	serve(recorder, "/x?secret")
	require.True(t, lines.Scan())
	var got live.Request
	require.NoError(t, json.Unmarshal(lines.Bytes(), &got))
	require.Equal(t, "/x?…", got.URI)
	require.Equal(t, 204, got.Status)

	recorder.EndTaps()
	require.False(t, lines.Scan())
	require.NoError(t, lines.Err())
	resp, err = http.Get(server.URL + "/debug/tap")
	require.NoError(t, err)
	require.Equal(t, 503, resp.StatusCode)
	resp.Body.Close()
}

// TestTapTellsOfWhatIsLost has a client that does not read, and then does.
func TestTapTellsOfWhatIsLost(t *testing.T) {
	recorder := open(t)
	pages := live.Pages(live.PagesConfig{Recorder: recorder})
	writes := make(chan struct{})
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		r := httptest.NewRequest("GET", "/debug/tap", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
		pages.ServeHTTP(&onto{httptest.NewRecorder(), server, writes}, r)
		server.Close()
	}()
	<-writes // it flushes the header: the reader is there
	const n = 2000
	for range n {
		serve(recorder, "/")
	}
	var lost, got int
	lines := bufio.NewScanner(client)
	for lost+got < n && lines.Scan() {
		var line struct {
			Lost int
			ID   int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		lost += line.Lost
		if line.ID > 0 {
			got++
		}
	}
	require.Equal(t, n, lost+got)
	require.NotZero(t, lost)
	require.NotZero(t, got)
}

// Onto is a writer that blocks, as one does whose client does not read.
type onto struct {
	*httptest.ResponseRecorder
	conn    net.Conn
	flushed chan struct{}
}

func (w *onto) Write(p []byte) (int, error) { return w.conn.Write(p) }
func (w *onto) Flush() {
	select {
	case w.flushed <- struct{}{}:
	default:
	}
}
