package live_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/live"
	"github.com/shallot-http/shallot/middleware/upstream"
)

// TestUpstreamsPage checks that what is known of upstreams is there, also of those that
// have left.
func TestUpstreamsPage(t *testing.T) {
	targets, err := upstream.Parse("10.0.0.1:80")
	require.NoError(t, err)
	group := upstream.New(upstream.Config{Name: "proxy /", Targets: targets})
	defer group.Close()
	pick, err := group.Pick(context.Background(), httptest.NewRequest("GET", "/", nil), nil)
	require.NoError(t, err)
	defer pick.Done(upstream.Result{})
	pages := live.Pages(live.PagesConfig{Recorder: open(t), Upstreams: func() []*upstream.Group { return []*upstream.Group{group} }})
	var got struct {
		Groups []struct {
			Name string
			upstream.Status
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body(t, ask(pages, "GET", "/debug/upstreams"))), &got))
	require.Len(t, got.Groups, 1)
	require.Equal(t, "proxy /", got.Groups[0].Name)
	require.Equal(t, 1, got.Groups[0].Upstreams[0].Active)
	require.Contains(t, body(t, ask(pages, "GET", "/debug/upstreams?format=html")), "10.0.0.1:80")
}
