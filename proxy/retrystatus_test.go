package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/upstream"
	"github.com/shallot-http/shallot/proxy"
)

// TestRetryStatuses checks in place of which responses another backend is asked.
func TestRetryStatuses(t *testing.T) {
	get := plainly("/")
	post := "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: 5\r\n\r\nhello"
	for _, tt := range []struct {
		name, request string
		budget        upstream.Budget
		backends      []string // their answers
		want          string
		asked         []int
	}{
		{"one that cannot", get, upstream.Budget{}, []string{"503", "200"}, "200", []int{1, 1}},
		{"two that cannot", get, upstream.Budget{}, []string{"503", "502", "200"}, "200", []int{1, 1, 1}},
		{"none can: the last word stands", get, upstream.Budget{}, []string{"502", "503"}, "503", []int{1, 1}},
		{"there is no other", get, upstream.Budget{}, []string{"503"}, "503", []int{1}},
		{"another status", get, upstream.Budget{}, []string{"500", "200"}, "500", []int{1, 0}},
		{"what may have been done", fmt.Sprintf(post, ""), upstream.Budget{}, []string{"503", "200"}, "503", []int{1, 0}},
		{"what may be done twice", fmt.Sprintf(post, "Idempotency-Key: 1\r\n"), upstream.Budget{}, []string{"503", "200"}, "200", []int{1, 1}},
		{"a body that is not kept", "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", upstream.Budget{},
			[]string{"503", "200"}, "503", []int{1, 0}},
		{"beyond the budget", get, upstream.Budget{Percent: 1, Min: -1}, []string{"503", "200"}, "503", []int{1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			middlewaretest.NoLeaks(t)
			var raws []*raw
			var texts []string
			for i, status := range tt.backends {
				b := answers(t, fmt.Sprintf("HTTP/1.1 %s X\r\nX-From-%d: 1\r\n", status, i), status)
				raws, texts = append(raws, b), append(texts, b.url())
			}
			targets, err := upstream.Parse(texts...)
			require.NoError(t, err)
			g := groupOf(t, upstream.Config{Targets: targets, Policy: upstream.First(), Retries: tt.budget})
			front := serveProxy(t, proxy.Config{Upstreams: g, RetryStatuses: []int{502, 503}})
			response := exchangeRaw(t, front, tt.request)
			require.Contains(t, response, "HTTP/1.1 "+tt.want+" ")
			require.Equal(t, 1, strings.Count(response, "X-From-"), "fields of one backend only")
			for i, b := range raws {
				require.Equal(t, tt.asked[i], b.count(), "backend %d", i)
				require.Zero(t, g.Status().Upstreams[i].Active)
			}
		})
	}
}
