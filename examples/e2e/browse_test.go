package e2e_test

import (
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/browse"
	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/static"
)

// hostile are names that are markup, or code, or another address to whoever does
// not take care.
var hostile = []string{
	"new\nline", "tab\tstop", "double\"quote.txt", "single'quote.txt", "<script>alert(1)<!-- script>.html", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
	"' onmouseover='alert(1)", "javascript:alert(1)", "data:text,x", ":colon", "-dash", "100%", "%2e%2e%2f", "hash#tag", "what?", "a&amp;b", "semi;colon", "plus+sign",
	"back\\slash", " blank ", "evil\u202etxt.exe", "\u2066isolate", "\x01\x1b[31m", "\xff\xfe", "日本語.txt", strings.Repeat("x", 255),
}

// A listing is a server of folders to list, and a tab that complains.
type listing struct {
	*tab
	t     *testing.T
	url   string
	wrong atomic.Pointer[string] // what must not happen and did
}

// openListing serves a folder called hostile, one called photos, one called many of
// 45 files, and one called plain.
func openListing(t *testing.T) *listing {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		then := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
		require.NoError(t, os.Chtimes(name, then, then))
	}
	for _, name := range hostile {
		write("hostile/"+name, name)
	}
	for i := range 45 {
		write(fmt.Sprintf("many/file %d.txt", i), strings.Repeat("x", 1000-i))
	}
	for i := range 6 {
		var b strings.Builder
		require.NoError(t, png.Encode(&b, picture(i)))
		write(fmt.Sprintf("photos/IMG_%d.png", i), b.String())
	}
	for name, size := range map[string]int{
		"report 9.pdf": 234_567, "report 10.pdf": 1_234_567, "song.flac": 28_000, "film.mp4": 123_000, "archive.tar.gz": 45_000, "main.go": 3412,
		"unknown.xyz": 7, "deep/er/est/x.txt": 1, "a name that goes on and on, until there is no room left for it on a narrow screen and it has to be broken.txt": 3,
	} {
		write("plain/"+name, strings.Repeat("x", size))
	}
	write("plain/README.md", "# About\n\nThis is what the folder is about.\n")
	write("photos/README.txt", "As it\n  is written.\n")
	write("photos/broken.png", "no image")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
	require.NoError(t, os.Symlink("report 10.pdf", filepath.Join(dir, "plain", "latest")))

	files := static.Config{Root: middleware.NewRoot(dir), Index: []string{}}
	h := middleware.Chain(browse.New(browse.Config{
		Files: files, Page: 20, Readme: true, Markdown: rendered, Thumbnails: 1 << 20, Search: browse.Budget{Time: time.Minute},
		Archives: []browse.Archive{browse.Zip(), browse.TarGzip()},
	}), static.New(files))(middleware.Status(404))
	server := httptest.NewServer(middleware.AppHandler(h.ServeHTTP))
	t.Cleanup(server.Close)
	t.Cleanup(func() { files.Root.Close() })

	l := &listing{tab: open(t, "about:blank"), t: t, url: server.URL}
	require.NoError(t, chromedp.Listen(l.ctx, func(event any) {
		wrong := ""
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			if !strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
				wrong = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
			}
		case *page.EventJavascriptDialogOpening:
			wrong = "a dialog says " + e.Message
		}
		if wrong != "" {
			l.wrong.Store(&wrong)
		}
	}))
	_, err := chromedp.Call(l.ctx, cdplog.Enable, cdp.Empty{})
	require.NoError(t, err)
	t.Cleanup(func() {
		if wrong := l.wrong.Load(); wrong != nil {
			t.Error(*wrong)
		}
	})
	return l
}

// rendered is what a README may become: elements that a listing is of, too.
func rendered(text []byte) (template.HTML, error) {
	return `<h1>About</h1><p>This is what the folder is about, and a <a href="x">link</a>.</p><h2>Usage</h2>
<table><thead><tr><th>Flag</th><th>Means</th></tr></thead><tbody><tr><td><code>-v</code></td><td><b>bold</b> and <i>italic</i></td></tr></tbody></table>
<pre><code>go run .   # a line that is so long that there is no room for it on a telephone, nor on anything else
</code></pre><blockquote><p>Said by others</p></blockquote><ul><li>one</li></ul>`, nil
}

// picture returns something to look at.
func picture(n int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			img.Set(x, y, color.RGBA{uint8(x + 40*n), uint8(y * 2), uint8(200 - 30*n), 255})
		}
	}
	return img
}

func (l *listing) goTo(path string) {
	l.t.Helper()
	require.NoError(l.t, chromedp.Do(l.ctx, chromedp.Navigate(l.url+path)))
}

