package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/upstream"
)

func TestIdempotent(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "PUT": true, "DELETE": true, "OPTIONS": true, "TRACE": true, "POST": false, "PATCH": false, "get": false} {
		r := httptest.NewRequest(method, "/", nil)
		require.Equal(t, want, upstream.Idempotent(r), method)
		r.Header.Set("Idempotency-Key", "1")
		require.True(t, upstream.Idempotent(r), method)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("why")
	cancel(cause)
	require.ErrorIs(t, upstream.Canceled(ctx), context.Canceled)
	require.ErrorIs(t, upstream.Canceled(ctx), cause)

	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.Equal(t, context.Canceled, upstream.Canceled(ctx))
}

func TestTimedOut(t *testing.T) {
	for err, want := range map[error]bool{
		os.ErrDeadlineExceeded:                              true,
		context.DeadlineExceeded:                            true,
		&net.OpError{Err: os.ErrDeadlineExceeded}:           true,
		fmt.Errorf("a: %w", &net.DNSError{IsTimeout: true}): true,
		context.Canceled:                                    false,
		io.EOF:                                              false,
	} {
		require.Equal(t, want, upstream.TimedOut(err), err)
	}
}

func TestStatusOfBody(t *testing.T) {
	left, leave := context.WithCancel(t.Context())
	leave()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"too slow", t.Context(), fmt.Errorf("a: %w", os.ErrDeadlineExceeded), 408},
		{"too large", t.Context(), &http.MaxBytesError{}, 413},
		{"cut off", t.Context(), io.ErrUnexpectedEOF, 499},
		{"the client has left", left, errors.New("stream error"), 499},
		{"the request was canceled", left, context.Canceled, 499},
		{"chunks that are none", t.Context(), errors.New("malformed chunked encoding"), 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, upstream.StatusOfBody(httptest.NewRequestWithContext(tt.ctx, "POST", "/", nil), tt.err))
		})
	}
}
