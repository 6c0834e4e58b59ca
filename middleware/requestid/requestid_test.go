package requestid_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
	"github.com/shallot-http/shallot/middleware/requestid"
)

const minted = "minted"

func mint() string { return minted }

func TestHandler(t *testing.T) {
	trust := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct {
		name, peer, sent string
		want             string
	}{
		{"none sent", "10.1.2.3:4", "", minted},
		{"trusted peer", "10.1.2.3:4", "abc-123", "abc-123"},
		{"trusted peer, mapped address", "[::ffff:10.1.2.3]:4", "abc-123", "abc-123"},
		{"trusted peer, IPv6", "[::1]:4", "abc-123", "abc-123"},
		{"stranger", "192.0.2.1:4", "abc-123", minted},
		{"unix socket", "@", "abc-123", minted},
		{"ill-formed", "10.1.2.3:4", "abc\tGET / 200", minted},
		{"too long", "10.1.2.3:4", strings.Repeat("x", 129), minted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			h := requestid.New(requestid.Config{Trusted: trust, NewID: mint})(
				middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) (int, error) {
					got = requestid.FromContext(r.Context())
					return 0, nil
				}))
			w, r := middleware.Record(httptest.NewRecorder()), httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header.Set(requestid.DefaultHeader, tt.sent)

			h.ServeHTTP(w, r)

			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want, w.Header().Get(requestid.DefaultHeader))
			require.Equal(t, []slog.Attr{slog.String("request_id", tt.want)}, middleware.Notes(w))
		})
	}
}

func TestTransparent(t *testing.T) {
	middlewaretest.Transparent(t, requestid.New(requestid.Config{}))
}

// TestConfigIsCopied checks that a caller may go on using what it passed.
func TestConfigIsCopied(t *testing.T) {
	trust := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	mw := requestid.New(requestid.Config{Trusted: trust, NewID: mint})
	clear(trust)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
	r.Header.Set(requestid.DefaultHeader, "sent")
	mw(nothing).ServeHTTP(w, r)
	require.Equal(t, "sent", w.Header().Get(requestid.DefaultHeader))
}

func TestFromContextNone(t *testing.T) {
	require.Empty(t, requestid.FromContext(t.Context()))
}

// FuzzHandler checks that nothing a client sends survives unless it is safe to
// repeat.
func FuzzHandler(f *testing.F) {
	h := requestid.New(requestid.Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
		NewID:   mint,
	})(nothing)
	f.Add("abc-123")
	f.Add("a\r\nSet-Cookie: b")
	f.Fuzz(func(t *testing.T, sent string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set(requestid.DefaultHeader, sent)
		h.ServeHTTP(w, r)
		got := w.Header().Get(requestid.DefaultHeader)
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), 128)
		require.NotContains(t, got, "\n")
		if got != minted {
			require.Equal(t, sent, got)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	h := requestid.New(requestid.Config{})(nothing)
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

var nothing = middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return 0, nil })