// until waits until an expression is true, in whatever page there is by then.
func (l *listing) until(expr string) {
	l.t.Helper()
	require.Eventually(l.t, func() bool {
		ok, err := chromedp.Run(l.ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && ("+expr+")"))
		return err == nil && ok
	}, 20*time.Second, 20*time.Millisecond, expr)
}

// click has the page do what it does when a person clicks.
func (l *listing) click(selector string) {
	l.t.Helper()
	_, err := chromedp.Run(l.ctx, chromedp.Evaluate[any](fmt.Sprintf("document.querySelector(%q).click()", selector)))
	require.NoError(l.t, err, selector)
}

// back presses the button of that name. What is there then may be a page that was
// kept, which does not load.
func (l *listing) back() {
	l.t.Helper()
	_, err := chromedp.Run(l.ctx, chromedp.Evaluate[any]("history.back()"))
	require.NoError(l.t, err)
}

// names returns the names that can be seen.
func (l *listing) names() []string {
	l.t.Helper()
	return eval[[]string](l.t, l.tab, `return [...document.querySelectorAll("#list tbody tr:not(.up):not([hidden]) a, .tiles li:not(.up):not([hidden]) a")].map(a => decodeURIComponent(a.getAttribute("href")).slice(2))`)
}

// TestListingIsUsed filters, sorts, turns pages, changes the layout and goes back,
// as a person would.
func TestListingIsUsed(t *testing.T) {
	l := openListing(t)
	l.goTo("/many/")
	require.Len(t, l.names(), 20)
	require.Equal(t, "file 0.txt", l.names()[0])
	require.Equal(t, "file 10.txt", l.names()[10])

	l.click("a[rel=next]")
	l.until(`location.search === "?offset=20"`)
	require.Equal(t, "file 20.txt", l.names()[0])
	l.click("a[rel=last]")
	l.until(`location.search === "?offset=40"`)
	require.Len(t, l.names(), 5)
	l.back()
	l.until(`location.search === "?offset=20"`)
	l.back()
	l.until(`location.search === ""`)

	l.click("thead th:nth-child(2) a")
	l.until(`document.querySelector("thead th:nth-child(2)").getAttribute("aria-sort") === "descending"`)
	require.Equal(t, "file 0.txt", l.names()[0])
	l.click("thead th:nth-child(2) a")
	l.until(`document.querySelector("thead th:nth-child(2)").getAttribute("aria-sort") === "ascending"`)
	require.Equal(t, "file 44.txt", l.names()[0])
	l.goTo("/many/")
	require.Equal(t, "file 44.txt", l.names()[0], "it is remembered")

	require.NoError(t, chromedp.Do(l.ctx, chromedp.SendKeys(chromedp.CSS("input[type=search]"), "file 44")))
	l.until(`document.querySelector("[role=status]").textContent === "1 of 20 on this page; Enter searches all below"`)
	require.Equal(t, []string{"file 44.txt"}, l.names())
	require.NoError(t, chromedp.Do(l.ctx, chromedp.KeyEvent(kb.Escape)))
	l.until(`document.querySelector("[role=status]").textContent === ""`)
	require.Len(t, l.names(), 20)

	l.click(`nav[aria-label=Layout] a:nth-child(2)`)
	l.until(`document.querySelector(".tiles") !== null`)
	require.Len(t, l.names(), 20)
	l.goTo("/photos/")
	l.until(`document.querySelector("a[href='./broken.png'] svg") && [...document.images].length === 6 && [...document.images].every(i => i.complete && i.naturalWidth === 160)`)
	l.click(`nav[aria-label=Layout] a:nth-child(3)`)
	l.until(`document.body.className === "compact"`)

	l.goTo("/")
	require.NoError(t, chromedp.Do(l.ctx, chromedp.SendKeys(chromedp.CSS("input[type=search]"), "est"+kb.Enter)))
	l.until(`location.search.startsWith("?q=est")`)
	require.Contains(t, l.names(), "plain/deep/er/est/")
	l.click(`a[href="./plain/deep/er/est/"]`)
	l.until(`location.pathname === "/plain/deep/er/est/"`)
	l.click(`nav[aria-label="Folders above"] li:nth-child(2) a`)
	l.until(`location.pathname === "/plain/"`)
	require.Contains(t, eval[string](t, l.tab, `return document.querySelector(".readme").textContent`), "This is what the folder is about")
	require.Regexp(t, `^\w+ \d+, 2026`, eval[string](t, l.tab, `return document.querySelector("a[href='./main.go']").closest("tr").querySelector("time").textContent`), "times are local")
}

// TestListingByKeyboard presses Tab until it has been everywhere.
func TestListingByKeyboard(t *testing.T) {
	l := openListing(t)
	for _, path := range []string{"/plain/", "/hostile/?layout=grid", "/many/?offset=20&layout=list"} {
		l.goTo(path)
		want := eval[[]string](t, l.tab, `return [...document.querySelectorAll("a, input:not([type=hidden])")].map(e => e.href ?? e.name)`)
		var got []string
		for range want {
			require.NoError(t, chromedp.Do(l.ctx, chromedp.KeyEvent(kb.Tab)))
			got = append(got, eval[string](t, l.tab, `
				const e = document.activeElement, style = getComputedStyle(e);
				if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) return "cannot be seen to have the focus: " + e.outerHTML;
				return e.href ?? e.name`))
		}
		require.Equal(t, want, got, "in the order of the page")
	}
	l.goTo("/plain/")
	// Unlike chromedp's, a key that is handled does not go on to be a character.
	_, err := chromedp.Call(l.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Text: "/"})
	require.NoError(t, err)
	require.Equal(t, "q", eval[string](t, l.tab, `return document.activeElement.name`))
	require.NoError(t, chromedp.Do(l.ctx, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter)))
	l.until(`location.pathname !== "/plain/"`)
}
