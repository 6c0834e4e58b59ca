package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/middlewaretest"
)

// patience is how long a test may take, and the browser to start. Most take a
// second; one that hangs must not keep the others waiting for long.
const patience = time.Minute

// chromium is the program, which is looked for in the PATH.
const chromium = "chromium"

// browser starts Chromium for all tests together, with a profile of its own, and
// returns what tabs are opened with.
var browser = sync.OnceValues(func() (context.Context, error) {
	dir, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium), chromedp.UserDataDir(dir), chromedp.WSURLReadTimeout(patience),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit := chromedp.NewContext(ctx)
	stopBrowser = func() {
		quit()
		stop()
		os.RemoveAll(dir)
	}
	return ctx, chromedp.Do(ctx)
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// A tab is one of the browser's that shares nothing with those of other tests.
type tab struct {
	ctx context.Context

	mu        sync.Mutex
	responses []*network.Response
}

// open opens a tab at url. It is closed when the test ends.
func open(t *testing.T, url string) *tab {
	t.Helper()
	middlewaretest.Program(t, chromium)
	ctx, err := browser()
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tb := new(tab)
	require.NoError(t, chromedp.Listen(ctx, tb.listen))
	tb.ctx, cancel = context.WithTimeoutCause(ctx, patience, errors.New("the browser takes too long"))
	t.Cleanup(cancel)
	_, err = chromedp.Call(tb.ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate(url)))
	return tb
}

func (tb *tab) listen(event any) {
	if e, ok := event.(*network.EventResponseReceived); ok {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.responses = append(tb.responses, e.Response)
	}
}

// eval runs the body of an asynchronous function in the tab, and returns what it
// returns.
func eval[T any](t *testing.T, tb *tab, body string) T {
	t.Helper()
	result, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T]("(async () => {"+body+"})()", chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	return result
}

// header returns a field of the last response to a request of url, as the network
// had it.
func (tb *tab) header(url, name string) string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	value := ""
	for _, r := range tb.responses {
		for field, v := range r.Headers {
			if r.URL == url && strings.EqualFold(field, name) {
				value = fmt.Sprint(v)
			}
		}
	}
	return value
}
