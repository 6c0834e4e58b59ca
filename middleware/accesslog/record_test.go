package accesslog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/accesslog"
)

func TestRecord(t *testing.T) {
	const client = `"remote":"192.0.2.1","referer":"http://example.com/","user_agent":"curl \"8\""`
	user := slog.String(middleware.NoteUser, "ada")
	for _, tt := range []struct {
		name  string
		cfg   accesslog.Config
		notes []slog.Attr
		err   error
		want  string
	}{
		{name: "nothing noted", want: client + `}`},
		{
			name: "notes", notes: []slog.Attr{user, slog.Int("attempts", 2), slog.String("status", "forged"), slog.String("odd", "\\\xff")},
			want: client + `,"user":"ada","attempts":2,"odd":"\\x5C\\xFF"}`,
		},
		{
			name: "a note that was revised", notes: []slog.Attr{slog.String(middleware.NoteUser, "eve"), user},
			want: client + `,"user":"ada"}`,
		},
		{
			name: "cut off", err: errors.New("reason"),
			want: client + `,"aborted":true}`,
		},
		{
			name: "masked", cfg: accesslog.Config{MaskIPv4: 16, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
			want: strings.Replace(client, "192.0.2.1", "192.0.0.0", 1) + `}`,
		},
		{
			name: "with headers", cfg: accesslog.Config{Headers: true},
			want: client + `,` +
				`"request_header":{"Authorization":"REDACTED","Cookie":"REDACTED","Referer":"http://example.com/","User-Agent":"curl \"8\"","X-Two":"1,2"},` +
				`"response_header":{"Content-Type":"text/plain","Set-Cookie":"REDACTED"}}`,
		},
		{
			name: "with secrets", cfg: accesslog.Config{Headers: true, Secrets: true},
			want: client + `,` +
				`"request_header":{"Authorization":"Basic secret","Cookie":"secret=1","Referer":"http://example.com/","User-Agent":"curl \"8\"","X-Two":"1,2"},` +
				`"response_header":{"Content-Type":"text/plain","Set-Cookie":"secret=2"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				tt.cfg.Logger = slog.New(slog.NewJSONHandler(&out, nil))
				h := accesslog.New(tt.cfg)(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
					<-time.After(3 * time.Millisecond)
					for _, note := range tt.notes {
						middleware.Note(w, note)
					}
					middleware.Rewrite(w, r, &url.URL{Path: "/else"})
					w.Header().Set("Set-Cookie", "secret=2")
					w.Header().Set("Content-Type", "text/plain")
					w.WriteHeader(http.StatusAccepted)
					io.WriteString(w, "hello")
					if tt.err != nil {
						return http.StatusBadGateway, tt.err
					}
					return 0, nil
				}))
				r := httptest.NewRequest("GET", "/a?b=c", nil)
				r.Header = http.Header{
					"User-Agent": {`curl "8"`}, "Referer": {"http://example.com/"}, "X-Two": {"1", "2"},
					"Cookie": {"secret=1"}, "Authorization": {"Basic secret"},
				}
				h.ServeHTTP(httptest.NewRecorder(), r)

				now, err := json.Marshal(time.Now())
				require.NoError(t, err)
				require.Equal(t, `{"time":`+string(now)+`,"level":"INFO","msg":"request","method":"GET","host":"example.com",`+
					`"uri":"/a?b=c","proto":"HTTP/1.1","status":202,"size":5,"duration":3000000,`+tt.want+"\n", out.String())
			})
		})
	}
}

// TestRecordOfARewrittenRequest has the log further in than what rewrites.
func TestRecordOfARewrittenRequest(t *testing.T) {
	var out bytes.Buffer
	h := accesslog.New(accesslog.Config{Logger: slog.New(slog.NewJSONHandler(&out, nil))})(hello)
	w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "/a?b=c", nil)
	r.RemoteAddr = "@"
	h.ServeHTTP(w, middleware.Rewrite(w, r, &url.URL{Path: "/else"}))
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	require.Equal(t, "/a?b=c", record["uri"])
	require.NotContains(t, record, "remote")
}
