package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}

func TestTransparent(t *testing.T) {
	for name, mw := range map[string]middleware.Middleware{
		"Chain":          middleware.Chain(through, middleware.Chain(), through),
		"Named":          middleware.Named("name", through),
		"When":           middleware.When(middleware.Path("/").Match, through),
		"When, no match": middleware.When(middleware.Path("/elsewhere").Match, teapots),
		"HTTP":           middleware.Adopt(middleware.Middleware(through).HTTP),
	} {
		t.Run(name, func(t *testing.T) { middlewaretest.Transparent(t, mw) })
	}
}

func TestChainOrder(t *testing.T) {
	var got []string
	tag := func(name string) middleware.Middleware {
		return func(next middleware.Handler) middleware.Handler {
			return middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) (int, error) {
				got = append(got, name)
				return next.ServeHTTP(w, r)
			})
		}
	}
	mw := []middleware.Middleware{tag("b"), tag("c")}
	chain := middleware.Chain(tag("a"), middleware.Chain(mw...), tag("d"))
	clear(mw) // Chain has taken a copy
	chain(returning(0, nil)).ServeHTTP(nil, nil)
	require.Equal(t, []string{"a", "b", "c", "d"}, got)
}

func TestWhen(t *testing.T) {
	h := middleware.When(middleware.Path("/tea").Match, through, teapots)(returning(404, nil))
	for path, want := range map[string]int{"/tea/green": 418, "/coffee": 404} {
		status, err := h.ServeHTTP(nil, httptest.NewRequest("GET", path, nil))
		require.NoError(t, err)
		require.Equal(t, want, status, path)
	}
}

// TestPackageOf checks under which name a tracer sees a layer.
func TestPackageOf(t *testing.T) {
	end := returning(0, nil)
	for _, tt := range []struct {
		name string
		mw   middleware.Middleware
		want string
	}{
		{"a handler", through, "middleware_test"},
		{"a function", teapots, ""},
		{"a condition", middleware.When(middleware.Path("/").Match, through), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, middleware.PackageOf(tt.mw(end)))
		})
	}
}

// BenchmarkChain shows what a chain costs over handlers nested by hand: the
// probes that nobody has attached to.
func BenchmarkChain(b *testing.B) {
	mw := slices.Repeat([]middleware.Middleware{through}, 8)
	byHand := returning(0, nil)
	for _, m := range mw {
		byHand = m(byHand)
	}
	for _, bb := range []struct {
		name string
		h    middleware.Handler
	}{
		{"8 layers", middleware.Chain(mw...)(returning(0, nil))},
		{"8 layers by hand", byHand},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bb.h.ServeHTTP(nil, nil)
			}
		})
	}
}

// layer is a Handler of its own type, as a package's is.
type layer struct{ next middleware.Handler }

func (l *layer) ServeHTTP(w http.ResponseWriter, r *http.Request) (int, error) {
	return l.next.ServeHTTP(w, r)
}

func through(next middleware.Handler) middleware.Handler { return &layer{next} }

func teapots(middleware.Handler) middleware.Handler { return returning(http.StatusTeapot, nil) }

func returning(status int, err error) middleware.Handler {
	return middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) (int, error) { return status, err })
}
